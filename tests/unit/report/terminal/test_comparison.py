"""A comparison as a person reads it: compared with files that a person has looked at (see ``golden``)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nautiloid.inspection.comparison import Comparison, compare
from nautiloid.report.terminal.comparison import comparison_to_lines, measures_to_lines
from nautiloid.report.words import printable

from ..samples import COMPARISON, HOSTILE, INSPECTION, SMALL, WIDTHS
from .golden import GOLDEN_WIDTHS, approved, piped, text_of, too_wide


def _text(found: Comparison, width: int | None, *, every: bool = False) -> str:
    return text_of(comparison_to_lines(found, width=width, every=every))


@pytest.mark.parametrize("width", GOLDEN_WIDTHS)
def test_a_comparison_reads_as_a_person_approved_it(width: int | None) -> None:
    text = _text(COMPARISON, width)
    assert text == approved("compare", width, text)


@pytest.mark.parametrize("width", WIDTHS)
def test_names_versions_and_paths_are_whole_at_every_width(width: int | None) -> None:
    text = _text(COMPARISON, width, every=True)
    for changes in COMPARISON.changes:
        for one in changes.components:
            assert {printable(word) for word in (one.before, one.after) if word} <= set(text.split())
            assert printable(one.name) in text
        paths = (*changes.executables_removed, *changes.executables_added)
        assert all(f" /{printable(path)}\n" in text for path in paths)
    assert all(image.name in text for image in COMPARISON.images)


@pytest.mark.parametrize("width", [width for width in WIDTHS if width and width >= 80])
def test_only_a_single_long_word_is_wider_than_the_terminal(width: int) -> None:
    lines = too_wide(comparison_to_lines(COMPARISON, width=width, every=True), width)
    assert all(len(line.split()) == 1 for line in lines), lines


def test_long_names_become_numbers_only_where_they_would_widen_the_terminal() -> None:
    narrow, wide = (text_of(measures_to_lines(COMPARISON, width=width)).splitlines() for width in (80, 200))
    assert [line[:4] for line in narrow[1:4]] == ["  re", "#2  ", "#3  "]
    assert narrow[4].split() == ["#1", "#2", "#3"]
    assert wide[0].split() == [image.name for image in COMPARISON.images]


def test_a_pipe_has_one_line_a_measure_and_a_change_whatever_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = set()
    for columns in ("40", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        texts.add(piped(comparison_to_lines(COMPARISON, width=None, every=True)))
    (text,) = texts
    row = next(line for line in text.splitlines() if line.startswith("Executables "))
    assert row.split()[1:] == ["22", "22", "=", "1", "-95.5", "%"]
    assert "    ~ deb libc6 2.36-9+deb12u10 -> 2.36-9+deb12u13\n" in text


def test_every_change_is_counted_and_what_is_left_out_too() -> None:
    few, everything = _text(COMPARISON, 120), _text(COMPARISON, 120, every=True)
    assert "  components: 1 added, 23 removed, 2 changed\n" in few
    assert "    ... and 11 more (--all lists them)\n" in few
    assert "    ... and 6 more (--all lists them)\n" in few
    assert "--all" not in everything


def test_two_of_the_same_image_are_the_same() -> None:
    text = _text(compare([SMALL, SMALL]), 80)
    assert "  components: the same\n  executables: the same\n" in text
    assert "%" not in text


def test_from_nothing_to_something_is_new_and_no_per_cent() -> None:
    row = next(line for line in _text(compare([SMALL, INSPECTION]), None).splitlines() if line.startswith("Shells "))
    assert row.split() == ["Shells", "0", "2", "new"]


@pytest.mark.parametrize("width", [80, None])
def test_hostile_text_commands_no_terminal(width: int | None) -> None:
    found = compare([replace(INSPECTION, name=HOSTILE, tool=HOSTILE), replace(SMALL, name=HOSTILE)])
    assert all(line.isprintable() for line in _text(found, width, every=True).splitlines())
