"""Control data in the deb822 format: stanzas of ``Field: value`` lines, parted by blank lines.

Source: deb822(5) and Debian Policy section 5.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from nautiloid.errors import NautiloidError

_STANZA_BREAK = re.compile(r"\n(?:[ \t]*\n)+")
_LONGEST_NUMBER = 20
_FIELD_NAME = re.compile(r"[!-9;-~]+", re.ASCII)


class ControlSyntaxError(NautiloidError):
    """A text is not well-formed control data."""


class Stanza(Mapping[str, str]):
    """One stanza: its fields by name, whatever the case, and its text as it was written.

    A value of several lines keeps its line breaks and the indent of its continuation lines; the first line is
    stripped.

    Raises:
        ControlSyntaxError: A line is neither a field nor a continuation, or a field appears twice.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._values = _parse_fields(text)

    def __getitem__(self, field: str) -> str:
        return self._values[field.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def require(self, field: str) -> str:
        """Return a field's value.

        Raises:
            ControlSyntaxError: The stanza does not have the field.
        """
        try:
            return self[field]
        except KeyError:
            about = self.get("Package", "a stanza")
            raise ControlSyntaxError(f"{about} has no {field} field") from None

    def number(self, field: str) -> int:
        """Return the number that a field holds.

        Raises:
            ControlSyntaxError: The stanza does not have the field, or it holds something else.
        """
        value = self.require(field)
        if not (value.isascii() and value.isdigit() and len(value) < _LONGEST_NUMBER):
            about = self.get("Package", "a stanza")
            raise ControlSyntaxError(f"{about} has a {field} field that is no number: {value[:60]!r}")
        return int(value)

    def lines(self, field: str) -> tuple[str, ...]:
        """Return the non-empty lines of a field's value, stripped; none when the field is absent."""
        return tuple(line.strip() for line in self.get(field, "").splitlines() if line.strip())


def parse_stanzas(text: str) -> Iterator[Stanza]:
    """Yield the stanzas of a control file one after another."""
    for chunk in split_stanzas(text):
        yield Stanza(chunk)


def split_stanzas(text: str) -> Iterator[str]:
    """Yield the text of each stanza unparsed, so that a large index costs only what is looked at."""
    # Archive indices part stanzas by exactly one empty line, and str.split is an order faster than a pattern.
    simple = "\n \n" not in text and "\n\t\n" not in text
    for chunk in text.split("\n\n") if simple else _STANZA_BREAK.split(text):
        stripped = chunk.strip("\n")
        if stripped and not stripped.isspace():
            yield stripped


def _parse_fields(text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    field = ""
    for line in text.split("\n"):
        if line.startswith("#") or not line.strip():
            continue
        if line[0] in " \t":
            if not field:
                raise ControlSyntaxError(f"A continuation line comes before any field: {line[:60]!r}")
            values[field] += "\n" + line.rstrip()
            continue
        name, colon, value = line.partition(":")
        if not colon or not _FIELD_NAME.fullmatch(name):
            raise ControlSyntaxError(f"This is not a control field: {line[:60]!r}")
        field = name.lower()
        if field in values:
            raise ControlSyntaxError(f"The field {name} appears twice in one stanza")
        values[field] = value.strip()
    return values
