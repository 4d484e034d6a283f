"""A patch as a person reads it: compared with files that a person has looked at (see ``golden``)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nautiloid.patching.result import PatchResult
from nautiloid.report.terminal.patch import patch_to_lines
from nautiloid.report.words import printable

from ..samples import PATCH, PATCHED, REFUSED, WIDTHS, digest
from .golden import GOLDEN_WIDTHS, approved, piped, text_of, too_wide


def _text(result: PatchResult, width: int | None, *, dry_run: bool = False) -> str:
    return text_of(patch_to_lines(result, width=width, dry_run=dry_run))


@pytest.mark.parametrize("width", GOLDEN_WIDTHS)
def test_a_patch_reads_as_a_person_approved_it(width: int | None) -> None:
    text = _text(PATCH, width)
    assert text == approved("patch", width, text)


@pytest.mark.parametrize("width", WIDTHS)
def test_names_versions_files_and_the_digest_are_whole_at_every_width(width: int | None) -> None:
    text = _text(PATCH, width)
    words = {word.strip(":") for word in text.split()}
    for one in (*PATCHED, *REFUSED):
        assert {printable(word) for word in (one.name, one.before, one.after) if word} <= words
    assert {path for one in PATCHED for path in one.kept} <= words
    assert text.endswith(f"\n{PATCH.reference}@{digest(5)}\n")


@pytest.mark.parametrize("width", [width for width in WIDTHS if width and width >= 80])
def test_only_a_single_long_word_is_wider_than_the_terminal(width: int) -> None:
    lines = too_wide(patch_to_lines(PATCH, width=width, dry_run=False), width)
    assert all(len(line.split()) == 1 for line in lines), lines


def test_a_pipe_gets_one_line_a_package_whatever_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = set()
    for columns in ("40", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        texts.add(piped(patch_to_lines(PATCH, width=None, dry_run=False)))
    (text,) = texts
    for one in PATCHED:
        line = next(line for line in text.splitlines() if line.startswith(f"{printable(one.name)} "))
        assert line.split() == [printable(word) for word in (one.name, one.before or "new", one.after)]


def test_what_was_refused_says_why() -> None:
    text = _text(PATCH, None)
    assert "cannot be put in place safely (3)\n" in text
    assert "  linux 6.1.140-1 -> ?: linux-libc-dev: no archive offers the fixed version\n" in text


def test_before_and_after_are_counted() -> None:
    lines = _text(PATCH, 80).splitlines()
    assert "before: 19 vulnerabilities, 11 with a fix" in lines
    assert "after:  9 vulnerabilities, 6 with a fix" in lines
    assert "7 packages in one layer of 104 MB" in lines


def test_a_dry_run_and_nothing_to_do_make_no_image() -> None:
    would = replace(PATCH, patched=PATCHED[:1], image=None, after=None, size=0)
    assert _text(would, 80, dry_run=True).endswith("1 package would be replaced; nothing was written\n")
    nothing = replace(would, patched=(), refused=())
    assert _text(nothing, 80).splitlines()[0].startswith("209 of 215 parts checked")
    assert _text(nothing, 80).endswith("nothing could be fixed; no image was made\n")


@pytest.mark.parametrize("width", [80, None])
def test_hostile_text_commands_no_terminal(width: int | None) -> None:
    assert all(line.isprintable() for line in _text(PATCH, width).splitlines())
