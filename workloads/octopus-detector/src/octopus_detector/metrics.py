"""How well a network answers: accuracy, loss, and which class it takes for which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from octopus_detector.photos import Batch
from octopus_detector.preprocessing import Preprocessing


@dataclass(frozen=True)
class Evaluation:
    """The answers over a whole split.

    Attributes:
        confusion: ``confusion[truth][answer]`` counts images.
        loss: Mean cross-entropy, in nats.
    """

    confusion: tuple[tuple[int, ...], ...]
    loss: float

    @property
    def correct(self) -> int:
        """Images whose class was found."""
        return sum(row[label] for label, row in enumerate(self.confusion))

    @property
    def total(self) -> int:
        """Images asked about."""
        return sum(map(sum, self.confusion))

    @property
    def accuracy(self) -> float:
        """Share of the images whose class was found, 0 to 1."""
        return self.correct / self.total

    def as_dict(self) -> dict[str, object]:
        """Give plain values for JSON and model files."""
        return {
            "accuracy": self.accuracy,
            "correct": self.correct,
            "total": self.total,
            "loss": self.loss,
            "confusion_matrix": [list(row) for row in self.confusion],
        }


def evaluation(logits: torch.Tensor, labels: torch.Tensor, classes: int) -> Evaluation:
    """Judge logits of shape (N, classes) by labels of shape (N,)."""
    loss = nn.functional.cross_entropy(logits.double(), labels).item()
    counts = torch.zeros(classes, classes, dtype=torch.int64)
    counts.index_put_((labels, logits.argmax(dim=1)), torch.ones_like(labels), accumulate=True)
    return Evaluation(tuple(tuple(row) for row in counts.tolist()), loss)


@torch.inference_mode()
def evaluate(
    network: nn.Module,
    batches: Iterable[Batch],
    preprocessing: Preprocessing,
    *,
    classes: int,
    device: torch.device,
) -> Evaluation:
    """Ask ``network`` about every photo."""
    network.eval()
    logits, labels = [], []
    for batch in batches:
        logits.append(network(preprocessing.normalise(batch.pixels.to(device))).float().cpu())
        labels.append(batch.labels)
    return evaluation(torch.cat(logits), torch.cat(labels), classes)


def confusion_table(classes: Sequence[str], confusion: Sequence[Sequence[int]]) -> str:
    """Draw the confusion matrix as text: a row for each true class, a column for each answer."""
    heads = ["true \\ answer", *classes]
    rows = [[name, *map(str, counts)] for name, counts in zip(classes, confusion, strict=True)]
    first = max(len(row[0]) for row in [heads, *rows])
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(1, len(heads))]
    return "\n".join(
        row[0].ljust(first) + "".join(f"  {cell:>{width}}" for cell, width in zip(row[1:], widths, strict=True))
        for row in [heads, *rows]
    )
