"""Say what is on images: one, many, or whole folders; one bad image never stops the rest of a batch."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from octopus_detector.data import images_under
from octopus_detector.errors import ImageError, UsageError
from octopus_detector.images import decode
from octopus_detector.modelfile import Model
from octopus_detector.parallel import batched, in_order

BATCH = 32
FORMATS = ("text", "json", "csv")


@dataclass(frozen=True)
class Prediction:
    """A class and its probability, 0 to 1."""

    label: str
    probability: float


@dataclass(frozen=True)
class Answer:
    """What the model says about one image: the likeliest classes first, or why there is no answer."""

    image: Path
    predictions: tuple[Prediction, ...] = ()
    error: str = ""


def find_images(paths: Sequence[Path]) -> list[Path]:
    """Expand folders to the images below them; a file stays as it is, whatever it is called.

    Raises:
        UsageError: A folder holds no image.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            below = images_under(path)
            if not below:
                raise UsageError(f"{path} holds no image")
            found += below
        else:
            found.append(path)
    return found


def classify(
    model: Model, images: Sequence[Path], *, top: int = 1, device: torch.device | None = None
) -> Iterator[Answer]:
    """Yield an answer for each image, in order.

    Args:
        model: A model file's content.
        images: Files.
        top: How many classes to name.
        device: Where to compute; the CPU when None.
    """
    place = device or torch.device("cpu")
    network = model.network.to(place)

    def load(path: Path) -> torch.Tensor | ImageError:
        try:
            return model.preprocessing.pixels(decode(path, min_side=model.preprocessing.min_side))
        except ImageError as error:
            return error

    for batch in batched(in_order(load, images), BATCH):
        readable = [pixels for _, pixels in batch if isinstance(pixels, torch.Tensor)]
        rows = iter(_probabilities(model, network, readable, place))
        for path, loaded in batch:
            if isinstance(loaded, ImageError):
                yield Answer(path, error=loaded.message)
            else:
                yield Answer(path, _best(model.classes, next(rows), top))


def render(answers: Sequence[Answer], form: str) -> str:
    """Return the answers as text, JSON or CSV; one image as text is its class name alone, as the lab prints it.

    An image without an answer stands in JSON and CSV with its error, and in no text.
    """
    if form == "json":
        return json.dumps([_document(answer) for answer in answers], indent=1, ensure_ascii=False) + "\n"
    if form == "csv":
        return _csv(answers)
    if len(answers) == 1 and len(answers[0].predictions) == 1:
        return f"{answers[0].predictions[0].label}\n"
    return "".join(f"{answer.image}: {_in_words(answer)}\n" for answer in answers if answer.predictions)


def _probabilities(
    model: Model, network: torch.nn.Module, pixels: list[torch.Tensor], place: torch.device
) -> list[torch.Tensor]:
    if not pixels:
        return []
    with torch.inference_mode():
        scores = network(model.preprocessing.normalise(torch.stack(pixels).to(place)))
    return list(scores.double().softmax(dim=1).cpu())


def _best(classes: Sequence[str], row: torch.Tensor, top: int) -> tuple[Prediction, ...]:
    values, places = row.topk(min(top, len(classes)))
    return tuple(
        Prediction(classes[place], value) for value, place in zip(values.tolist(), places.tolist(), strict=True)
    )


def _in_words(answer: Answer) -> str:
    return ", ".join(f"{best.label} {best.probability:.4f}" for best in answer.predictions)


def _document(answer: Answer) -> dict[str, object]:
    if answer.error:
        return {"image": str(answer.image), "error": answer.error}
    named = [{"label": best.label, "probability": best.probability} for best in answer.predictions]
    return {"image": str(answer.image), "label": answer.predictions[0].label, "predictions": named}


def _csv(answers: Sequence[Answer]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "rank", "label", "probability", "error"])
    for answer in answers:
        if answer.error:
            writer.writerow([answer.image, "", "", "", answer.error])
        for rank, best in enumerate(answer.predictions, start=1):
            writer.writerow([answer.image, rank, best.label, f"{best.probability:.6f}", ""])
    return text.getvalue()
