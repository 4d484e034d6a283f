"""What every cataloger raises for content that it cannot understand."""

from __future__ import annotations

from collections.abc import Sequence

from nautiloid.packages.component import Component


class UnreadableError(ValueError):
    """A record is damaged, hostile, or of a form that is not known; the text says which."""


class PartlyUnreadError(UnreadableError):
    """Not all of a record could be read; what could be is not lost.

    Attributes:
        components: What was found nevertheless.
    """

    def __init__(self, reason: str, components: Sequence[Component]) -> None:
        super().__init__(reason)
        self.components = tuple(components)


def read_whole(components: Sequence[Component], faults: Sequence[str]) -> list[Component]:
    """Return the components of a record that has no faults.

    Raises:
        PartlyUnreadError: It has some.
    """
    if faults:
        reasons = list(dict.fromkeys(faults))
        more = f" and {len(reasons) - 3} more" if len(reasons) > 3 else ""
        raise PartlyUnreadError(f"not all of it could be read: {'; '.join(reasons[:3])}{more}", components)
    return list(components)
