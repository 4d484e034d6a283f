"""Where results go: files as a whole, and what is no file stays what it is."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from rich.text import Text

from nautiloid.cli import console
from nautiloid.cli.output import TABLE, deliver, report
from nautiloid.report.formats import Formats


class _Shout:
    name = "shout"

    def write(self, result: str) -> str:
        return f"{result.upper()}\n"


FORMATS = Formats[str](_Shout())


def _lines(width: int | None) -> list[Text]:
    return [Text(f"for {width}", style="bold red")]


@pytest.mark.parametrize(("chosen", "written"), [(TABLE, "for None\n"), ("shout", "OCTOPUS\n")])
def test_a_file_gets_a_document_or_what_a_pipe_gets(tmp_path: Path, chosen: str, written: str) -> None:
    path = tmp_path / "new" / "report.txt"
    report("octopus", chosen, FORMATS, _lines, path)
    assert path.read_text() == written
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [one.name for one in path.parent.iterdir()] == ["report.txt"]


def test_standard_output_gets_a_document_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    report("octopus", "shout", FORMATS, _lines, None)
    assert capsys.readouterr() == ("OCTOPUS\n", "")


def test_what_was_written_is_said_unless_nothing_shall_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver("x", tmp_path / "a")
    assert capsys.readouterr().err == f"Wrote {tmp_path / 'a'}\n"
    monkeypatch.setattr(console.manner, "quiet", True)
    deliver("x", tmp_path / "a")
    assert capsys.readouterr().err == ""


def test_a_pipe_is_written_to_and_not_replaced() -> None:
    reading, writing = os.pipe()
    deliver("octopus\n", Path(f"/proc/self/fd/{writing}"))
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert pipe.read() == "octopus\n"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    link, target = tmp_path / "link", tmp_path / "target"
    target.write_text("much more than before")
    link.symlink_to(target)
    deliver("octopus", link)
    assert link.is_symlink()
    assert target.read_text() == "octopus"


def test_names_that_are_no_utf_8_are_escaped_as_in_any_other_file(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "b")
    for name in ("a", "link"):
        deliver("caf\udce9", tmp_path / name)
    assert (tmp_path / "a").read_text() == (tmp_path / "b").read_text() == "caf\\udce9"
