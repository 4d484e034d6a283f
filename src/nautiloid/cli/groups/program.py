"""Commands that start a program: which words are their own, and which are the program's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

from nautiloid.cli.groups.once import OnceCommand

_KEPT = "nautiloid.program"


class BeforeProgram(OnceCommand):
    """Keeps what follows ``--`` away from the command's own arguments, of which some may be left out.

    The type of the context is click's, or that of typer's own copy of it: it depends on typer's version.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse what comes before ``--``, and keep the rest for ``program_of``."""
        end = args.index("--") if "--" in args else len(args)
        ctx.meta[_KEPT] = args[end + 1 :]
        return super().parse_args(ctx, args[:end])

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the words of the usage line, and that of the program."""
        return [*super().collect_usage_pieces(ctx), "[-- ARGUMENTS...]"]


def program_of(context: typer.Context) -> list[str]:
    """Return what follows ``--`` on the command line."""
    return list(context.meta.get(_KEPT, ()))


def misplaced(context: typer.Context, words: Sequence[str] | None) -> str | None:
    """Return the first word of a program where it reads like an option of the command, and was perhaps meant as one."""
    first = next(iter(words or ()), "")
    names = {name for option in context.command.params for name in option.opts if name.startswith("-")}
    return first if first.partition("=")[0] in names | {"-it", "-ti"} else None
