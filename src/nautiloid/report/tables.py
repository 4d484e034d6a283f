"""Tables for terminals and pipes: what identifies a thing is never cut, and a pipe gets everything.

On a terminal, columns give way in this order: those that may go are left out, then long text is wrapped or shortened,
then a row with an unusually long cell goes on in the next line, so that one long version does not widen all rows; where
even that does not suffice, lines grow longer than the terminal. Widths are counted in terminal cells (Unicode
UAX 11, as ``rich`` implements it). Links are OSC 8 hyperlinks, which terminals that do not know them leave out.

Print the lines with a console that neither wraps nor crops: ``Console(soft_wrap=True)``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from itertools import zip_longest
from typing import Literal

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.text import Text

from nautiloid.report.words import printable

_GAP = 2
_SMALLEST = 12
_COMFORTABLE = 48
_TITLE_STYLE = "bold"


@dataclass(frozen=True, slots=True)
class Column:
    """How one column behaves when there is too little room.

    Attributes:
        fixed: Never shrinks; its cells are shown whole or, with ``drop``, not at all.
        drop: Above 0: the column is left out when the width does not suffice. The highest number goes first; columns
            of one number go together.
        wrap: Long text goes on in the next line, at word boundaries, instead of being shortened.
    """

    title: str
    _: KW_ONLY
    fixed: bool = False
    align: Literal["left", "right"] = "left"
    wrap: bool = False
    drop: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """One value.

    Attributes:
        style: As ``rich`` spells it; empty for none.
        link: Where the text leads; anything but an ASCII http(s) URL is ignored.
    """

    text: str
    style: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class GroupTitle:
    """A line across the whole table, such as the name of what the rows below it have in common. It is never cut."""

    text: str
    style: str = "bold"


Row = Sequence[Cell | str] | GroupTitle

_Shown = tuple[Column, int, Cell]  # a cell in its column, which is so wide


def render_table(columns: Sequence[Column], rows: Sequence[Row], *, width: int | None, indent: int = 0) -> list[Text]:
    """Return a table line by line, the titles first; nothing for a table without rows.

    Args:
        columns: From left to right.
        rows: A cell for every column, or a section; a plain text is a cell without style.
        width: Cells of the terminal. None for a pipe: one line a row with every column and every cell whole,
            whatever the surroundings.
        indent: By how many cells everything but the sections is moved to the right.

    Raises:
        ValueError: A row has more or fewer cells than there are columns.
    """
    if not columns or not rows:
        return []
    head = [Cell(printable(column.title), _TITLE_STYLE) for column in columns]
    body = [row if isinstance(row, GroupTitle) else _cells(columns, row) for row in rows]
    cells = [head, *(row for row in body if not isinstance(row, GroupTitle))]
    natural = [max(cell_len(row[place].text) for row in cells) for place in range(len(columns))]
    room = None if width is None else width - indent
    sizes = _squeezed(columns, cells, _sizes(columns, natural, room), room)
    lines = list(_row_lines(columns, sizes, head, room, indent)) if len(cells) > 1 else []
    for row in body:
        if isinstance(row, GroupTitle):
            lines += fill(Text(printable(row.text), row.style), width)
        else:
            lines += _row_lines(columns, sizes, row, room, indent)
    return lines


def fill(text: Text, width: int | None, *, hanging: int = 2) -> list[Text]:
    """Wrap a text at word boundaries; words are never cut, so that one alone may be wider than the width.

    Args:
        text: One paragraph; spaces before its first word stay.
        width: Cells of the terminal; None leaves the text as one line.
        hanging: By how many cells lines after the first are moved to the right.
    """
    lines: list[Text] = []
    start = end = 0
    for word in re.finditer(r"\S+", text.plain) if width is not None else ():
        room = (width or 0) - (hanging if lines else 0)
        if text.plain[start:end].strip() and cell_len(text.plain[start : word.end()]) > room:
            lines.append(_indented(text[start:end], hanging if lines else 0))
            start = word.start()
        end = word.end()
    return [*lines, _indented(text[start:], hanging if lines else 0)]


def _indented(text: Text, indent: int) -> Text:
    return Text(" " * indent).append_text(text) if indent else text


def _cells(columns: Sequence[Column], row: Sequence[Cell | str]) -> list[Cell]:
    if len(row) != len(columns):
        raise ValueError(f"a row of {len(row)} cells in a table of {len(columns)} columns")
    return [
        replace(cell, text=printable(cell.text)) if isinstance(cell, Cell) else Cell(printable(cell)) for cell in row
    ]


def _sizes(columns: Sequence[Column], natural: Sequence[int], width: int | None) -> dict[int, int]:
    """Return the width of every column that is shown, by its place."""
    sizes = dict(enumerate(natural))
    if width is None:
        return sizes
    while _needed(columns, sizes) > width and (going := _first_to_go(columns, sizes)):
        sizes = {place: size for place, size in sizes.items() if place not in going}
    return sizes | _shrunk(columns, sizes, width)


def _needed(columns: Sequence[Column], sizes: Mapping[int, int]) -> int:
    """Return the width in which columns still read well, though not everything is told in full."""
    least = (size if columns[place].fixed else min(size, _COMFORTABLE) for place, size in sizes.items())
    return sum(least) + _GAP * (len(sizes) - 1)


def _first_to_go(columns: Sequence[Column], sizes: Mapping[int, int]) -> set[int]:
    highest = max(columns[place].drop for place in sizes)
    going = {place for place in sizes if columns[place].drop == highest} if highest > 0 else set()
    return going if len(going) < len(sizes) else set()


def _shrunk(columns: Sequence[Column], sizes: Mapping[int, int], width: int) -> dict[int, int]:
    """Share what the fixed columns leave: a column that needs less than its part leaves the rest to the longer ones."""
    flexible = [place for place in sizes if not columns[place].fixed]
    shares = {place: min(sizes[place], max(_SMALLEST, cell_len(printable(columns[place].title)))) for place in flexible}
    left = width - _GAP * (len(sizes) - 1) - sum({**sizes, **shares}.values())
    for number, place in enumerate(sorted(flexible, key=lambda place: sizes[place] - shares[place])):
        more = min(sizes[place] - shares[place], max(left // (len(flexible) - number), 0))
        shares[place] += more
        left -= more
    return shares


def _squeezed(
    columns: Sequence[Column], cells: Sequence[Sequence[Cell]], sizes: dict[int, int], width: int | None
) -> dict[int, int]:
    """Narrow fixed columns to their shorter cells, the widest column first, where that makes the rows fit."""
    fixed = {
        place: sorted({cell_len(row[place].text) for row in cells}) for place in sizes if columns[place].fixed
    }  # fmt: skip
    least = {place: max(cell_len(cells[0][place].text), min(sizes[place], _SMALLEST)) for place in fixed}
    room = 0 if width is None else width - _GAP * (len(sizes) - 1)
    if width is None or sum({**sizes, **least}.values()) > room:
        return sizes
    squeezed = dict(sizes)
    while sum(squeezed.values()) > room:
        widest = max((place for place in fixed if squeezed[place] > least[place]), key=squeezed.__getitem__)
        squeezed[widest] = max(least[widest], *(size for size in fixed[widest] if size < squeezed[widest]))
    flexible = {place: max(cell_len(row[place].text) for row in cells) for place in sizes if place not in fixed}
    return squeezed | _shrunk(columns, squeezed | flexible, width)


def _row_lines(
    columns: Sequence[Column], sizes: Mapping[int, int], row: Sequence[Cell], width: int | None, indent: int
) -> Iterator[Text]:
    for start, shown in _bands([(columns[place], size, row[place]) for place, size in sizes.items()], width):
        pieces = (_pieces(cell.text, column, size) for column, size, cell in shown)
        for line in zip_longest(*pieces, fillvalue=""):
            yield _line(zip(line, shown, strict=True), indent + start)


def _bands(row: Sequence[_Shown], width: int | None) -> Iterator[tuple[int, list[_Shown]]]:
    """Split a row behind every cell that is longer than its column, and before it where it would not fit behind others.

    Yields:
        Where it starts, and cells that stand side by side.
    """
    start = place = 0
    band: list[_Shown] = []
    for column, size, cell in row:
        length = cell_len(cell.text)
        if column.fixed and length > size:
            if width is not None and place + length > width:
                if any(one.text for _, _, one in band):
                    yield start, band
                start, band = max(0, min(place, _GAP, width - length)), []
            yield start, [*band, (column, length, cell)]
            start, band = place + size + _GAP, []
        else:
            band.append((column, size, cell))
        place += size + _GAP
    if any(cell.text for _, _, cell in band) or len(band) == len(row):
        yield start, band


def _pieces(text: str, column: Column, size: int) -> list[str]:
    """Return what a cell shows, line by line."""
    if cell_len(text) <= size:
        return [text]
    if column.wrap:
        lines = (line.plain for line in fill(Text(text.strip()), size, hanging=0))
        return [piece for line in lines for piece in ([line] if cell_len(line) <= size else chop_cells(line, size))]
    return [set_cell_size(text, size - 1).rstrip() + "…"]


def _line(pieces: Iterable[tuple[str, _Shown]], indent: int) -> Text:
    line = Text()
    blank = indent
    for piece, (column, size, cell) in pieces:
        spare = size - cell_len(piece)
        before = spare if column.align == "right" else 0
        if piece:
            line.append(" " * (blank + before)).append(piece, _style(cell))
            blank = spare - before + _GAP
        else:
            blank += size + _GAP
    return line


def _style(cell: Cell) -> str:
    web = cell.link.lower().startswith(("https://", "http://"))
    # One word of printable ASCII: anything else could end the escape sequence, or the style, before its time.
    whole = cell.link.isascii() and cell.link.isprintable() and " " not in cell.link
    return f"{cell.style} link {cell.link}".strip() if web and whole else cell.style
