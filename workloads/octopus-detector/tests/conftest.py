"""The workload runs natively here, on CPU torch with torchvision's public wheel: the pair that the image holds too."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
sys.path[:0] = [str(ROOT / "workloads/octopus-detector/src"), str(ROOT / "src/nautiloid/catalog/files")]

import torchvision_cpu_ops  # noqa: E402, F401 - must come before anything that imports torchvision


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn data set and its three test images."""
    from octopus_detector.drawings import draw_data_set
    from octopus_detector.reporting import Silent

    folder = tmp_path_factory.mktemp("drawn")
    draw_data_set(folder, 0, Silent())
    return folder


@pytest.fixture(scope="session")
def model_path(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that a probe learnt from the drawings."""
    from octopus_detector.reporting import Silent
    from octopus_detector.training import TrainingSettings, train

    output = tmp_path_factory.mktemp("model") / "model.pt"
    train(TrainingSettings(data=drawn / "octopus-penguin-whale", output=output), Silent())
    return output
