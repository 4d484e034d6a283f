"""How numbers and names are spelled in every report."""

from __future__ import annotations

import re

from nautiloid.inspection.comparison import Comparison, Measure
from nautiloid.inspection.conditions import Condition

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def size(count: int) -> str:
    """Return bytes in kB, MB or GB (powers of 1000), as registries count."""
    for unit, factor in (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)):
        if count >= factor:
            value = count / factor
            return f"{value:.0f} {unit}" if value >= 100 or unit == "kB" else f"{value:.1f} {unit}"
    return f"{count} B"


def counted(count: int, noun: str) -> str:
    """Return how many there are of something: ``1 package``, ``1,200 vulnerabilities``."""
    many = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"
    return f"{count:,} {noun if count == 1 else many}"


def amount(measure: Measure, position: int) -> str:
    """Return the value of one image."""
    value = measure.values[position]
    return size(value) if measure.unit == "bytes" else f"{value:,}"


def change(measure: Measure, position: int) -> str:
    """Return the change from the first image, such as ``-97 %``; empty where nothing changed."""
    per_cent = measure.change(position)
    if per_cent is None:
        return "new"
    return f"{per_cent:+.1f} %".replace(".0 %", " %") if per_cent else "="


def violation(condition: Condition, comparison: Comparison, position: int) -> str:
    """Return what an image has that a condition does not allow."""
    measure = comparison.measure(condition.key)
    shown = change(measure, position) if condition.percent else amount(measure, position)
    return f"{condition.text}: {comparison.images[position].name} has {measure.title.lower()} {shown}"


def printable(text: str) -> str:
    """Return a text with control characters and broken UTF-8 escaped: an image must not command the terminal."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def for_xml(text: str) -> str:
    """Return a text without what XML 1.0 cannot hold."""
    return _NOT_XML.sub("?", text)
