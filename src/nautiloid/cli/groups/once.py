"""A command that takes ``--output`` once: of two places, one would silently get nothing."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from nautiloid.errors import UsageError

_ONCE = "output"


class OnceCommand(TyperCommand):
    """Refuses a second ``--output``.

    The type of the context is click's, or that of typer's own copy of it: it depends on typer's version.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Count, and parse.

        Raises:
            UsageError: The option was given twice, or is empty.
        """
        if not ctx.resilient_parsing:
            values, _, given = self.make_parser(ctx).parse_args(list(args))
            if sum(option.name == _ONCE and "-o" in option.opts for option in given) > 1:
                raise UsageError("--output (-o) was given more than once.", "Name one place.")
            if values.get(_ONCE) == "":
                raise UsageError("--output (-o) names no place.", "Name one, or leave it away.")
        return super().parse_args(ctx, args)
