"""Types of Python and its library."""

from __future__ import annotations

from nautiloid.models.pickles import checks
from nautiloid.models.pickles.checks import Call
from nautiloid.models.pickles.rules.rule import Rule, Rules

BUILTINS = ("builtins", "__builtin__")
PLAIN_TYPES = ("dict", "list", "tuple", "set", "frozenset", "int", "float", "str", "bytes", "bytearray", "complex",
               "bool", "slice", "range", "object")  # fmt: skip


def python_rules() -> Rules:
    """Yield what may be done with types of Python and its library.

    Sources: CPython's ``copyreg`` and ``_compat_pickle``, and the ``__reduce__`` methods of the types.
    """
    for builtins in BUILTINS:
        yield from (((builtins, name), Rule()) for name in PLAIN_TYPES)
    listed = Call((checks.a_list,), 1)
    for module in BUILTINS:
        for name in ("list", "tuple", "set", "frozenset"):
            yield (module, name), Rule((listed,), holds="list" if name == "list" else "set" if name == "set" else "")
        yield (module, "dict"), Rule((Call(),), holds="dict")
        yield (module, "bytearray"), Rule((Call((checks.octets,), 1), Call((checks.text, checks.latin))))
        yield (module, "bytes"), Rule((Call(), Call((checks.octets,)), listed))
        yield (module, "complex"), Rule((Call((checks.number, checks.number)),))
        yield (module, "slice"), Rule((Call((checks.data,) * 3),))
        for name in ("range", "xrange"):
            yield (module, name), Rule((Call((checks.whole,) * 3),))
        for name in ("int", "float", "bool"):
            yield (module, name), Rule((Call((checks.number,), 1),))
        yield (module, "object"), Rule((Call(),))
    yield ("collections", "OrderedDict"), Rule((listed,), checks.a_dict, "dict")
    # What a missing key makes: only a type that makes nothing but data.
    factory = checks.named(*(f"{module}.{name}" for module in BUILTINS for name in PLAIN_TYPES))
    yield ("collections", "defaultdict"), Rule((Call((checks.optional(factory),), 1),), holds="dict")
    yield ("collections", "Counter"), Rule((Call((checks.a_dict,), 1),), holds="dict")
    yield ("collections", "deque"), Rule((Call((checks.a_list, checks.optional(checks.whole)), 2),), holds="list")
    yield ("_codecs", "encode"), Rule((Call((checks.text, checks.latin)),), function=True)
    for name in ("datetime", "date", "time", "timedelta"):
        moment = Call((checks.either(checks.octets_or_text, checks.whole), *(checks.data,) * 7), 7)
        yield ("datetime", name), Rule((moment,))
    yield ("datetime", "timezone"), Rule((Call((checks.made_by("timedelta"), checks.text), 1),))
    for module in ("copyreg", "copy_reg"):
        yield (module, "_reconstructor"), Rule(function=True, special="reconstructor")
    for module in ("pathlib", "pathlib._local"):
        for name in ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath", "Path"):
            yield (module, name), Rule(tuple(Call((checks.text,) * count) for count in range(16)))
    yield ("decimal", "Decimal"), Rule((Call((checks.text,)),))
    yield ("fractions", "Fraction"), Rule((Call((checks.either(checks.text, checks.whole), checks.whole), 1),))
