"""What may be done with one global of a pickle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nautiloid.models.pickles.checks import Call, Pattern


@dataclass(frozen=True)
class Rule:
    """What may be done with one global.

    Attributes:
        calls: Ways to call it; empty: it may only be named.
        state: What ``BUILD`` may give to what it makes; None: nothing.
        holds: What its results can be filled like: ``list``, ``dict``; empty: not at all.
        function: It may not stay in the data.
        special: Its call says more than its arguments: see ``machine``.
    """

    calls: tuple[Call, ...] = ()
    state: Pattern | None = None
    holds: str = ""
    function: bool = False
    special: str = ""


Rules = Iterator[tuple[tuple[str, str], Rule]]
"""Rules by module and name."""
