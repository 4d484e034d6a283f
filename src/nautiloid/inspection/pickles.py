"""What a pickle would import and call, found by reading its opcodes; nothing is ever loaded.

Sources: Python's ``pickletools`` (the opcodes) and PyTorch's ``torch/_weights_only_unpickler.py`` (what its
``weights_only`` allows). A pickle is a program: whatever callable it names, ``REDUCE`` may call.
"""

from __future__ import annotations

import pickletools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_MOST_OPCODES = 5_000_000
_CALLS = frozenset({"REDUCE", "BUILD", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX"})

DANGEROUS_MODULES = frozenset(
    [
        "os",
        "posix",
        "nt",
        "subprocess",
        "sys",
        "socket",
        "shutil",
        "importlib",
        "runpy",
        "pty",
        "ctypes",
        "commands",
        "webbrowser",
        "asyncio",
        "multiprocessing",
        "pickle",
        "dill",
        "cloudpickle",
        "code",
        "codeop",
        "bdb",
        "pdb",
        "timeit",
        "trace",
        "tempfile",
        "platform",
        "signal",
        "threading",
        "_thread",
        "pip",
        "http",
        "urllib",
        "requests",
        "httpx",
        "smtplib",
        "ftplib",
        "telnetlib",
    ]
)
DANGEROUS_NAMES = frozenset(
    f"{module}.{name}"
    for module in ("builtins", "__builtin__")
    for name in (
        "eval",
        "exec",
        "execfile",
        "compile",
        "__import__",
        "open",
        "getattr",
        "setattr",
        "input",
        "breakpoint",
    )
) | {"operator.attrgetter", "operator.methodcaller", "functools.partial", "torch.hub.load", "torch.load", "numpy.load"}
_SAFE_PREFIXES = ("torch._utils._rebuild", "torch.storage.", "torch.serialization._get_layout")
_SAFE = frozenset(
    [
        "collections.OrderedDict",
        "collections.defaultdict",
        "collections.Counter",
        "collections.deque",
        "_codecs.encode",
        "builtins.set",
        "builtins.frozenset",
        "builtins.dict",
        "builtins.list",
        "builtins.tuple",
        "builtins.int",
        "builtins.float",
        "builtins.str",
        "builtins.bytes",
        "builtins.bytearray",
        "builtins.complex",
        "builtins.bool",
        "builtins.slice",
        "builtins.range",
        "__builtin__.set",
        "__builtin__.frozenset",
        "__builtin__.bytearray",
        "datetime.datetime",
        "datetime.date",
        "datetime.timedelta",
        "copyreg._reconstructor",
        "copy_reg._reconstructor",
        "builtins.object",
        "__builtin__.object",
        "pathlib.PosixPath",
        "numpy.core.multiarray._reconstruct",
        "numpy.core.multiarray.scalar",
        "numpy._core.multiarray._reconstruct",
        "numpy._core.multiarray.scalar",
        "numpy.core.numeric._frombuffer",
        "numpy._core.numeric._frombuffer",
        "numpy.ndarray",
        "numpy.dtype",
        "torch.Size",
        "torch.device",
        "torch.Tensor",
        "torch.nn.parameter.Parameter",
        "torch.dtype",
        "torch.Generator",
    ]
)


@dataclass(frozen=True, slots=True)
class PickleFacts:
    """What a pickle does.

    Attributes:
        imports: What it imports, ``module.name``, sorted.
        calls: Whether it calls anything.
        complete: Whether it was read to its end.
    """

    imports: tuple[str, ...]
    calls: bool
    complete: bool

    @property
    def verdict(self) -> str:
        """``data``, ``safe globals``, ``unknown globals`` or ``dangerous``."""
        if any(is_dangerous(name) for name in self.imports):
            return "dangerous"
        if not all(is_safe(name) for name in self.imports):
            return "unknown globals"
        if not self.complete:
            return "unknown globals"
        return "safe globals" if self.imports else "data"


def is_dangerous(name: str) -> bool:
    """Tell whether a global can run commands, reach the network or evaluate code."""
    return name in DANGEROUS_NAMES or name.partition(".")[0] in DANGEROUS_MODULES


def is_safe(name: str) -> bool:
    """Tell whether a global only makes data: what PyTorch's weights-only loader or NumPy's arrays need."""
    if name in _SAFE or name.startswith(_SAFE_PREFIXES):
        return True
    module, _, last = name.rpartition(".")
    return module == "torch" and (
        last.endswith("Storage") or last.startswith(("float", "int", "uint", "bfloat", "bool"))
    )


def looks_like_pickle(head: bytes) -> bool:
    """Tell whether a file begins as a pickle of protocol 2 or later does."""
    return len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5


def read_pickle(stream: BinaryIO) -> PickleFacts:
    """Follow the opcodes of one pickle, to its end or to where it stops making sense.

    Joblib puts raw arrays between the opcodes, and a hostile file may end in garbage; what was found until there
    stands.
    """
    imports: set[str] = set()
    calls = False
    try:
        for name, imported in _walk(stream):
            calls = calls or name in _CALLS
            if imported:
                imports.add(imported)
            if name == "STOP":
                return PickleFacts(tuple(sorted(imports)), calls, True)
    except (ValueError, EOFError, OverflowError, UnicodeDecodeError, IndexError, KeyError, MemoryError):
        pass
    return PickleFacts(tuple(sorted(imports)), calls, False)


def _walk(stream: BinaryIO) -> Iterator[tuple[str, str]]:
    """Yield each opcode's name, with what it imports.

    STACK_GLOBAL takes the two strings that were pushed last; they may come through the memo, so that is followed too.
    """
    strings: list[str] = []
    memo: dict[int, str] = {}
    for count, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
        if count > _MOST_OPCODES:
            return
        imported = ""
        name = opcode.name
        if name in ("GLOBAL", "INST"):
            imported = str(argument).replace(" ", ".", 1)
        elif name == "STACK_GLOBAL":
            imported = ".".join(strings[-2:]) if len(strings) >= 2 else "?"
        elif (isinstance(argument, str) and "UNICODE" in name) or name in ("STRING", "BINSTRING", "SHORT_BINSTRING"):
            strings.append(str(argument))
        elif name in ("PUT", "BINPUT", "LONG_BINPUT") and strings:
            memo[int(str(argument))] = strings[-1]
        elif name == "MEMOIZE" and strings:
            memo[len(memo)] = strings[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            strings.append(memo.get(int(str(argument)), "?"))
        elif name in ("EXT1", "EXT2", "EXT4"):
            imported = f"copyreg.extension_{argument}"
        del strings[:-64]
        yield name, imported
