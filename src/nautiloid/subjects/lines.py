"""Where in a file something stands, for reports that point at it.

Parsers of JSON and TOML tell no lines. The text is searched for what was read from it, once for all parts; where the
two do not match one to one, no line is named.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape

# Whole strings, so that the search stays in step with the document: what begins within one is not tried again.
_STRING = re.compile(r'("(?:[^"\\]++|\\.)*+")')
_PURL_ELEMENT = re.compile(r"<(?:\w+:)?purl>([^<]{1,2000})</")
_TABLE = re.compile(r"^[ \t]*\[\[[ \t]*packages?[ \t]*\]\]", re.MULTILINE)
_KEY = re.compile(r'^[ \t]*("(?:[^"\\\n]|\\.){1,300}")[ \t]*:[ \t]*\{', re.MULTILINE)


def lines_of_purls(content: str) -> dict[str, int]:
    """Return the line on which a JSON document names each package URL first."""
    return _lines(_STRING, json.loads, content, beginning='"pkg:')


def lines_of_purl_elements(content: str) -> dict[str, int]:
    """Return the line on which an XML document names each package URL first."""
    return _lines(_PURL_ELEMENT, lambda text: unescape(text.strip()), content)


def lines_of_keys(content: str) -> dict[str, int]:
    """Return the line on which each key of a JSON document begins an object for the first time."""
    return _lines(_KEY, json.loads, content)


def lines_of_tables(content: str) -> list[int]:
    """Return the lines on which a TOML lock begins its packages, in their order."""
    found, line, seen = [], 1, 0
    for match in _TABLE.finditer(content):
        line += content.count("\n", seen, match.start())
        seen = match.start()
        found.append(line)
    return found


def _lines(
    pattern: re.Pattern[str], meaning: Callable[[str], str], content: str, beginning: str = ""
) -> dict[str, int]:
    found: dict[str, int] = {}
    line, seen = 1, 0
    for match in pattern.finditer(content):
        if not content.startswith(beginning, match.start(1)):
            continue
        line += content.count("\n", seen, match.start(1))
        seen = match.start(1)
        try:
            found.setdefault(meaning(match[1]), line)
        except ValueError:
            continue
    return found
