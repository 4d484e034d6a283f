"""An update as a person reads it: compared with files that a person has looked at (see ``golden``)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nautiloid.report.terminal.update import update_remarks, update_to_lines
from nautiloid.report.words import printable
from nautiloid.updating.lock_update import LockUpdate
from nautiloid.updating.update import still_fixable

from ..samples import CHANGES, UPDATE, WIDTHS
from ..test_scan_table import RESULT
from .golden import GOLDEN_WIDTHS, approved, piped, text_of, too_wide


def _with(**fields: object) -> LockUpdate:
    return replace(UPDATE, update=replace(UPDATE.update, **fields))  # type: ignore[arg-type]


def _text(found: LockUpdate, width: int | None) -> str:
    return text_of(update_to_lines(found, width=width))


@pytest.mark.parametrize("width", GOLDEN_WIDTHS)
def test_an_update_reads_as_a_person_approved_it(width: int | None) -> None:
    text = _text(UPDATE, width)
    assert text == approved("update", width, text)


@pytest.mark.parametrize("width", WIDTHS)
def test_names_versions_and_the_first_fix_are_whole_at_every_width(width: int | None) -> None:
    words = {word.strip(",:()") for word in _text(UPDATE, width).split()}
    for change in CHANGES:
        expected = {change.name, change.before or "new", change.after or "gone"}
        expected |= {one.identity for one in (*change.fixes[:1], *change.brings)}
        assert {printable(word) for word in expected} <= words
    assert {cve for one in UPDATE.changelogs for cve in one.cves} <= words


@pytest.mark.parametrize("width", [width for width in WIDTHS if width and width >= 80])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert too_wide(update_to_lines(UPDATE, width=width), width) == []


def test_a_pipe_gets_every_fix_in_the_line_of_its_package_whatever_the_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = set()
    for columns in ("40", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        texts.add(piped(update_to_lines(UPDATE, width=None)))
    (text,) = texts
    for change in CHANGES:
        line = next(line for line in text.splitlines() if line.startswith(f"{printable(change.name)} "))
        assert ", ".join(one.identity for one in change.fixes) in line
        assert all(printable(value) in line for value in (change.before or "new", change.after or "gone"))
    assert all(one.identity in text for one in still_fixable(RESULT))


def test_the_gravest_comes_first() -> None:
    names = [line.split()[0] for line in _text(UPDATE, None).splitlines()[1:5]]
    assert names == ["libssl3", "pillow", "chromium", "libpython3.11-stdlib"]


def test_a_terminal_counts_what_it_leaves_out() -> None:
    text = " ".join(_text(UPDATE, 200).split())
    assert "CVE-2026-7001 +13" in text
    assert "11 vulnerabilities with a fix not taken: CVE-2023-4863" in text
    assert text.endswith(" and 1 more")


def test_without_advisories_nothing_is_said_of_vulnerabilities() -> None:
    changes = tuple(replace(change, fixes=(), brings=()) for change in CHANGES)
    found = replace(_with(changes=changes, before=None, after=None), changelogs=())
    lines = _text(found, 80).splitlines()
    assert lines[0].split() == ["Package", "From", "To"]
    assert lines[-1] == "octopus-detector: 11 changes"
    assert update_remarks(found.update)[0].startswith("there are no advisories here")


def test_nothing_to_do_is_said_with_the_date_of_the_lock() -> None:
    found = replace(_with(changes=(), after=None), changelogs=())
    assert _text(found, 80) == "octopus-detector: nothing to update; locked 2026-07-01\n"


def test_one_change_is_one_change() -> None:
    assert "octopus-detector: 1 change, 1 known vulnerability fixed\n" in _text(_with(changes=CHANGES[2:3]), 80)


def test_remarks_tell_what_no_advisories_cover_and_what_moved_along() -> None:
    coverage, *notes = update_remarks(UPDATE.update)
    assert coverage.startswith("209 of 215 parts checked")
    assert notes == ["had to move along: libpython3.11-minimal"]


@pytest.mark.parametrize("width", [80, None])
def test_hostile_text_commands_no_terminal(width: int | None) -> None:
    assert all(line.isprintable() for line in _text(UPDATE, width).splitlines())
