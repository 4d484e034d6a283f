"""GGUF: weights with typed notes; its chat template is a program for a template engine.

Source: ``docs/gguf.md`` of the ggml project, versions 2 and 3.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from nautiloid.models.limits import Budget, TooMuchError
from nautiloid.models.span import Span
from nautiloid.models.verdict import Judgement, Reason, suspicious

_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_TEXT, _ARRAY = 8, 9
_LONGEST = 1 << 24
# Bytes of a block and elements in it, by ggml type.
_BLOCKS = {0: (4, 1), 1: (2, 1), 2: (18, 32), 3: (20, 32), 6: (22, 32), 7: (24, 32), 8: (34, 32), 9: (36, 32),
           10: (84, 256), 11: (110, 256), 12: (144, 256), 13: (176, 256), 14: (210, 256), 15: (292, 256),
           24: (1, 1), 25: (2, 1), 26: (4, 1), 27: (8, 1), 28: (8, 1), 30: (2, 1)}  # fmt: skip
# A template that reaches for Python's own attributes does more than lay out a chat (CVE-2024-34359).
_REACHING = re.compile(rb"__\w+__|\|\s*attr\b|\\x5f|\\u005f|\bimport\b|\bpopen\b|\bgetattr\b", re.IGNORECASE)


def read_gguf(content: Span, budget: Budget) -> Judgement:
    """Judge a GGUF file.

    Raises:
        ValueError: It ends too early.
        TooMuchError: It is too large.
    """
    return Judgement.of("GGUF", _Reader(content, budget).reasons())


class _Reader:
    def __init__(self, content: Span, budget: Budget) -> None:
        self._content, self._budget, self._at = content, budget, 4

    def reasons(self) -> Iterator[Reason]:
        version = self._number(4)
        if version not in (2, 3):
            yield suspicious(f"its version {version} does not exist")
            return
        tensors, notes = self._number(8), self._number(8)
        alignment = 32
        names = set()
        for _ in range(notes):
            name = self._text()
            if name in names:
                yield suspicious(f"it notes {name.decode('utf-8', 'replace')} twice")
            names.add(name)
            kind = self._number(4)
            start = self._at
            self._skip(kind, 0)
            value = self._content.part(start, self._at)
            if name == b"general.alignment" and kind == 4:
                alignment = value.number(0, 4) or 32
            if name.startswith(b"tokenizer.chat_template") and _REACHING.search(value.content):
                yield suspicious("its chat template reaches for more than the chat")
        yield from self._tensors(tensors, alignment)

    def _tensors(self, count: int, alignment: int) -> Iterator[Reason]:
        places = []
        names = set()
        for _ in range(count):
            name = self._text()
            if name in names:
                yield suspicious(f"it holds the tensor {name.decode('utf-8', 'replace')} twice")
            names.add(name)
            dimensions = self._number(4)
            if dimensions > 4:
                yield suspicious(f"a tensor has {dimensions} dimensions")
                return
            elements = math.prod(self._number(8) for _ in range(dimensions))
            kind, offset = self._number(4), self._number(8)
            size, block = _BLOCKS.get(kind, (0, 1))
            places.append((offset, elements * size // block))
        start = -(-self._at // alignment) * alignment
        room = len(self._content) - start
        reached = 0
        for offset, size in sorted(places):
            if offset + size > max(room, 0) or offset % alignment:
                yield suspicious("a tensor lies outside of the file")
                return
            if offset < reached:
                yield suspicious("its tensors overlap")
                return
            reached = offset + size

    def _number(self, size: int) -> int:
        self._budget.step()
        self._at += size
        return self._content.number(self._at - size, size)

    def _text(self) -> bytes:
        size = self._number(8)
        if size > _LONGEST:
            raise TooMuchError(f"a text in it is longer than {_LONGEST >> 20} MiB")
        self._at += size
        return self._content.exactly(self._at - size, size)

    def _skip(self, kind: int, depth: int) -> None:
        if kind == _TEXT:
            self._text()
        elif kind == _ARRAY:
            inner, count = self._number(4), self._number(8)
            if depth > 3:
                raise TooMuchError("its notes nest too deep")
            if inner in _SIZES:
                self._at += _SIZES[inner] * count
            else:
                for _ in range(count):
                    self._skip(inner, depth + 1)
        elif kind in _SIZES:
            self._at += _SIZES[kind]
        else:
            raise ValueError(f"a note has the unknown type {kind}")
        if self._at > len(self._content):
            raise ValueError("its notes are longer than the file")
