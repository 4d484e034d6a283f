from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest
import torch
from octopus_detector import modelfile
from octopus_detector.classify import classify
from octopus_detector.drawings import draw_data_set, picture
from octopus_detector.errors import DetectorError
from octopus_detector.finetune import FinetuneSettings
from octopus_detector.reporting import Silent
from octopus_detector.training import TrainingSettings, train


def test_the_same_seed_draws_the_same_pictures() -> None:
    for animal in ("octopus", "penguin", "whale"):
        assert picture(animal, random.Random("a")).tobytes() == picture(animal, random.Random("a")).tobytes()
        assert picture(animal, random.Random("a")).tobytes() != picture(animal, random.Random("b")).tobytes()


def test_a_probe_learns_the_drawings_and_the_same_seed_gives_the_same_file(
    drawn: Path, model_path: Path, tmp_path: Path
) -> None:
    metrics = json.loads(model_path.with_name("metrics.json").read_text())
    assert metrics["validation"]["accuracy"] > 0.95
    train(TrainingSettings(data=drawn / "octopus-penguin-whale", output=tmp_path / "model.pt"), Silent())
    assert (tmp_path / "model.pt").read_bytes() == model_path.read_bytes()


def _small(drawn: Path, folder: Path) -> Path:
    for split, count in (("train", 4), ("val", 2)):
        for animal in ("octopus", "whale"):
            place = folder / "data" / split / animal
            place.mkdir(parents=True)
            for image in sorted((drawn / "octopus-penguin-whale" / split / animal).iterdir())[:count]:
                (place / image.name).write_bytes(image.read_bytes())
    return folder / "data"


class _Interrupt(Silent):
    """Stops the training the way Ctrl-C does, after its first epoch."""

    def note(self, message: str) -> None:
        if message.startswith("epoch 2/"):
            raise KeyboardInterrupt


def test_a_resumed_finetune_ends_where_an_unbroken_one_does(drawn: Path, tmp_path: Path) -> None:
    data = _small(drawn, tmp_path)

    def settings(name: str, resume: bool = False) -> TrainingSettings:
        recipe = FinetuneSettings(epochs=3)
        return TrainingSettings(
            data, tmp_path / name, tmp_path / f"{name}.json", "finetune", finetune=recipe, resume=resume
        )

    whole = train(settings("whole.pt"), Silent())
    with pytest.raises(KeyboardInterrupt):
        train(settings("broken.pt"), _Interrupt())
    assert not (tmp_path / "broken.pt").exists()
    resumed = train(settings("broken.pt", resume=True), Silent())
    assert len(resumed.epochs) == len(whole.epochs) == 3
    assert (tmp_path / "broken.pt").read_bytes() == (tmp_path / "whole.pt").read_bytes()


class _Notes(Silent):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, message: str) -> None:
        self.notes.append(message)


def test_the_guards_of_a_finetune_hold_only_what_was_learned_before(drawn: Path, tmp_path: Path) -> None:
    data = _small(drawn, tmp_path)

    def statistics(name: str, **guards: object) -> tuple[torch.Tensor, list[str]]:
        notes = _Notes()
        recipe = FinetuneSettings(epochs=1, **guards)  # type: ignore[arg-type]
        backbone = "resnet10t" if name == "from-nothing" else "tf_efficientnet_lite0"
        result = train(
            TrainingSettings(data, tmp_path / f"{name}.pt", mode="finetune", finetune=recipe, backbone=backbone), notes
        )
        layers = [layer for layer in result.model.network.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
        return layers[0].num_batches_tracked, notes.notes

    frozen, notes = statistics("guarded")
    assert frozen == 0
    assert any("starts from a probe" in note for note in notes)
    moving, notes = statistics("plain", batch_norm="train", clip_norm=0.0, head="random")
    assert moving == 2  # 8 photos by 4
    assert not any("probe" in note for note in notes)
    moving, notes = statistics("from-nothing")
    assert moving == 2
    assert not any("probe" in note for note in notes)


def test_a_data_set_without_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DetectorError):
        train(TrainingSettings(data=tmp_path, output=tmp_path / "m.pt"), Silent())


@pytest.mark.skipif("NAUTILOID_DATA" not in os.environ, reason="NAUTILOID_DATA does not name the lab's photos")
@pytest.mark.parametrize("mode", ["probe", "finetune"])
def test_training_gets_every_photo_right(tmp_path: Path, mode: str) -> None:
    photos = Path(os.environ["NAUTILOID_DATA"])
    settings = TrainingSettings(
        data=photos / "octopus-penguin-whale",
        output=tmp_path / "m.pt",
        mode=mode,
        finetune=FinetuneSettings(epochs=3),  # of 25; the later ones only lower the loss
    )
    result = train(settings, Silent())
    assert (result.validation.correct, result.validation.total) == (60, 60)
    images = sorted((photos / "inference-images").iterdir())
    answers = classify(modelfile.read(tmp_path / "m.pt"), images)
    assert [answer.predictions[0].label for answer in answers] == ["octopus", "penguin", "whale"]


def test_drawing_where_nothing_can_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DetectorError, match="cannot draw"):
        draw_data_set(tmp_path / "file" / "below", 0, Silent())
