"""Random crops and flips, drawn in order from one generator so that a seed repeats them on any number of threads."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from PIL import Image

from octopus_detector.data import Sample
from octopus_detector.preprocessing import Preprocessing

AREA = (0.08, 1.0)  # part of the photo that a crop covers
RATIO = (3 / 4, 4 / 3)  # its width by its height
_ATTEMPTS = 10


@dataclass(frozen=True)
class View:
    """One look at one photo: which part of it, and whether mirrored.

    Attributes:
        left: Left edge, as a part of the photo's width. ``top``, ``right`` and ``bottom`` likewise.
    """

    sample: Sample
    left: float
    top: float
    right: float
    bottom: float
    mirrored: bool

    def pixels(self, image: Image.Image, preprocessing: Preprocessing) -> torch.Tensor:
        """Cut the view out of the photo; uint8 of shape (3, size, size)."""
        width, height = image.size
        box = (self.left * width, self.top * height, self.right * width, self.bottom * height)
        pixels = preprocessing.resize(image, box)
        return pixels.flip(2) if self.mirrored else pixels


def draw_view(sample: Sample, size: tuple[int, int], generator: torch.Generator) -> View:
    """Draw a crop by area and aspect ratio and toss a coin for the flip.

    This is the augmentation of Inception (Szegedy et al. 2015, section 6), which transfer-learning recipes know as
    ``RandomResizedCrop``: area uniform, ratio uniform in its logarithm, ten tries, then the largest centre crop.

    Args:
        sample: The photo.
        size: Its width and height in pixels.
        generator: Source of the random numbers.
    """
    width, height = size
    mirrored = _uniform(generator, 0, 1) < 0.5
    for _ in range(_ATTEMPTS):
        area = width * height * _uniform(generator, *AREA)
        ratio = math.exp(_uniform(generator, math.log(RATIO[0]), math.log(RATIO[1])))
        w, h = math.sqrt(area * ratio), math.sqrt(area / ratio)
        if w <= width and h <= height:
            left, top = _uniform(generator, 0, width - w), _uniform(generator, 0, height - h)
            break
    else:
        ratio = min(max(width / height, RATIO[0]), RATIO[1])
        w, h = min(width, height * ratio), min(height, width / ratio)
        left, top = (width - w) / 2, (height - h) / 2
    right, bottom = min(1.0, (left + w) / width), min(1.0, (top + h) / height)
    return View(sample, left / width, top / height, right, bottom, mirrored)


def _uniform(generator: torch.Generator, low: float, high: float) -> float:
    return low + (high - low) * torch.rand((), generator=generator).item()
