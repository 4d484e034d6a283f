"""Streams of bytes, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import IO

BLOCK = 1 << 20


def blocks_of(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield what is left of a stream, at most a MiB at a time."""
    while block := stream.read(BLOCK):
        yield block


def rest_is_zeros(stream: IO[bytes]) -> bool:
    """Tell whether what is left of a stream is nothing but zeros, as what follows the end of a tar must be."""
    return all(not block.strip(b"\0") for block in blocks_of(stream))


def watched(blocks: Iterable[bytes], watch: Callable[[bytes], None]) -> Iterator[bytes]:
    """Pass blocks on, each shown to ``watch`` first: a hash, a meter."""
    for block in blocks:
        watch(block)
        yield block
