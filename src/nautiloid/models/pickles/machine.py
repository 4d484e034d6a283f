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
from nautiloid.models.pickles.allowed import may_be_made_bare, result_holds, rule_of
from nautiloid.models.pickles.values import UNKNOWN, Blob, Box, Global, Made, Row, Stored, Unknown
from nautiloid.models.span import Span
from nautiloid.models.verdict import Reason, cannot_tell, runs_code, suspicious

_NEWEST_PROTOCOL = 5
_MOST_REASONS = 200
_LONGEST_NUMBER = 1024


class BrokenError(Exception):
    """The pickle makes no sense from here on: the loader stops as well, after what was done until here."""


class Machine:
    """One run over one pickle.

    Args:
        content: Where it is.
        at: Where in there it begins.
        budget: What the run may cost.
        script: Whether it is a part of TorchScript.

    Attributes:
        at: How far it was read.
        ended: It came to its ``STOP``.
        result: What it leaves then.
        fault: Why it broke off, if it did.
        missing: How many bytes an opcode wanted that the content does not have.
        imports: Every global that is named, in order.
        hidden: Something is named that only running it would tell.
        calls: How many calls are made.
        reasons: Why it is not safe.
        nested: Contents that allowed calls would load in turn.
        storages: What ``PERSID`` named.
    """

    def __init__(self, content: Span, at: int, budget: Budget, *, script: bool = False) -> None:
        self._content, self._buffer, self._base = content, content.buffer, content.start
        self._budget, self._script = budget, script
        self._stack: list[object] = []
        self._marks: list[int] = []
        self._memo: dict[int, object] = {}
        self._frame_ends = 0
        self.at = at
        self.ended = False
        self.result: object = None
        self.fault = ""
        self.missing = 0
        self.imports: dict[Global, None] = {}
        self.hidden = False
        self.calls = 0
        self.reasons: dict[Reason, None] = {}
        self.nested: list[Span] = []
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

    # -- bytes ---------------------------------------------------------------------------------------

    def _break(self, why: str) -> None:
        raise BrokenError(f"{why} (byte {self.at:,})")

    def take(self, size: int) -> bytes:
        """Read so many bytes."""
        found = self._content.read(self.at, size)
        if len(found) < size:
            self.missing = size - len(found)
            self._break("it ends too early")
        self.at += size
        return found

    def number(self, size: int) -> int:
        """Read an unsigned number, the lowest byte first."""
        return int.from_bytes(self.take(size), "little")

    def line(self) -> bytes:
        """Read up to the next line feed."""
        stop = self._content.find(b"\n", self.at)
        if stop < 0:
            self.missing = 1
            self._break("a line does not end")
        line = self._content.read(self.at, stop - self.at)
        self.at = stop + 1
        return line

    def blob(self, size: int, *, text: bool = False) -> None:
        """Push bytes that follow; a short text as itself."""
        if self.at + size > len(self._content):
            self.missing = self.at + size - len(self._content)
            self._break("it ends too early")
        span = self._content.part(self.at, self.at + size)
        self.at += size
        if text and size <= LARGEST_TEXT:
            self.push(span.content.decode("utf-8", "surrogatepass"))
        else:
            self.push(Blob(span, text))

    # -- stack ---------------------------------------------------------------------------------------

    def push(self, value: object) -> None:
        """Put a value on the stack."""
        self._stack.append(value)

    def pop(self) -> object:
        """Take the top of the stack."""
        self._need(1)
        return self._stack.pop()

    def _need(self, count: int) -> None:
        fence = self._marks[-1] if self._marks else 0
        if len(self._stack) - fence < count:
            self._break("its stack is empty")

    def top(self) -> object:
        """Return the top of the stack."""
        self._need(1)
        return self._stack[-1]

    def since_mark(self) -> list[object]:
        """Take all that lies above the last mark, and the mark."""
        if not self._marks:
            self._break("it names a MARK that is not there")
        start = self._marks.pop()
        values = self._stack[start:]
        del self._stack[start:]
        return values

    def mark(self) -> None:
        """Note how high the stack is."""
        self._marks.append(len(self._stack))

    def drop(self) -> None:
        """Forget the top of the stack, or the mark that is there."""
        if self._marks and self._marks[-1] == len(self._stack):
            self._marks.pop()
        else:
            self.pop()

    def frame(self) -> None:
        """Note where a frame ends; it must not end before one that is open."""
        size = self.number(8)
        if self.at < self._frame_ends:
            self._break("a frame begins within a frame")
        if self.at + size > len(self._content):
            self.missing = self.at + size - len(self._content)
            self._break("a frame is longer than the file")
        self._frame_ends = self.at + size

    def protocol(self) -> None:
        """Refuse what no loader knows."""
        if self.number(1) > _NEWEST_PROTOCOL:
            self._break("its protocol is unknown")

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
            self._tell(runs_code(f"fills {_name(target)} like a {kind}"))

    def fill_many(self, kind: str) -> None:
        """Put all since the mark into what lies below it."""
        values = self.since_mark()
        self._fill(self.top(), kind, values)

    def fill_one(self, kind: str) -> None:
        """Put what is on top into what lies below it."""
        values = [self.pop() for _ in range(2 if kind == "dict" else 1)][::-1]
        self._fill(self.top(), kind, values)

    # -- memo ----------------------------------------------------------------------------------------

    def put(self, place: int) -> None:
        """Remember the top of the stack."""
        if place < 0:
            self._break("a place of the memo is negative")
        self._memo[place] = self.top()

    def get(self, place: int) -> None:
        """Push what was remembered."""
        if place not in self._memo:
            self._break(f"nothing is in place {place} of the memo")
        self.push(self._memo[place])

    def memoize(self) -> None:
        """Remember the top of the stack in the next place, which is how many are in use."""
        self._memo[len(self._memo)] = self.top()

    # -- names and calls -----------------------------------------------------------------------------

    def name_lines(self) -> None:
        """Push a global that two lines name."""
        module, name = self.line().decode("utf-8"), self.line().decode("utf-8")
        self.push(self._named(module, name))

    def name_stack(self) -> None:
        """Push a global that two texts on the stack name."""
        name, module = self.pop(), self.pop()
        if isinstance(name, str) and isinstance(module, str):
            self.push(self._named(module, name))
            return
        if isinstance(name, str | Blob | Unknown | Made) and isinstance(module, str | Blob | Unknown | Made):
            self.calls += 1
            self.hidden = True
            self._tell(runs_code("imports what only running it would name"))
            self.push(UNKNOWN)
            return
        self._break("a global has no name")

    def name_extension(self, size: int) -> None:
        """Push a global that only the loader's registry knows."""
        code = self.number(size)
        self.hidden = True
        self._tell(suspicious(f"imports extension {code} of whoever loads it"))
        self.push(UNKNOWN)

    def _named(self, module: str, name: str) -> object:
        found = Global(module, name)
        self.imports[found] = None
        if rule_of(found, script=self._script) is None:
            self._tell(suspicious(f"imports {found}, which is not known to make only data"))
        return found

    def reduce(self) -> None:
        """Call what lies below a tuple of arguments."""
        args, callee = self.pop(), self.pop()
        if not isinstance(args, Row | Made | Unknown):
            self._break("arguments are no tuple")
        self.push(self._call(callee, args.items if isinstance(args, Row) else None))

    def new(self, *, keywords: bool) -> None:
        """Call a class's ``__new__``."""
        words = self.pop() if keywords else None
        args, made = self.pop(), self.pop()
        if not isinstance(made, Global | Made | Unknown):
            self._break("what is to be made is no class")
        known = isinstance(args, Row) and (words is None or (isinstance(words, Box) and words.plain and words.whole))
        items = args.items if isinstance(args, Row) and known else None
        if isinstance(words, Box) and words.named:
            items = None
        self.push(self._call(made, items))

    def make(self, *, named: bool) -> None:
        """Call a class with all since the mark: ``INST`` (named by lines) or ``OBJ``."""
        if named:
            module, name = self.line().decode("utf-8"), self.line().decode("utf-8")
            values, callee = self.since_mark(), self._named(module, name)
        else:
            values = self.since_mark()
            if not values:
                self._break("what is to be made is missing")
            callee, values = values[0], values[1:]
        self.push(self._call(callee, tuple(values)))

    def _call(self, callee: object, args: tuple[object, ...] | None) -> object:  # noqa: PLR0911 - one case a line
        """Judge a call, and return what is known of its result."""
        self.calls += 1
        if isinstance(callee, Unknown):
            return UNKNOWN  # said before
        if not isinstance(callee, Global):
            self._tell(runs_code("calls what another call returned"))
            return UNKNOWN
        rule = rule_of(callee, script=self._script)
        if rule is None:
            self._tell(runs_code(f"calls {callee}"))
            return UNKNOWN
        if args is not None and rule.special == "reconstructor" and self._reconstructs(args):
            return Made(args[0]) if isinstance(args[0], Global) else UNKNOWN
        if args is not None and rule.special == "typed tensor" and len(args) == 4:
            return self._typed_tensor(args)
        if args is None or not any(call.fits(args) for call in rule.calls):
            self._tell(runs_code(f"calls {callee} with what it is not given by who writes data"))
            return UNKNOWN
        if rule.special == "nested":
            self.nested.append(_octets(args[0]))
        return Made(callee, args)

    def _reconstructs(self, args: tuple[object, ...]) -> bool:
        """Tell whether ``copyreg._reconstructor`` would only make an empty instance, or a plain copy of data."""
        if len(args) != 3 or not isinstance(args[1], Global) or args[1].module not in ("builtins", "__builtin__"):
            return False
        if args[1].name == "object":
            return args[2] is None and may_be_made_bare(args[0])
        return args[1].name in ("dict", "list") and checks.data(args[2]) and may_be_made_bare(args[0])

    def _typed_tensor(self, args: tuple[object, ...]) -> object:
        """Follow ``torch._tensor._rebuild_from_type_v2``: it calls its first argument with its third."""
        func, kind, inner, state = args
        typed = checks.named("torch.Tensor", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer")(kind)
        plain = state is None or checks.a_dict(state) or isinstance(state, Row | Made)
        if not (typed and plain and checks.data(state)):
            self._tell(runs_code("calls torch._tensor._rebuild_from_type_v2 with another type than a tensor's"))
            return UNKNOWN
        return self._call(func, inner.items if isinstance(inner, Row) else None)

    def build(self) -> None:
        """Give a state to what lies below it: attributes, or whatever its ``__setstate__`` makes of it."""
        state, target = self.pop(), self.top()
        self._in_data(state)
        self.calls += 1
        if isinstance(target, Unknown):
            return
        rule = rule_of(target.by, script=self._script) if isinstance(target, Made) else None
        if not isinstance(target, Made) or rule is None or rule.state is None:
            self._tell(runs_code(f"gives a state to {_name(target)}"))
            return
        if not rule.state(state):
            self._tell(runs_code(f"gives {target.by} a state that it does not have where it is only data"))
        target.state = state
        if rule.special == "joblib":
            self._raw_array(state)

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

    def _raw_array(self, state: object) -> None:
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

    # -- reasons -------------------------------------------------------------------------------------

    def _is_loose(self, value: object) -> bool:
        if isinstance(value, Global):
            rule = rule_of(value, script=self._script)
            return rule is None or rule.function
        return isinstance(value, Row) and value.loose

    def _in_data(self, value: object) -> None:
        """Say so where a function becomes a part of the data."""
        if self._is_loose(value):
            self._tell(suspicious(f"keeps {_name(value)} to be called later"))

    def _tell(self, reason: Reason) -> None:
        if len(self.reasons) < _MOST_REASONS:
            self.reasons[reason] = None


def _octets(value: object) -> Span:
    """Return the bytes that ``checks.octets`` saw; protocols below 3 write them as a text to be encoded."""
    if isinstance(value, Blob):
        return value.span
    inner = value.args[0] if isinstance(value, Made) and value.args else b""
    if isinstance(inner, Blob):
        found = inner.span.content
        return Span(found.decode("utf-8", "surrogatepass").encode("latin-1") if inner.text else found)
    return Span(inner.encode("latin-1")) if isinstance(inner, str) else Span(b"")


def _name(value: object) -> str:
    if isinstance(value, Global):
        return str(value)
    if isinstance(value, Made):
        return f"what {value.by} made"
    if isinstance(value, Box):
        return f"a {value.kind}"
    if isinstance(value, Row):
        return "a tuple with a function in it"
    return "something that takes none"


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
