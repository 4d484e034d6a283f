"""What all terminal reports have in common: headings, short lists, and how much was left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text

from nautiloid.report.tables import fill
from nautiloid.report.words import printable


def heading(title: str, count: int | None = None) -> list[Text]:
    """Return an empty line and a title, with how many there are."""
    return [Text(), Text(printable(title), style="bold").append(f" ({count:,})" if count is not None else "", "none")]


def plain(paragraphs: Iterable[str], width: int | None, indent: int = 0) -> list[Text]:
    """Return texts as lines, wrapped at word boundaries on a terminal."""
    texts = (Text(" " * indent + printable(text)) for text in paragraphs)
    return [line for text in texts for line in fill(text, width, hanging=indent + 2)]


def some(items: Sequence[str], most: int, width: int | None, *, every: bool, indent: int = 2) -> list[Text]:
    """Return items, each on lines of its own and never cut, and a line that says how many were left out."""
    shown = items if every else items[:most]
    return [*plain(shown, width, indent), *left_out(len(items) - len(shown), indent)]


def left_out(count: int, indent: int = 2) -> list[Text]:
    """Return a line that says how many were left out; nothing where none were."""
    return [Text(f"{' ' * indent}... and {count:,} more (--all lists them)")] if count > 0 else []
