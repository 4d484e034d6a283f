from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest
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


def test_a_data_set_without_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DetectorError):
        train(TrainingSettings(data=tmp_path, output=tmp_path / "m.pt"), Silent())


@pytest.mark.skipif("NAUTILOID_DATA" not in os.environ, reason="NAUTILOID_DATA does not name the lab's photos")
def test_the_probe_is_right_on_every_photo(tmp_path: Path) -> None:
    photos = Path(os.environ["NAUTILOID_DATA"])
    result = train(TrainingSettings(data=photos / "octopus-penguin-whale", output=tmp_path / "m.pt"), Silent())
    assert (result.validation.correct, result.validation.total) == (60, 60)
    images = sorted((photos / "inference-images").iterdir())
    answers = classify(modelfile.read(tmp_path / "m.pt"), images)
    assert [answer.predictions[0].label for answer in answers] == ["octopus", "penguin", "whale"]


def test_drawing_where_nothing_can_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DetectorError, match="cannot draw"):
        draw_data_set(tmp_path / "file" / "below", 0, Silent())
