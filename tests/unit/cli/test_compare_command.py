"""``nautiloid inspect``, ``compare`` and ``sbom`` as commands: formats, conditions, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nautiloid.cli.app import app

from ..inspection.images import File, image_of
from ..inspection.test_image import ELF, LOCAL, OS_RELEASE, _distribution


@pytest.fixture
def two(tmp_path: Path) -> tuple[str, str]:
    files = [OS_RELEASE, *_distribution(LOCAL, "a", "1.0"), File("bin/tool", ELF, 0o755)]
    with image_of(tmp_path / "a", files), image_of(tmp_path / "b", [*files, File("bin/bash", ELF, 0o755)]):
        return str(tmp_path / "a/layout"), str(tmp_path / "b/layout")


@pytest.mark.parametrize("form", ["table", "json", "cyclonedx", "spdx", "html", "markdown"])
def test_inspect_in_every_format(two: tuple[str, str], tmp_path: Path, form: str) -> None:
    done = CliRunner().invoke(app, ["inspect", two[0], "--format", form])
    assert done.exit_code == 0, done.output
    assert "layout" in done.stdout
    if form != "table":
        written = CliRunner().invoke(app, ["inspect", two[0], "--format", form, "-o", str(tmp_path / "out/x")])
        assert written.exit_code == 0
        assert (tmp_path / "out/x").stat().st_size > 100
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["x"]


def test_an_image_against_itself_has_no_change(two: tuple[str, str]) -> None:
    done = CliRunner().invoke(app, ["compare", two[0], two[0], "--format", "json"])
    data = json.loads(done.stdout)
    assert all(measure["change"] == [0, 0] for measure in data["measures"])
    assert data["changes"][0]["components"] == []


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("executables>2", 0),
        ("executables>=2", 1),
        ("executables>+99%", 1),
        ("executables>+100%", 0),
        ("shells>+1000%", 1),  # from none to one is more than any per cent
        ("packages<1", 0),
        ("packages<=1", 1),
    ],
)
def test_conditions(two: tuple[str, str], condition: str, code: int) -> None:
    done = CliRunner().invoke(app, ["compare", *two, "--fail-on", condition])
    assert done.exit_code == code, done.output


@pytest.mark.parametrize("condition", ["beauty>3", "executables", "executables=3", "size>+10 MB", ""])
def test_a_condition_that_is_none(two: tuple[str, str], condition: str) -> None:
    done = CliRunner().invoke(app, ["compare", *two, "--fail-on", condition])
    assert done.exit_code != 0
    assert "no condition" in str(done.exception)


def test_sbom_in_both_formats(two: tuple[str, str]) -> None:
    one = json.loads(CliRunner().invoke(app, ["sbom", two[0]]).stdout)
    other = json.loads(CliRunner().invoke(app, ["sbom", two[0], "--format", "spdx"]).stdout)
    assert (one["specVersion"], other["spdxVersion"]) == ("1.6", "SPDX-2.3")
    assert one["components"][0]["purl"] == "pkg:pypi/a@1.0"


def test_nothing_attached_is_said(two: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAUTILOID_IMAGES", two[0])
    done = CliRunner().invoke(app, ["sbom", "test", "--attached"])
    assert "Nothing of that kind" in str(done.exception)
