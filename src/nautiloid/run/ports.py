"""A port of the container that this machine lends an address."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from nautiloid.errors import UsageError

_LOOPBACK = "127.0.0.1"
_HIGHEST = 65535


@dataclass(frozen=True)
class Port:
    """A TCP port of the container, and where this machine answers for it.

    Attributes:
        address: The address of this machine; loopback unless somebody asks for more.
        outside: The port of this machine.
        inside: The port on which the program in the container listens.
    """

    address: str
    outside: int
    inside: int

    @classmethod
    def parse(cls, text: str) -> Port:
        """Read ``[[ADDRESS:]PORT:]PORT``, an IPv6 address in brackets.

        Without an address it is loopback: nothing is shown to a network by itself (Docker shows it to all). One port
        alone stands for both.

        Raises:
            UsageError: It has another shape.
        """
        rest, _, inside = text.removesuffix("/tcp").rpartition(":")
        address, _, outside = rest.rpartition(":")
        address = address.removeprefix("[").removesuffix("]")
        try:
            return cls(
                str(ipaddress.ip_address(address)) if address else _LOOPBACK,
                _number(outside if rest else inside),
                _number(inside),
            )
        except ValueError as error:
            raise UsageError(
                f"{text!r} is not a port to publish.",
                "Write OUTSIDE:INSIDE like 8080:8000 for this machine alone, 0.0.0.0:8080:8000 for its networks.",
            ) from error

    def __str__(self) -> str:
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{address}:{self.outside}:{self.inside}"


def unpublished(exposed: Iterable[str], published: Iterable[Port]) -> tuple[int, ...]:
    """Return the TCP ports that an image declares and that nothing of this machine leads to.

    Args:
        exposed: As an image's configuration has them: ``8000/tcp``, ``8000``; others than TCP are not published.
        published: What this run publishes.
    """
    led = {port.inside for port in published}
    plain = (text.removesuffix("/tcp") for text in exposed)
    numbers = {int(text) for text in plain if text.isascii() and text.isdigit() and len(text) <= len(str(_HIGHEST))}
    return tuple(sorted(number for number in numbers - led if 1 <= number <= _HIGHEST))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= _HIGHEST:
        raise ValueError(text)
    return int(text)
