"""Training from a folder of photos to a model file, in one of two modes."""

from __future__ import annotations

import platform
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import PIL
import timm
import torch

from octopus_detector import checkpoint, modelfile, probe
from octopus_detector.backbone import DEFAULT_BACKBONE, Start, choose_device, start
from octopus_detector.data import Dataset, load
from octopus_detector.finetune import EVALUATION_BATCH, Epoch, FinetuneSettings, Finetuning
from octopus_detector.metrics import Evaluation, evaluate
from octopus_detector.modelfile import Model
from octopus_detector.outputs import check_writable, write_json
from octopus_detector.photos import Photos
from octopus_detector.probe import ProbeSettings
from octopus_detector.reporting import Reporter

METRICS_NAME = "metrics.json"
METRICS_VERSION = 1


@dataclass(frozen=True)
class TrainingSettings:
    """What a training can be told.

    Attributes:
        data: Folder of the data set.
        output: The model file to write.
        metrics: The JSON file to write; ``metrics.json`` beside ``output`` when None.
        mode: ``"probe"`` or ``"finetune"``.
        backbone: A network that timm knows.
        weights: File to start from instead of what is packaged for the backbone.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        precision: ``"auto"`` (mixed on a GPU), ``"float32"`` or ``"mixed"``; for fine-tuning.
    """

    data: Path
    output: Path
    metrics: Path | None = None
    mode: str = "probe"
    backbone: str = DEFAULT_BACKBONE
    weights: Path | None = None
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"
    resume: bool = False
    probe: ProbeSettings = field(default_factory=ProbeSettings)
    finetune: FinetuneSettings = field(default_factory=FinetuneSettings)

    @property
    def metrics_path(self) -> Path:
        """Where the measurements go."""
        return self.metrics or self.output.with_name(METRICS_NAME)

    def recipe(self) -> dict[str, object]:
        """Give what makes two trainings on the same data the same."""
        own = asdict(self.finetune if self.mode == "finetune" else self.probe)
        return {"mode": self.mode, "backbone": self.backbone, "seed": self.seed, **own}


@dataclass(frozen=True)
class TrainingResult:
    """A finished training. ``seconds`` is wall-clock time from start to the written model."""

    model: Model
    validation: Evaluation
    epochs: tuple[Epoch, ...]
    seconds: float


def train(settings: TrainingSettings, reporter: Reporter) -> TrainingResult:
    """Train, judge by the validation photos, and write the model file and the measurements.

    Raises:
        DataError: The data set cannot be used.
        UsageError: The backbone is unknown, or does not go with the weights or the mode.
        ModelFileError: The weights to start from are refused.
        DetectorError: An output cannot be written, or there is no such device.
    """
    started = time.perf_counter()
    check_writable(settings.output)
    check_writable(settings.metrics_path)
    device = choose_device(settings.device)
    torch.manual_seed(settings.seed)
    torch.backends.cudnn.deterministic = True
    dataset = load(settings.data)
    reporter.note(
        f"{len(dataset.train)} training and {len(dataset.validation)} validation images "
        f"of {', '.join(dataset.classes)} in {dataset.root}"
    )
    beginning = start(settings.backbone, len(dataset.classes), settings.weights)
    reporter.note(f"{settings.mode} of {settings.backbone} on {device}; weights: {beginning.weights}")
    beginning.network.to(device)

    # Random crops need more detail than the centre crop that a probe and the validation look at.
    detail = beginning.preprocessing.min_side * (2 if settings.mode == "finetune" else 1)
    train_photos = Photos(dataset.train, min_side=detail, reporter=reporter, what="decoding training images")
    validation_photos = Photos(
        dataset.validation,
        min_side=beginning.preprocessing.min_side,
        reporter=reporter,
        what="decoding validation images",
    )
    epochs: tuple[Epoch, ...] = ()
    if settings.mode == "finetune":
        epochs = _finetune(settings, dataset, beginning, train_photos, validation_photos, device, reporter)
    else:
        probe.fit(
            beginning.network,
            train_photos,
            beginning.preprocessing,
            classes=len(dataset.classes),
            settings=settings.probe,
            device=device,
            reporter=reporter,
        )
    validation = evaluate(
        beginning.network,
        validation_photos.batches(beginning.preprocessing, EVALUATION_BATCH),
        beginning.preprocessing,
        classes=len(dataset.classes),
        device=device,
    )
    model = Model(
        network=beginning.network.cpu().eval(),
        backbone=settings.backbone,
        classes=dataset.classes,
        preprocessing=beginning.preprocessing,
        metrics=validation.as_dict(),
        data={
            "digest": dataset.digest,
            "train": len(train_photos.samples),
            "validation": len(validation_photos.samples),
        },
        training={**settings.recipe(), "weights": beginning.weights},
    )
    modelfile.write(settings.output, model)
    result = TrainingResult(model, validation, epochs, time.perf_counter() - started)
    unreadable = [error.message for error in (*train_photos.unreadable, *validation_photos.unreadable)]
    write_json(settings.metrics_path, _measurements(result, unreadable, device))
    checkpoint.path_for(settings.output).unlink(missing_ok=True)
    return result


def _finetune(
    settings: TrainingSettings,
    dataset: Dataset,
    beginning: Start,
    train_photos: Photos,
    validation_photos: Photos,
    device: torch.device,
    reporter: Reporter,
) -> tuple[Epoch, ...]:
    mixed = settings.precision == "mixed" or (settings.precision == "auto" and device.type == "cuda")
    finetuning = Finetuning(
        beginning,
        train_photos,
        validation_photos,
        classes=len(dataset.classes),
        settings=settings.finetune,
        seed=settings.seed,
        device=device,
        mixed_precision=mixed,
    )
    recipe = {
        **settings.recipe(),
        "data": dataset.digest,
        "classes": list(dataset.classes),
        "weights": beginning.weights,
        "device": device.type,
        "mixed_precision": mixed,
    }
    finetuning.run(reporter, checkpoint.path_for(settings.output), recipe, resume=settings.resume)
    reporter.note(f"kept epoch {finetuning.best.epoch}")
    return tuple(finetuning.history)


def _measurements(result: TrainingResult, unreadable: list[str], device: torch.device) -> dict[str, object]:
    model = result.model
    return {
        "metrics_version": METRICS_VERSION,
        "classes": list(model.classes),
        "validation": result.validation.as_dict(),
        "epochs": [asdict(epoch) for epoch in result.epochs],
        "seconds": round(result.seconds, 3),
        "backbone": model.backbone,
        "training": dict(model.training),
        "data": {**model.data, "unreadable": unreadable},
        "device": str(device),
        "versions": {
            "python": platform.python_version(),
            "torch": str(torch.__version__),
            "timm": timm.__version__,
            "pillow": PIL.__version__,
        },
    }
