"""How much of a file is looked at, in one place: bytes, members, depth, steps and seconds.

A file that wants more is never called safe: whoever meets a bound raises ``TooMuchError``, which becomes the verdict
"cannot tell".
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

LARGEST_HEADER = 100 << 20
"""Bytes of a header or a configuration that is read whole (safetensors' own bound)."""

LARGEST_UNPACKED = 8 << 30
"""Bytes that all compressed parts of one file may become together."""

LARGEST_TEXT = 1 << 16
"""Bytes of a text in a pickle that are kept; longer ones are only stepped over."""

DEEPEST = 5
"""How deep archives, compressed streams and pickles in pickles nest."""

MOST_MEMBERS = 200_000
"""Members of all archives in one file together."""

MOST_STEPS = 50_000_000
"""Opcodes of pickles, fields of protocol buffers and values of JSON in one file together."""

MOST_SECONDS = 120.0
"""Time for one file."""

MOST_REASONS = 40
"""Reasons that are told of one file; the gravest are kept."""

_STEPS_BETWEEN_LOOKS = 4096


class TooMuchError(Exception):
    """A bound was met. The text says which."""


@dataclass
class Budget:
    """What one file may still cost."""

    unpacked: int = LARGEST_UNPACKED
    members: int = MOST_MEMBERS
    steps: int = MOST_STEPS
    ends: float = field(default_factory=lambda: time.monotonic() + MOST_SECONDS)

    def unpack(self, size: int) -> None:
        """Pay for bytes that came out of a compressed stream.

        Raises:
            TooMuchError: There were too many.
        """
        self.unpacked -= size
        if self.unpacked < 0:
            raise TooMuchError(f"it unpacks to more than {LARGEST_UNPACKED >> 30} GiB")

    def member(self) -> None:
        """Pay for one member of an archive.

        Raises:
            TooMuchError: There were too many, or the time is over.
        """
        self.members -= 1
        if self.members < 0:
            raise TooMuchError(f"it holds more than {MOST_MEMBERS:,} members")
        self.look_at_clock()

    def step(self) -> None:
        """Pay for one step.

        Raises:
            TooMuchError: There were too many, or the time is over.
        """
        self.steps -= 1
        if self.steps < 0:
            raise TooMuchError(f"it takes more than {MOST_STEPS:,} steps to read")
        if self.steps % _STEPS_BETWEEN_LOOKS == 0:
            self.look_at_clock()

    def look_at_clock(self) -> None:
        """Stop when the time is over.

        Raises:
            TooMuchError: It is.
        """
        if time.monotonic() > self.ends:
            raise TooMuchError(f"it takes longer than {MOST_SECONDS:.0f} seconds to read")
