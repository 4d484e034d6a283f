"""Where results go and in which form: options and steps that all reporting commands share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeVar

import typer
from rich.text import Text

from nautiloid.atomic import write_text
from nautiloid.cli import console
from nautiloid.report.formats import Formats

TABLE = "table"
"""The form for people, which every command has beside its formats."""

T = TypeVar("T")


class Lines(Protocol):
    """Returns a result for people."""

    def __call__(self, *, width: int | None) -> Sequence[Text]:
        """Return its lines for so many cells; None is a pipe."""
        ...


OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write to this file instead of standard output.")
]
EveryOption = Annotated[
    bool, typer.Option("--all", help="List everything in the table, not only the first few.", show_default=False)
]


def format_option(formats: Formats[Any], *, table: str = TABLE) -> Any:
    """Return ``--format``: the form for people (none where it has no name), and the formats for programs."""
    names = [*([table] if table else []), *formats.names]

    def parse(text: str) -> str:
        if text not in names:
            raise typer.BadParameter(f"{text!r} is not one of {', '.join(names)}")
        return text

    metavar = f"[{'|'.join(names)}]"
    return typer.Option("--format", metavar=metavar, parser=parse, autocompletion=lambda: names, help="How to say it.")


def report(result: T, chosen: str, formats: Formats[T], lines: Lines, output: Path | None) -> None:
    """Write a result in the chosen form, to a file or to standard output.

    Args:
        result: What is reported.
        chosen: What ``--format`` says.
        formats: The forms for programs; any other is the one for people.
        lines: The result for people.
        output: The file; None is standard output.
    """
    if chosen in formats.names:
        deliver(formats.write(chosen, result), output)
    elif output is not None:
        deliver("".join(f"{line.plain}\n" for line in lines(width=None)), output)
    else:
        console.show(lines(width=console.width()))


def deliver(text: str, output: Path | None) -> None:
    """Write a document to a file, all of it or nothing, or to standard output."""
    if output is None:
        typer.echo(text, nl=False)
        return
    if output.exists() and not output.is_file():
        # A device or a pipe, such as /dev/stdout, is written to; to replace it would take it away from others.
        output.write_text(text, encoding="utf-8", errors="backslashreplace")
    else:
        write_text(output.resolve(), text)
    console.remark(f"Wrote {output}")
