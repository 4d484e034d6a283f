from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from nautiloid.cli.app import app


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAUTILOID_CACHE", str(tmp_path / "cache"))


def _warnings(place: Path, text: str, *options: str) -> list[str]:
    (place / "x.yaml").write_text(f"name: x\n{text}", encoding="utf-8")
    result = CliRunner().invoke(app, ["lock", str(place / "x.yaml"), "--offline", *options])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Locked x of ")
    return [line for line in result.stderr.splitlines() if line.startswith("warning:")]


def test_a_lock_of_what_is_as_it_should_be_warns_of_nothing(tmp_path: Path) -> None:
    assert _warnings(tmp_path, "summary: nothing in it") == []


def test_warnings_are_lines_on_standard_error(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "hook").write_text("")
    text = 'files: [{from: ../hook, to: /etc/ld.so.preload}]\nimage: {env: {LD_PRELOAD: "/a\\nb.so"}}'
    assert _warnings(tmp_path / "project", text, "--allow-outside", str(tmp_path / "hook")) == [
        "warning: /etc/ld.so.preload, which the definition adds, may run code whenever Python, or any program, starts",
        "warning: takes ../hook from outside of its directory",
        "warning: LD_PRELOAD=/a\\nb.so says what programs load first (image.env)",
    ]


def test_a_build_that_makes_the_lock_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAUTILOID_IMAGES", str(tmp_path / "images"))
    (tmp_path / "x.yaml").write_text("name: x\nimage: {env: {LD_PRELOAD: /a}}", encoding="utf-8")
    for told in (True, False):  # only once: the second time there is a lock
        result = CliRunner().invoke(app, ["build", str(tmp_path / "x.yaml"), "--offline", "--no-test"])
        assert result.exit_code == 0, result.output
        assert ("warning: LD_PRELOAD=/a says what programs load first" in result.stderr) == told
