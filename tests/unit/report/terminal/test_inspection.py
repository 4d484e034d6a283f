"""An inspection as a person reads it: compared with files that a person has looked at (see ``golden``)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nautiloid.inspection.inventory import Inspection, Surface
from nautiloid.report.terminal.inspection import inspection_to_lines
from nautiloid.report.words import printable

from ..samples import HOSTILE, INSPECTION, WIDTHS
from .golden import GOLDEN_WIDTHS, approved, piped, text_of, too_wide


def _text(found: Inspection, width: int | None, *, every: bool = False) -> str:
    return text_of(inspection_to_lines(found, width=width, every=every))


@pytest.mark.parametrize("width", GOLDEN_WIDTHS)
def test_an_inspection_reads_as_a_person_approved_it(width: int | None) -> None:
    text = _text(INSPECTION, width)
    assert text == approved("inspect", width, text)


@pytest.mark.parametrize("width", WIDTHS)
def test_names_versions_paths_and_the_digest_are_whole_at_every_width(width: int | None) -> None:
    text = _text(INSPECTION, width, every=True)
    for component in INSPECTION.components:
        assert printable(component.name) in text
        assert printable(component.version) in text
    assert all(printable(weakness.where) in text for weakness in INSPECTION.findings)
    assert all(f"  /{printable(file.path)}\n" in text for file in INSPECTION.surface.executables)
    assert {INSPECTION.name, INSPECTION.digest} <= set(text.split())


@pytest.mark.parametrize("width", [width for width in WIDTHS if width and width >= 80])
def test_only_a_single_long_word_is_wider_than_the_terminal(width: int) -> None:
    lines = too_wide(inspection_to_lines(INSPECTION, width=width, every=True), width)
    assert all(len(line.split()) == 1 for line in lines), lines


def test_a_pipe_gets_one_line_a_component_whatever_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = set()
    for columns in ("40", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        texts.add(piped(inspection_to_lines(INSPECTION, width=None, every=True)))
    (text,) = texts
    for component in INSPECTION.components:
        line = next(line for line in text.splitlines() if line.startswith(f"  {printable(component.name)} "))
        assert all(value in line for value in (printable(component.version) or "?", component.kind, component.how))


def test_the_largest_are_shown_and_the_rest_is_counted_unless_everything_is_asked_for() -> None:
    few, everything = _text(INSPECTION, 80), _text(INSPECTION, 80, every=True)
    assert "... and 9 more (--all lists them)" in few
    assert "zlib1g" not in few
    assert "--all" not in everything
    assert "zlib1g" in everything


def test_what_only_informs_is_told_on_demand() -> None:
    assert "Findings (6)" in _text(INSPECTION, 80)
    assert "Findings (7)" in _text(INSPECTION, 80, every=True)
    assert "distutils-precedence.pth" not in _text(INSPECTION, 80)


def test_what_is_hidden_says_where_and_has_no_column_of_nothing() -> None:
    hidden = _text(INSPECTION, 120).partition("Hidden in other packages (4)\n")[2].partition("\n\n")[0]
    assert hidden.splitlines()[0].split() == ["Name", "Version", "Kind", "Found", "by", "In"]
    assert "pypi/pillow@11.3.0\n" in f"{hidden}\n"


def test_an_image_of_nothing_has_numbers_and_no_lists() -> None:
    nothing = replace(INSPECTION, components=(), surface=Surface(), findings=(), distribution="", created="")
    text = _text(nothing, 80)
    assert "\nlinux/amd64\n" in text
    assert "Findings" in text
    assert "(" not in text


@pytest.mark.parametrize("width", [80, None])
def test_hostile_text_commands_no_terminal(width: int | None) -> None:
    hostile = replace(INSPECTION, name=HOSTILE, distribution=HOSTILE)
    assert all(line.isprintable() for line in _text(hostile, width, every=True).splitlines())
