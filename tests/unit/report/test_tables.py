"""Tables at every width: identifiers stay whole, pipes get everything, hostile text stays text."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from nautiloid.report.tables import Cell, Column, GroupTitle, Row, fill, render_table
from nautiloid.report.words import printable

ID = Column("Id", fixed=True)
WHAT = Column("What")
LONG = "a long text of many words that does not fit"


def _plain(columns: Sequence[Column], rows: Sequence[Row], width: int | None, *, indent: int = 0) -> list[str]:
    return [line.plain for line in render_table(columns, rows, width=width, indent=indent)]


def _printed(lines: list[Text]) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, color_system="standard", soft_wrap=True, _environ={})
    for line in lines:
        console.print(line)
    return file.getvalue()


def test_columns_are_aligned_with_two_spaces_between_and_none_at_the_end() -> None:
    columns = [ID, Column("Size", align="right"), WHAT]
    assert _plain(columns, [("a", "1", "x"), ("long", "1000", "")], 80) == [
        "Id    Size  What",
        "a        1  x",
        "long  1000",
    ]


def test_a_table_without_rows_or_columns_gives_no_lines() -> None:
    assert render_table([ID], [], width=80) == []
    assert render_table([], [()], width=None) == []


def test_only_the_text_that_may_shrink_is_shortened() -> None:
    row = ("GHSA-jfh8-c2jp-5v3q", LONG)
    assert _plain([ID, WHAT], [row], 40)[1] == "GHSA-jfh8-c2jp-5v3q  a long text of man…"
    assert _plain([ID, WHAT], [row], 1)[1] == "GHSA-jfh8-c2jp-5v3q  a long text…"


def test_long_text_wraps_at_words_and_splits_only_a_word_that_is_too_long() -> None:
    columns = [ID, Column("What", wrap=True)]
    assert _plain(columns, [("x", LONG), ("y", "0123456789abcdefghij")], 16) == [
        "Id  What",
        "x   a long text",
        "    of many",
        "    words that",
        "    does not fit",
        "y   0123456789ab",
        "    cdefghij",
    ]


def test_room_goes_to_the_columns_that_need_it() -> None:
    assert _plain([ID, WHAT, Column("Why")], [("x", "short", LONG)], 30)[1] == "x   short  a long text of man…"


def test_columns_go_in_their_order_and_those_of_one_number_together() -> None:
    columns = [ID, Column("First", fixed=True, drop=2), Column("A", fixed=True, drop=1), Column("B", drop=1)]
    row = ("id", "f" * 10, "a" * 10, "b" * 10)
    heads = {width: _plain(columns, [row], width)[0].split() for width in (40, 38, 37, 26, 25, 1)}
    assert heads[40] == heads[38] == ["Id", "First", "A", "B"]
    assert heads[37] == heads[26] == ["Id", "A", "B"]
    assert heads[25] == heads[1] == ["Id"]
    assert _plain([replace(ID, drop=1)], [("identifier",)], 3) == ["Id", "identifier"], "something has to stay"


def test_one_long_cell_goes_on_in_the_next_line_and_does_not_widen_all_rows() -> None:
    columns = [ID, Column("From", fixed=True), Column("Bytes", fixed=True, align="right")]
    rows = [("libc6", "2.36-9+deb12u10", "12"), ("chromium", "1:140.0.7339.185-1~deb12u1+nmu1", "1,000")]
    assert _plain(columns, rows, 40) == [
        "Id        From             Bytes",
        "libc6     2.36-9+deb12u10     12",
        "chromium",
        "  1:140.0.7339.185-1~deb12u1+nmu1",
        "                           1,000",
    ]
    assert _plain(columns, [("libc6", "2.36", "12"), ("a-package-with-a-very-long-name", "", "7")], 40)[2:] == [
        "a-package-with-a-very-long-name",
        "                        7",
    ]


def test_rows_stay_rows_where_even_that_would_not_fit() -> None:
    columns = [ID, Column("From", fixed=True)]
    rows = [("libc6", "2.36"), ("a-package-with-a-long-name", "1:140.0.7339.185")]
    assert _plain(columns, rows, 20)[2] == "a-package-with-a-long-name  1:140.0.7339.185"


def test_sections_span_the_table_and_rows_are_indented_below_them() -> None:
    rows: list[Row] = [GroupTitle("linux 6.1.2-1 and more words"), ("CVE-1", "x")]
    assert _plain([ID, WHAT], rows, 20, indent=2) == [
        "  Id     What",
        "linux 6.1.2-1 and",
        "  more words",
        "  CVE-1  x",
    ]
    assert _plain([ID, WHAT], rows, None)[1] == "linux 6.1.2-1 and more words"


def test_a_row_has_a_cell_for_every_column() -> None:
    with pytest.raises(ValueError, match="1 cells in a table of 2 columns"):
        render_table([ID, WHAT], [("x",)], width=80)


def test_a_fill_keeps_the_indent_of_its_first_line_and_never_cuts_a_word() -> None:
    lines = fill(Text("  one two 0123456789 three"), 10, hanging=4)
    assert [line.plain for line in lines] == ["  one two", "    0123456789", "    three"]
    assert [line.plain for line in fill(Text(""), 10)] == [""]


def test_wide_characters_count_as_two_cells() -> None:
    lines = _plain([ID, WHAT], [("包", "x"), ("ab", "深度学习框架的漏洞描述")], 16)
    assert lines[1:] == ["包  x", "ab  深度学习框…"]


def test_control_characters_are_escaped_everywhere() -> None:
    hostile = "\x1b]0;owned\x07\t\n\r\u202e"
    for width in (None, 80, 10):
        table = render_table([Column(hostile, fixed=True)], [(hostile,), GroupTitle(hostile)], width=width)
        for line in table:
            assert line.plain.isprintable()
            assert printable(hostile) in line.plain


@pytest.mark.parametrize("url", ["https://example.org/a?b=c;d", "http://example.org"])
def test_links_are_terminal_hyperlinks_of_the_text_alone(url: str) -> None:
    printed = _printed(render_table([ID, WHAT], [(Cell("x", "bold", url), "y")], width=80))
    assert f";{url}\x1b\\" in printed
    assert "x\x1b[0m\x1b]8;;\x1b\\   y" in printed


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "file:///etc/passwd", "https://x y", "https://x\x1b\\", "https://x\x07", "https://ä", ""],
)
def test_other_links_are_ignored(url: str) -> None:
    assert "\x1b]8" not in _printed(render_table([ID], [(Cell("x", "", url),)], width=80))


_texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40) | st.text("ab 包é\ufe0f❤", max_size=80)
_columns = st.builds(
    Column,
    st.sampled_from(["", "Id", "Vulnerability", "包"]),
    fixed=st.booleans(),
    align=st.sampled_from(["left", "right"]),
    wrap=st.booleans(),
    drop=st.just(0),
)


_Table = tuple[list[Column], list[tuple[str, ...]]]


@st.composite
def _tables(draw: st.DrawFn) -> _Table:
    columns = draw(st.lists(_columns, min_size=1, max_size=5))
    row = st.tuples(*[_texts] * len(columns))
    return columns, draw(st.lists(row, min_size=1, max_size=4))


@given(_tables(), st.integers(-5, 200), st.integers(0, 4))
def test_no_fixed_cell_is_ever_cut(table: _Table, width: int, indent: int) -> None:
    columns, rows = table
    for row in rows:
        lines = _plain(columns, [row], width, indent=indent)
        for column, cell in zip(columns, row, strict=True):
            assert not column.fixed or any(printable(cell) in line for line in lines)


@given(_tables(), st.integers(1, 200))
def test_a_line_is_wider_than_the_terminal_only_where_columns_cannot_shrink(table: _Table, width: int) -> None:
    columns, rows = table
    least = 2 * (len(columns) - 1)
    for place, column in enumerate(columns):
        natural = max(cell_len(column.title), *(cell_len(printable(row[place])) for row in rows))
        least += natural if column.fixed else min(natural, max(12, cell_len(column.title)))
    for line in render_table(columns, rows, width=width):
        assert line.cell_len <= max(width, least)


@given(_tables())
def test_a_pipe_gets_one_line_a_row_with_every_cell_whole(table: _Table) -> None:
    columns, rows = table
    dropping = [replace(column, drop=place) for place, column in enumerate(columns)]
    lines = _plain(dropping, rows, None)
    assert len(lines) == len(rows) + 1
    for line, row in zip(lines[1:], rows, strict=True):
        assert "\t" not in line
        assert all(printable(cell) in line for cell in row)


@pytest.mark.parametrize("columns", ["1", "40", "500"])
def test_a_pipe_does_not_depend_on_the_surroundings(monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    table = render_table([ID, WHAT], [("CVE-2026-1", LONG * 20)], width=None)
    file = io.StringIO()
    Console(file=file, soft_wrap=True, highlight=False).print(*table, sep="\n")
    assert file.getvalue() == f"Id          What\nCVE-2026-1  {LONG * 20}\n"
