"""What an interrupted fine-tuning needs to go on as if nothing had happened."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from octopus_detector.errors import DetectorError
from octopus_detector.outputs import write_bytes
from octopus_detector.weightsfile import read_checkpoint

FORMAT = "octopus-detector checkpoint"


def path_for(output: Path) -> Path:
    """Name the checkpoint of the training that is to write ``output``."""
    return output.with_name(f"{output.name}.checkpoint")


def save(path: Path, recipe: Mapping[str, object], state: Mapping[str, object]) -> None:
    """Write the state after an epoch; an older checkpoint stays until the new one is whole.

    Args:
        path: Where to.
        recipe: Everything that must be equal for the training to be the same one.
        state: Network, optimizer, schedule, random number generators and what was measured so far.
    """
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, "recipe": dict(recipe), **state}, buffer)
    write_bytes(path, buffer.getvalue())


def load(path: Path, recipe: Mapping[str, object]) -> Mapping[str, Any]:
    """Read the state of the same training.

    Raises:
        DetectorError: The checkpoint belongs to a training with other settings or data.
        ModelFileError: The file is no checkpoint.
    """
    content = read_checkpoint(path)
    if content.get("format") != FORMAT or not isinstance(content.get("recipe"), dict):
        raise DetectorError(f"{path} is not a checkpoint of an interrupted training", "Remove it and start again.")
    differing = sorted(key for key in recipe if content["recipe"].get(key) != recipe[key])
    if differing:
        raise DetectorError(
            f"{path} belongs to a training with other settings ({', '.join(differing)})",
            "Resume with the settings of before, or leave out --resume to start again.",
        )
    return content
