"""Reads a pickle as the machine would that runs it: stack, marks and memo are kept, calls are judged and not made.

Sources: CPython's ``Modules/_pickle.c`` and ``Lib/pickle.py``, whose behaviour counts and not that of ``pickletools``
(which refuses what they take: names that are not ASCII, other quotes), and joblib's ``numpy_pickle.py``, which puts raw
arrays between the opcodes.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable

from nautiloid.models.limits import LARGEST_TEXT, Budget
from nautiloid.models.pickles import checks
from nautiloid.models.pickles.allowed import result_holds
from nautiloid.models.pickles.calls import Calls, shown
from nautiloid.models.pickles.tape import BrokenError
from nautiloid.models.pickles.values import UNKNOWN, Box, Made, Row, Stored, Unknown
from nautiloid.models.span import Span
from nautiloid.models.verdict import cannot_tell, runs_code, suspicious

_LONGEST_NUMBER = 1024


class Machine(Calls):
    """One run over one pickle; arguments as in ``Calls``.

    Attributes:
        ended: It came to its ``STOP``.
        result: What it leaves then.
        fault: Why it broke off, if it did.
        storages: What ``PERSID`` named.
    """

    def __init__(self, content: Span, at: int, budget: Budget, *, script: bool = False) -> None:
        super().__init__(content, at, budget, script=script)
        self.ended = False
        self.result: object = None
        self.fault = ""
        self.storages: list[Stored] = []

    def run(self) -> Machine:
        """Read until ``STOP`` or until nothing makes sense any more.

        Raises:
            TooMuchError: It costs more than the budget has.
        """
        end = len(self._content)
        try:
            while not self.ended:
                self._budget.step()
                if self.at >= end:
                    self.missing = 1
                    self._break("it ends without a STOP")
                code = self._buffer[self._base + self.at]
                self.at += 1
                if code not in _ACTS:
                    self._break(f"{code:#04x} is no opcode")
                _ACTS[code](self)
        except BrokenError as error:
            self.fault = str(error)
        except (ValueError, OverflowError, struct.error) as error:
            self.fault = str(error) or type(error).__name__
        return self

    def stop(self) -> None:
        """End with what is on the stack."""
        self.result = self.pop()
        self._in_data(self.result)
        self.ended = True

    # -- values --------------------------------------------------------------------------------------

    def text_line(self, *, raw: bool) -> None:
        """Push the text of a line: ``UNICODE`` (raw) or ``STRING`` (with quotes and escapes)."""
        line = self.line()
        if raw:
            self.push(line[:LARGEST_TEXT].decode("raw-unicode-escape"))
            return
        line = line.rstrip()
        if len(line) < 2 or line[0] != line[-1] or line[:1] not in (b"'", b'"'):
            self._break("a text is not quoted")
        self.push(codecs.escape_decode(line[1:-1])[0].decode("latin-1"))

    def old_text(self, size: int) -> None:
        """Push what Python 2 called a string."""
        self.push(self.take(self._length(size)).decode("latin-1"))

    def _length(self, size: int) -> int:
        length = self.number(size)
        if length > len(self._content) - self.at:
            self.missing = length
            self._break("it ends too early")
        return length

    def whole_number(self) -> None:
        """Push the number of a line; 00 and 01 are truth values."""
        line = self.line().rstrip(b"L")
        if len(line) > _LONGEST_NUMBER:
            self._break("a number is too long")
        self.push(line == b"01" if line in (b"00", b"01") else int(line.split(b"\0")[0], 0))

    def long_number(self, size: int) -> None:
        """Push a number of any length."""
        self.push(int.from_bytes(self.take(self._length(size)), "little", signed=True))

    def row(self, values: list[object]) -> None:
        """Push a tuple."""
        self.push(Row(tuple(values), any(self._is_loose(value) for value in values)))

    def short_row(self, count: int) -> None:
        """Push a tuple of what is on top."""
        self._need(count)
        values = self._stack[-count:]
        del self._stack[-count:]
        self.row(values)

    def box(self, kind: str, values: list[object]) -> None:
        """Push a list, a dict or a set of some values."""
        made = Box(kind)
        self.push(made)
        self._fill(made, kind, values)

    def _fill(self, target: object, kind: str, values: list[object]) -> None:
        """Put values into what takes them: ``append``, ``extend``, ``__setitem__`` or ``add`` are calls as well."""
        for value in values:
            self._in_data(value)
        held = result_holds(target)
        if kind == "dict" and len(values) % 2:
            self._break("a key has no value")
        if isinstance(target, Box) and held == kind:
            if kind == "dict":
                for key, value in zip(values[::2], values[1::2], strict=True):
                    target.put(key, value)
            elif kind == "list":
                for value in values:
                    target.add(value)
        elif held != kind and not isinstance(target, Unknown):
            self._tell(runs_code(f"fills {shown(target)} like a {kind}"))

    def fill_many(self, kind: str) -> None:
        """Put all since the mark into what lies below it."""
        values = self.since_mark()
        self._fill(self.top(), kind, values)

    def fill_one(self, kind: str) -> None:
        """Put what is on top into what lies below it."""
        values = [self.pop() for _ in range(2 if kind == "dict" else 1)][::-1]
        self._fill(self.top(), kind, values)

    # -- what the loader adds ------------------------------------------------------------------------

    def persistent(self, key: object) -> None:
        """Push what the loader finds by an id: a storage of torch."""
        if isinstance(key, Row) and key.items[:1] in (("storage",), ("module",)) and not key.loose:
            if key.items[0] == "module" and len(key.items) > 1:  # older checkpoints wrap classes with their source
                self.push(key.items[1])
                return
            stored = Stored(key)
            self.storages.append(stored)
            self.push(stored)
            return
        if isinstance(key, str) and key.isdecimal():  # TorchScript numbers its tensors
            self.push(Stored(key))
            return
        self._tell(cannot_tell("asks its loader for something by an id of its own"))
        self.push(Stored(key))

    def outside(self) -> None:
        """Push a buffer that the loader brings."""
        self._tell(cannot_tell("wants a buffer from its loader"))
        self.push(UNKNOWN)

    def raw_array(self, state: object) -> None:
        """Step over the array that joblib writes behind the opcodes that announce it; one of objects is a pickle."""
        named = state.named if isinstance(state, Box) else {}
        kind, shape, padding = named.get("dtype"), named.get("shape"), named.get("numpy_array_alignment_bytes")
        if self._frame_ends > self.at:
            self._tell(suspicious("hides opcodes behind an array of joblib"))
        if not (isinstance(kind, Made) and kind.by.name == "dtype" and isinstance(shape, Row)):
            self._tell(cannot_tell("an array of joblib does not say what it is"))
            self._break("an array cannot be stepped over")
            return
        if checks.holds_objects(kind):
            self._nested_run()
            return
        if padding is not None:
            self.take(self.number(1))
        count = checks.item_size(kind)
        for length in shape.items:
            if not isinstance(length, int) or length < 0 or count is None:
                self._tell(cannot_tell("an array of joblib has an unknown size"))
                self._break("an array cannot be stepped over")
                return
            count *= length
        if count is None or self.at + count > len(self._content):
            self._break("an array is longer than the file")
            return
        self.at += count

    def _nested_run(self) -> None:
        inner = Machine(self._content, self.at, self._budget, script=self._script).run()
        self.imports.update(inner.imports)
        self.calls += inner.calls
        self.reasons.update(inner.reasons)
        self.nested += inner.nested
        self.at = inner.at
        if not inner.ended:
            self._break(inner.fault)


Act = Callable[[Machine], None]


def _acts() -> dict[int, Act]:
    """Return what each opcode does (``pickletools.opcodes`` names them all)."""
    acts: dict[bytes, Act] = {
        b"(": Machine.mark,
        b".": Machine.stop,
        b"0": Machine.drop,
        b"1": lambda m: _forget(m.since_mark()),
        b"2": lambda m: m.push(m.top()),
        b"F": lambda m: m.push(float(m.line())),
        b"I": Machine.whole_number,
        b"J": lambda m: m.push(int.from_bytes(m.take(4), "little", signed=True)),
        b"K": lambda m: m.push(m.number(1)),
        b"L": Machine.whole_number,
        b"M": lambda m: m.push(m.number(2)),
        b"N": lambda m: m.push(None),
        b"P": lambda m: m.persistent(m.line().decode("utf-8")),
        b"Q": lambda m: m.persistent(m.pop()),
        b"R": Machine.reduce,
        b"S": lambda m: m.text_line(raw=False),
        b"T": lambda m: m.old_text(4),
        b"U": lambda m: m.old_text(1),
        b"V": lambda m: m.text_line(raw=True),
        b"X": lambda m: m.blob(m.number(4), text=True),
        b"a": lambda m: m.fill_one("list"),
        b"b": Machine.build,
        b"c": Machine.name_lines,
        b"d": lambda m: m.box("dict", m.since_mark()),
        b"}": lambda m: m.box("dict", []),
        b"e": lambda m: m.fill_many("list"),
        b"g": lambda m: m.get(int(m.line())),
        b"h": lambda m: m.get(m.number(1)),
        b"i": lambda m: m.make(named=True),
        b"j": lambda m: m.get(m.number(4)),
        b"l": lambda m: m.box("list", m.since_mark()),
        b"]": lambda m: m.box("list", []),
        b"o": lambda m: m.make(named=False),
        b"p": lambda m: m.put(int(m.line())),
        b"q": lambda m: m.put(m.number(1)),
        b"r": lambda m: m.put(m.number(4)),
        b"s": lambda m: m.fill_one("dict"),
        b"t": lambda m: m.row(m.since_mark()),
        b")": lambda m: m.row([]),
        b"u": lambda m: m.fill_many("dict"),
        b"G": lambda m: m.push(struct.unpack(">d", m.take(8))[0]),
        b"\x80": Machine.protocol,
        b"\x81": lambda m: m.new(keywords=False),
        b"\x82": lambda m: m.name_extension(1),
        b"\x83": lambda m: m.name_extension(2),
        b"\x84": lambda m: m.name_extension(4),
        b"\x85": lambda m: m.short_row(1),
        b"\x86": lambda m: m.short_row(2),
        b"\x87": lambda m: m.short_row(3),
        b"\x88": lambda m: m.push(True),
        b"\x89": lambda m: m.push(False),
        b"\x8a": lambda m: m.long_number(1),
        b"\x8b": lambda m: m.long_number(4),
        b"B": lambda m: m.blob(m.number(4)),
        b"C": lambda m: m.blob(m.number(1)),
        b"\x8c": lambda m: m.blob(m.number(1), text=True),
        b"\x8d": lambda m: m.blob(m.number(8), text=True),
        b"\x8e": lambda m: m.blob(m.number(8)),
        b"\x8f": lambda m: m.box("set", []),
        b"\x90": lambda m: m.fill_many("set"),
        b"\x91": lambda m: m.box("frozenset", m.since_mark()),
        b"\x92": lambda m: m.new(keywords=True),
        b"\x93": Machine.name_stack,
        b"\x94": Machine.memoize,
        b"\x95": Machine.frame,
        b"\x96": lambda m: m.blob(m.number(8)),
        b"\x97": Machine.outside,
        b"\x98": lambda m: m.push(m.pop()),
    }
    return {code[0]: act for code, act in acts.items()}


def _forget(_: object) -> None:
    """Let go of what was taken from the stack."""


_ACTS = _acts()
