"""Labelled photos on their way from disk to a network: decoded in threads, unreadable ones set aside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from PIL import Image

from octopus_detector.data import Sample
from octopus_detector.errors import DataError, ImageError
from octopus_detector.images import decode
from octopus_detector.parallel import batched, in_order
from octopus_detector.preprocessing import Preprocessing
from octopus_detector.reporting import Reporter

MEMORY_BYTES = 1 << 30  # decoded photos kept between epochs; beyond it they are decoded anew each time


@dataclass(frozen=True)
class Batch:
    """Some photos as numbers: ``pixels`` is uint8 (N, 3, size, size), ``labels`` int64 (N,)."""

    pixels: torch.Tensor
    labels: torch.Tensor


class Photos:
    """The readable photos of one split, decoded once and kept while there is memory.

    Attributes:
        samples: The readable ones, in the order they were given.
        unreadable: Why each of the others is left out.
    """

    def __init__(self, samples: Iterable[Sample], *, min_side: int, reporter: Reporter, what: str = "decoding") -> None:
        """Decode all samples once.

        Raises:
            DataError: A class has no readable photo left.
        """
        self.samples: list[Sample] = []
        self.unreadable: list[ImageError] = []
        self._min_side = min_side
        self._kept: dict[Sample, Image.Image] = {}
        self._room = MEMORY_BYTES
        everything = list(samples)
        for done, (sample, decoded) in enumerate(in_order(self._try_decode, everything), start=1):
            reporter.count(what, done, len(everything))
            if isinstance(decoded, ImageError):
                self.unreadable.append(decoded)
                reporter.warn(f"left out: {decoded.message}")
            else:
                self.samples.append(sample)
                self._keep(sample, decoded)
        self._require_classes(everything)

    def image(self, sample: Sample) -> Image.Image:
        """Give the decoded photo.

        Raises:
            ImageError: The file changed since it was first decoded.
        """
        return self._kept.get(sample) or decode(sample.path, min_side=self._min_side)

    def batches(self, preprocessing: Preprocessing, size: int) -> Iterator[Batch]:
        """Give all photos in order, the centre of each, as classification sees them."""
        pairs = in_order(lambda sample: preprocessing.pixels(self.image(sample)), self.samples)
        for batch in batched(pairs, size):
            yield Batch(
                pixels=torch.stack([pixels for _, pixels in batch]),
                labels=torch.tensor([sample.label for sample, _ in batch]),
            )

    def _try_decode(self, sample: Sample) -> Image.Image | ImageError:
        try:
            return decode(sample.path, min_side=self._min_side)
        except ImageError as error:
            return error

    def _keep(self, sample: Sample, image: Image.Image) -> None:
        size = image.width * image.height * 3
        if size <= self._room:
            self._kept[sample] = image
            self._room -= size

    def _require_classes(self, everything: list[Sample]) -> None:
        lost = {sample.label for sample in everything} - {sample.label for sample in self.samples}
        if lost:
            example = next(sample.path.parent for sample in everything if sample.label in lost)
            raise DataError(f"no image in {example} can be read, so its class cannot be learnt")
