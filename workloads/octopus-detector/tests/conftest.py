"""The workload runs natively here, on CPU torch with torchvision's public wheel: the pair that the image holds too."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
sys.path[:0] = [str(ROOT / "workloads/octopus-detector/src"), str(ROOT / "src/nautiloid/catalog/files")]

import torchvision_cpu_ops  # noqa: E402, F401 - must come before anything that imports torchvision


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that all worker processes of this session have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@contextmanager
def _making(place: Path) -> Iterator[bool]:
    """Keep other workers out, and say whether there is still something to make."""
    with place.with_name(f"{place.name}.busy").open("w") as busy:
        fcntl.flock(busy, fcntl.LOCK_EX)
        done = place.with_name(f"{place.name}.done")
        yield not done.exists()
        done.touch()


@pytest.fixture(scope="session")
def drawn(shared: Path) -> Path:
    """The drawn data set and its three test images."""
    from octopus_detector.drawings import draw_data_set
    from octopus_detector.reporting import Silent

    folder = shared / "drawn"
    with _making(folder) as needed:
        if needed:
            folder.mkdir()
            draw_data_set(folder, 0, Silent())
    return folder


@pytest.fixture(scope="session")
def model_path(drawn: Path, shared: Path) -> Path:
    """A model that a probe learnt from the drawings."""
    from octopus_detector.reporting import Silent
    from octopus_detector.training import TrainingSettings, train

    output = shared / "model.pt"
    with _making(output) as needed:
        if needed:
            train(TrainingSettings(data=drawn / "octopus-penguin-whale", output=output), Silent())
    return output
