"""From an RGB image to the numbers that a backbone was trained on, the same way in training and in use."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy
import torch
from PIL import Image

INTERPOLATIONS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


@dataclass(frozen=True)
class Preprocessing:
    """How an image becomes a tensor, as timm's model configurations put it.

    Attributes:
        size: Side of the square input, in pixels.
        crop: Part of the shorter side that the centre crop keeps, above 0 and up to 1.
        interpolation: A key of ``INTERPOLATIONS``.
        mean: Subtracted from each channel (RGB, 0 to 1).
        std: Divides each channel.
    """

    size: int
    crop: float
    interpolation: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def __post_init__(self) -> None:
        """Refuse values that no backbone has.

        Raises:
            ValueError: A value is out of its range.
        """
        if not 8 <= self.size <= 2048:
            raise ValueError(f"input size {self.size} is not between 8 and 2048")
        if not 0 < self.crop <= 1:
            raise ValueError(f"crop {self.crop} is not above 0 and up to 1")
        if self.interpolation not in INTERPOLATIONS:
            raise ValueError(f"unknown interpolation {self.interpolation!r}")
        if len(self.mean) != 3 or not all(map(math.isfinite, self.mean)):
            raise ValueError("mean is not three finite numbers")
        if len(self.std) != 3 or not all(math.isfinite(value) and value > 0 for value in self.std):
            raise ValueError("std is not three positive numbers")

    @property
    def min_side(self) -> int:
        """The shorter side, in pixels, below which decoding would lose detail."""
        return math.ceil(self.size / self.crop)

    def pixels(self, image: Image.Image) -> torch.Tensor:
        """Crop the centre and scale it.

        Returns:
            uint8, shape (3, size, size).
        """
        side = min(image.size) * self.crop
        left, top = (image.width - side) / 2, (image.height - side) / 2
        return self.resize(image, (left, top, left + side, top + side))

    def resize(self, image: Image.Image, box: tuple[float, float, float, float]) -> torch.Tensor:
        """Scale the part of ``image`` inside ``box`` (left, top, right, bottom) to the input size.

        Resizing straight from the box never makes an image larger than the input, however thin the original.

        Returns:
            uint8, shape (3, size, size).
        """
        filter_ = INTERPOLATIONS[self.interpolation]
        scaled = image.resize((self.size, self.size), filter_, box=box, reducing_gap=2.0)
        return torch.from_numpy(numpy.array(scaled)).permute(2, 0, 1).contiguous()

    def normalise(self, pixels: torch.Tensor) -> torch.Tensor:
        """Turn uint8 pixels of shape (N, 3, H, W) into the float32 input of the backbone."""
        mean = torch.tensor(self.mean, device=pixels.device).view(1, 3, 1, 1)
        std = torch.tensor(self.std, device=pixels.device).view(1, 3, 1, 1)
        return ((pixels.float() / 255 - mean) / std).contiguous(memory_format=torch.channels_last)

    def as_dict(self) -> dict[str, object]:
        """Give plain values, as model files hold them."""
        return asdict(self) | {"mean": list(self.mean), "std": list(self.std)}

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Preprocessing:
        """Read what ``as_dict`` wrote.

        Raises:
            ValueError: A value is missing, of the wrong type, or out of range.
        """
        size, crop = document.get("size"), document.get("crop")
        interpolation = document.get("interpolation")
        if not isinstance(size, int) or not isinstance(crop, float | int):
            raise ValueError("size or crop is not a number")
        return cls(
            size=size,
            crop=float(crop),
            interpolation=str(interpolation),
            mean=_three_numbers(document.get("mean"), "mean"),
            std=_three_numbers(document.get("std"), "std"),
        )


def _three_numbers(value: object, name: str) -> tuple[float, float, float]:
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise ValueError(f"{name} is not three numbers")
    if not all(isinstance(number, float | int) for number in value):
        raise ValueError(f"{name} is not three numbers")
    red, green, blue = (float(number) for number in value)
    return red, green, blue
