"""A picture of where the bytes are: a squarified treemap of layers, owners and files, as rectangles to be drawn.

Method: Bruls, Huizing, van Wijk, "Squarified Treemaps" (2000).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from nautiloid.inspection.inventory import Usage

_GAP = 1.0
_HEADER = 16.0
_LETTER = 6.8  # units; about the width of one at the size in which the page writes labels
_SMALLEST = 3.0  # units; what is smaller than this in both directions is not drawn


Spell = Callable[[int], str]
Rectangle = tuple[float, float, float, float]
"""x, y, width and height."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the picture.

    Attributes:
        depth: 0 a layer, 1 an owner, 2 a file.
        label: What fits into it; empty where nothing does.
        title: Everything there is to say, for a tooltip.
        tint: Position of its layer, which chooses the colour.
    """

    x: float
    y: float
    width: float
    height: float
    depth: int
    label: str
    title: str
    tint: int


def treemap(usage: Usage, width: float, height: float, spell: Spell) -> tuple[Box, ...]:
    """Return the rectangles of a tree of sizes, outer ones first.

    Args:
        usage: The tree: layers, owners, files.
        width: Of the picture, in its own units.
        height: Likewise.
        spell: Spells a size for people.
    """
    return tuple(_boxes(usage.children, (0.0, 0.0, width, height), 0, "", None, spell))


def _boxes(
    parts: Sequence[Usage], area: Rectangle, depth: int, above: str, tint: int | None, spell: Spell
) -> Iterator[Box]:
    ordered = sorted(parts, key=lambda part: -part.size)
    for number, (part, place) in enumerate(zip(ordered, _squarify([part.size for part in ordered], area), strict=True)):
        x, y, width, height = place
        if width < _SMALLEST or height < _SMALLEST:
            continue
        colour = number if tint is None else tint
        title = f"{above}{part.name}, {spell(part.size)}"
        inner = (x + _GAP, y + _HEADER, width - 2 * _GAP, height - _HEADER - _GAP)
        roomy = depth < 2 and bool(part.children) and inner[2] > 2 * _SMALLEST and inner[3] > 2 * _SMALLEST
        yield Box(x, y, width, height, depth, _label(part.name, width, height), title, colour)
        if roomy:
            yield from _boxes(part.children, inner, depth + 1, above if above else f"{part.name}: ", colour, spell)


def _label(name: str, width: float, height: float) -> str:
    """Return the end of a name that fits: of a path, the last step says most."""
    short = name.rpartition("/")[2] or name
    room = int((width - 6) / _LETTER)
    if height < _HEADER or room < 3:
        return ""
    return short if len(short) <= room else f"{short[: room - 1]}…"


def _squarify(sizes: Sequence[int], area: Rectangle) -> list[Rectangle]:
    """Lay sizes (the largest first) into a rectangle, row by row, each row as square as can be."""
    x, y, width, height = area
    total = sum(sizes)
    if not total or width <= 0 or height <= 0:
        return [(x, y, 0.0, 0.0)] * len(sizes)
    scale = width * height / total
    left = [size * scale for size in sizes]
    placed: list[Rectangle] = []
    while left:
        side = min(width, height)
        count = _row(left, side)
        row, left = left[:count], left[count:]
        thickness = sum(row) / side if side > 0 else 0.0
        along = 0.0
        for part in row:
            length = part / thickness if thickness else 0.0
            if width >= height:
                placed.append((x, y + along, thickness, length))
            else:
                placed.append((x + along, y, length, thickness))
            along += length
        if width >= height:
            x, width = x + thickness, max(0.0, width - thickness)
        else:
            y, height = y + thickness, max(0.0, height - thickness)
    return placed


def _row(areas: Sequence[float], side: float) -> int:
    """Return how many areas make the row whose worst rectangle is squarest."""
    best = 1
    for count in range(2, len(areas) + 1):
        if _worst(areas[:count], side) > _worst(areas[:best], side):
            break
        best = count
    return best


def _worst(row: Sequence[float], side: float) -> float:
    total = sum(row)
    if not total or not side or not row[-1]:
        return float("inf")
    return max(side * side * row[0] / total**2, total**2 / (side * side * row[-1]))
