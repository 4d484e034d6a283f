from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
from octopus_detector import cli
from octopus_detector.errors import ImageError
from octopus_detector.images import decode
from PIL import Image

SCENE = Image.fromarray(numpy.linspace(0, 255, 40 * 60 * 3, dtype=numpy.uint8).reshape(40, 60, 3))


def _save(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


GOOD: dict[str, Callable[[Path], Path]] = {
    "gray": lambda folder: _save(folder / "x.png", SCENE.convert("L")),
    "alpha": lambda folder: _save(folder / "x.png", SCENE.convert("RGBA")),
    "palette": lambda folder: _save(folder / "x.gif", SCENE.convert("P")),
    "cmyk": lambda folder: _save(folder / "x.jpg", SCENE.convert("CMYK")),
    "sixteen bits": lambda folder: _save(
        folder / "x.png", Image.fromarray(numpy.full((40, 60), 30_000, dtype=numpy.uint16))
    ),
    "animated": lambda folder: _save(folder / "x.gif", SCENE, save_all=True, append_images=[SCENE.rotate(180)]),
}


@pytest.mark.parametrize("kind", GOOD)
def test_every_kind_of_image_becomes_rgb(tmp_path: Path, kind: str) -> None:
    image = decode(GOOD[kind](tmp_path))
    assert (image.mode, image.size) == ("RGB", (60, 40))


def test_exif_turns_a_photo_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode(_save(tmp_path / "x.jpg", SCENE, exif=exif)).size == (40, 60)


@pytest.mark.parametrize("bad", ["empty", "text", "cut", "missing", "folder", "bomb"])
def test_what_is_no_image_has_a_reason(tmp_path: Path, bad: str) -> None:
    path = tmp_path / "x.jpg"
    match bad:
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_text("no image")
        case "cut":
            path.write_bytes(_save(tmp_path / "y.jpg", SCENE.resize((600, 400))).read_bytes()[:2000])
        case "folder":
            path.mkdir()
        case "bomb":
            Image.new("1", (20_000, 20_000)).save(path.with_suffix(".png"))
            path = path.with_suffix(".png")
    with pytest.raises(ImageError) as caught:
        decode(path)
    assert path.name in caught.value.message


def test_one_image_prints_its_class_alone(model_path: Path, drawn: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for animal in ("octopus", "penguin", "whale"):
        code = cli.main(["classify", "--model", str(model_path), str(drawn / f"inference-images/{animal}.jpg")])
        assert (code, capsys.readouterr().out) == (0, f"{animal}\n")


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_bad_image_does_not_stop_the_batch(
    model_path: Path, drawn: Path, tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"")
    images = [str(bad), str(drawn / "inference-images")]
    code = cli.main(["classify", "--model", str(model_path), "--top-k", "2", "--format", form, *images])
    out = capsys.readouterr().out
    assert code == 1
    if form == "json":
        rows = json.loads(out)
        assert [row.get("label") for row in rows] == [None, "octopus", "penguin", "whale"]
        assert "error" in rows[0]
        assert len(rows[1]["predictions"]) == 2
    else:
        rows = list(csv.DictReader(io.StringIO(out)))
        assert [row["label"] for row in rows if row["rank"] == "1"] == ["octopus", "penguin", "whale"]
        assert rows[0]["error"]


def test_without_a_model_it_says_to_train(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["classify", "--model", str(tmp_path / "no.pt"), "x.jpg"]) == 1
    assert "Train one first" in capsys.readouterr().err


def test_what_the_user_may_not_read_is_said_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    def closed() -> int:
        raise PermissionError(13, "Permission denied", "/data")

    assert cli.guarded(closed) == 1
    assert "may not look into /data" in capsys.readouterr().err
