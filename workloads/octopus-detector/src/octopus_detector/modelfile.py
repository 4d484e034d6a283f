"""The model file: weights and what is needed to use them, as data.

A model file is what ``torch.save`` writes for one dictionary of tensors, strings, numbers, lists and dictionaries, so
``torch.load(path, weights_only=True)`` reads it anywhere. Nothing in it runs. docs/reference/octopus-detector.md
describes its keys.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from octopus_detector import backbone
from octopus_detector.errors import ModelFileError, UsageError
from octopus_detector.outputs import write_bytes
from octopus_detector.preprocessing import Preprocessing
from octopus_detector.weightsfile import read_checkpoint

FORMAT = "octopus-detector"
FORMAT_VERSION = 1
_MAX_CLASSES = 100_000


@dataclass(frozen=True)
class Model:
    """A trained network and what belongs to it.

    Attributes:
        network: In evaluation mode, on the CPU.
        backbone: Its name in timm.
        classes: Class names, in the order of the network's scores.
        preprocessing: What the network expects of its input.
        metrics: How it did on the validation images.
        data: Digest and size of the data set it was trained on.
        training: How it was trained: mode, seed, settings.
    """

    network: nn.Module
    backbone: str
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    metrics: Mapping[str, object]
    data: Mapping[str, object]
    training: Mapping[str, object]


def write(path: Path, model: Model) -> None:
    """Write a model file as a whole; the same model makes the same bytes.

    Raises:
        DetectorError: The file cannot be written.
    """
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in model.network.state_dict().items()}
    buffer = io.BytesIO()  # torch.save writes a file's name into it: a buffer has none
    torch.save(
        {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "backbone": model.backbone,
            "classes": list(model.classes),
            "preprocessing": model.preprocessing.as_dict(),
            "metrics": dict(model.metrics),
            "data": dict(model.data),
            "training": dict(model.training),
            "weights": weights,
        },
        buffer,
    )
    write_bytes(path, buffer.getvalue())


def read(path: Path) -> Model:
    """Read a model file, checking everything in it before it is used.

    Raises:
        ModelFileError: It is not a model file of ours, or something in it is not what it must be. Files that would
            need code to run are refused by name of that code.
    """
    if not path.exists():
        raise ModelFileError(f"there is no model at {path}", "Train one first, or name another file with --model.")
    content = read_checkpoint(path)
    _check_format(path, content)
    classes = _classes(path, content.get("classes"))
    try:
        preprocessing = Preprocessing.from_dict(_section(path, content, "preprocessing"))
    except ValueError as error:
        raise ModelFileError(f"{path}: bad preprocessing: {error}") from error
    name = content.get("backbone")
    if not isinstance(name, str):
        raise ModelFileError(f"{path} does not name its backbone")
    return Model(
        network=_network(path, name, classes, _section(path, content, "weights")),
        backbone=name,
        classes=classes,
        preprocessing=preprocessing,
        metrics=_section(path, content, "metrics"),
        data=_section(path, content, "data"),
        training=_section(path, content, "training"),
    )


def _check_format(path: Path, content: Mapping[str, Any]) -> None:
    if content.get("format") != FORMAT:
        raise ModelFileError(
            f"{path} holds PyTorch weights, but it is not a model file of ours",
            "It can be the start of a training: train --weights FILE.",
        )
    version = content.get("format_version")
    if version != FORMAT_VERSION:
        raise ModelFileError(
            f"{path} has format version {version!r}; this program reads version {FORMAT_VERSION}",
            "Use the program that wrote it, or train again.",
        )


def _classes(path: Path, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not 2 <= len(value) <= _MAX_CLASSES:
        raise ModelFileError(f"{path} does not list two classes or more")
    if not all(isinstance(name, str) and name for name in value) or len(set(value)) != len(value):
        raise ModelFileError(f"{path}: class names must be different, non-empty strings")
    return tuple(value)


def _section(path: Path, content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = content.get(key)
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
        raise ModelFileError(f"{path} has no {key}, or not as named values")
    return value


def _network(path: Path, name: str, classes: tuple[str, ...], weights: Mapping[str, Any]) -> nn.Module:
    try:
        network = backbone.create(name, len(classes))
    except UsageError as error:
        raise ModelFileError(f"{path}: {error.message}") from error
    expected = network.state_dict()
    if weights.keys() != expected.keys():
        different = sorted(weights.keys() ^ expected.keys())
        raise ModelFileError(f"{path}: not the tensors of {name}: {', '.join(different[:3])} ...")
    for key, tensor in weights.items():
        if not isinstance(tensor, torch.Tensor) or tensor.shape != expected[key].shape:
            raise ModelFileError(f"{path}: {key} is not a tensor of shape {tuple(expected[key].shape)}")
        if not torch.isfinite(tensor).all():
            raise ModelFileError(f"{path}: {key} holds numbers that are not finite")
    network.load_state_dict(dict(weights))
    return network.eval()
