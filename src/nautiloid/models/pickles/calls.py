"""Names and calls of a pickle: each global is looked up in what is allowed, each call is judged and not made."""

from __future__ import annotations

from abc import ABC, abstractmethod

from nautiloid.models.limits import Budget
from nautiloid.models.pickles import checks
from nautiloid.models.pickles.allowed import may_be_made_bare, rule_of
from nautiloid.models.pickles.tape import Tape
from nautiloid.models.pickles.values import UNKNOWN, Blob, Box, Global, Made, Row, Unknown
from nautiloid.models.span import Span
from nautiloid.models.verdict import Reason, runs_code, suspicious

_MOST_REASONS = 200


class Calls(Tape, ABC):
    """Judges what a pickle names and calls.

    Args:
        content: Where the pickle is.
        at: Where in there it begins.
        budget: What reading it may cost.
        script: Whether it is a part of TorchScript.

    Attributes:
        imports: Every global that is named, in order.
        hidden: Something is named that only running it would tell.
        calls: How many calls are made.
        reasons: Why it is not safe.
        nested: Contents that allowed calls would load in turn.
    """

    def __init__(self, content: Span, at: int, budget: Budget, *, script: bool = False) -> None:
        super().__init__(content, at, budget)
        self._script = script
        self.imports: dict[Global, None] = {}
        self.hidden = False
        self.calls = 0
        self.reasons: dict[Reason, None] = {}
        self.nested: list[Span] = []

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
            self._tell(runs_code(f"gives a state to {shown(target)}"))
            return
        if not rule.state(state):
            self._tell(runs_code(f"gives {target.by} a state that it does not have where it is only data"))
        target.state = state
        if rule.special == "joblib":
            self.raw_array(state)

    @abstractmethod
    def raw_array(self, state: object) -> None:
        """Step over the bytes that joblib writes behind the opcodes that announce them."""

    # -- reasons -------------------------------------------------------------------------------------

    def _is_loose(self, value: object) -> bool:
        if isinstance(value, Global):
            rule = rule_of(value, script=self._script)
            return rule is None or rule.function
        return isinstance(value, Row) and value.loose

    def _in_data(self, value: object) -> None:
        """Say so where a function becomes a part of the data."""
        if self._is_loose(value):
            self._tell(suspicious(f"keeps {shown(value)} to be called later"))

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


def shown(value: object) -> str:
    """Return what a reader calls a value that is no plain data."""
    if isinstance(value, Global):
        return str(value)
    if isinstance(value, Made):
        return f"what {value.by} made"
    if isinstance(value, Box):
        return f"a {value.kind}"
    if isinstance(value, Row):
        return "a tuple with a function in it"
    return "something that takes none"
