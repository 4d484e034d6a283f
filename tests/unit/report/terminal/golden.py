"""Texts that a person has looked at, and lines as a pipe gets them.

``NAUTILOID_REWRITE_GOLDEN=1 pytest tests/unit/report/terminal`` writes those files anew; read them before they are
committed.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

_GOLDEN = Path(__file__).parents[3] / "data" / "tables"
GOLDEN_WIDTHS = (80, 120, 200, None)


def text_of(lines: Sequence[Text]) -> str:
    """Return lines as they are printed, without colours; each ends with a line break."""
    return "".join(f"{line.plain}\n" for line in lines)


def approved(name: str, width: int | None, text: str) -> str:
    """Return the text that a person has approved for this width; ``text`` itself becomes it where that is asked for."""
    golden = _GOLDEN / f"{name}-{width or 'piped'}.txt"
    if os.environ.get("NAUTILOID_REWRITE_GOLDEN") == "1":
        golden.write_text(text, encoding="utf-8")
    return golden.read_text(encoding="utf-8")


def too_wide(lines: Sequence[Text], width: int) -> list[str]:
    """Return the lines that are wider than a terminal."""
    return [line.plain for line in lines if cell_len(line.plain) > width]


def piped(lines: Sequence[Text]) -> str:
    """Print lines as the command line prints them, into something that is no terminal."""
    stream = io.StringIO()
    console = Console(file=stream, highlight=False, soft_wrap=True)
    for line in lines:
        console.print(line)
    return stream.getvalue()
