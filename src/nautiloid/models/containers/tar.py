"""Tar archives, plain: the oldest checkpoints of PyTorch, and NeMo's models."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from nautiloid.models.limits import Budget
from nautiloid.models.span import Span, SpanStream
from nautiloid.models.verdict import Reason, suspicious

_BLOCK = 512


def is_tar(head: bytes) -> bool:
    """Tell by the checksum of its first header (POSIX.1, ``ustar``; older ones have no other mark)."""
    if len(head) < _BLOCK or not head[0]:
        return False
    try:
        stated = int(head[148:156].strip(b" \0") or b"0", 8)
    except ValueError:
        return False
    block = head[:_BLOCK]
    return stated > 0 and stated == sum(block) - sum(block[148:156]) + 8 * 32


def read_tar(content: Span, budget: Budget, reasons: list[Reason]) -> Iterator[tuple[str, Span]]:
    """Yield the files of an archive; what is wrong with it is added to ``reasons``.

    Raises:
        TooMuchError: There are too many.
    """
    try:
        with tarfile.open(fileobj=SpanStream(content), mode="r:") as archive:
            for member in archive:
                budget.member()
                path = PurePosixPath(member.name)
                if path.is_absolute() or ".." in path.parts:
                    reasons.append(suspicious(f"it would unpack {member.name} outside of its directory"))
                if member.issym() or member.islnk():
                    target = PurePosixPath(member.linkname)
                    if target.is_absolute() or ".." in target.parts:
                        reasons.append(suspicious(f"its link {member.name} leads outside of its directory"))
                if member.isreg():
                    yield member.name, content.part(member.offset_data, member.offset_data + member.size)
    except (tarfile.TarError, OSError, ValueError, EOFError) as error:
        reasons.append(suspicious(f"the archive is broken: {error}"))
