r"""Read what strace(1) wrote: one line a system call that takes a path, strings in hexadecimal (``-xx``).

    22164 openat(AT_FDCWD<\x2f\x74\x6d\x70>, "\x61", O_RDONLY|O_CLOEXEC) = 3<\x2f...>

A call that another process interrupts is written in two halves (``<unfinished ...>``, ``<... openat resumed>``). Only
what follows the start of the container's own program counts: before it, the engine sets the container up.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

_CALL = re.compile(r"(?P<pid>\d+)\s+(?P<name>[a-z0-9_]+)\((?P<arguments>.*)")
_RESUMED = re.compile(r"(?P<pid>\d+)\s+<\.\.\. (?P<name>[a-z0-9_]+) resumed>(?P<rest>.*)")
_UNFINISHED = " <unfinished ...>"
_RESULT = re.compile(r"\)\s+=\s+(?P<value>-?\d+|\?)(?P<more>.*)$")
_STRING = re.compile(r'"(?P<hex>(?:\\x[0-9a-f]{2})*)"')
_OPENED = re.compile(r"<(?P<hex>(?:\\x[0-9a-f]{2})+)>")
_DIRECTORY = re.compile(r"(?:AT_FDCWD|\d+)<(?P<hex>(?:\\x[0-9a-f]{2})*)>")


class UseKind(StrEnum):
    """How a file was used."""

    OPEN = "open"
    EXEC = "exec"
    LOOK = "look"


@dataclass(frozen=True)
class Use:
    """One use of one path, absolute: as the program named it, and where links led it elsewhere, that too."""

    path: str
    kind: UseKind


def read_uses(lines: Iterable[str], program: str) -> Iterator[Use]:
    """Yield each successful use of a path, from the start of the program on.

    Args:
        lines: What strace wrote with ``-f -xx -y -e trace=%file``.
        program: Absolute path of what the container starts.
    """
    started = False
    homes: dict[str, str] = {}
    for pid, name, arguments, result in _calls(lines):
        if result is None:
            continue
        path = _path(name, arguments, homes.get(pid, "/"))
        if path is None:
            continue
        if name == "chdir":
            homes[pid] = path
        started = started or (name == "execve" and path == program)
        if started:
            yield Use(path, _kind(name))
            # The kernel's own word for what was opened: links that the program made itself are in no image.
            opened = _OPENED.match(result) if _kind(name) is UseKind.OPEN else None
            if opened is not None and (real := _decoded(opened["hex"])) != path and real.startswith("/"):
                yield Use(real, UseKind.OPEN)


def _calls(lines: Iterable[str]) -> Iterator[tuple[str, str, str, str | None]]:
    """Yield process, name, arguments and what stands behind the result; None for a call that failed."""
    halves: dict[str, tuple[str, str]] = {}
    for line in lines:
        text = line.rstrip("\n")
        if resumed := _RESUMED.match(text):
            name, arguments = halves.pop(resumed["pid"], (resumed["name"], ""))
            pid, text = resumed["pid"], arguments + resumed["rest"]
        elif call := _CALL.match(text):
            pid, name, text = call["pid"], call["name"], call["arguments"]
            if text.endswith(_UNFINISHED):
                halves[pid] = (name, text.removesuffix(_UNFINISHED))
                continue
        else:
            continue
        result = _RESULT.search(text)
        if result is not None:
            yield pid, name, text[: result.start()], result["more"] if result["value"].isdigit() else None


def _path(name: str, arguments: str, home: str) -> str | None:
    """Return the absolute path of a call's first path argument."""
    directory = _DIRECTORY.match(arguments)
    string = _STRING.search(arguments, directory.end() if directory else 0)
    if string is None:
        return None
    path = _decoded(string["hex"])
    base = _decoded(directory["hex"]) if directory else home
    if not path and name not in ("newfstatat", "statx", "readlinkat"):
        return None
    joined = posixpath.normpath(posixpath.join(base, path))
    return joined if joined.startswith("/") else None


def _decoded(text: str) -> str:
    return bytes.fromhex(text.replace("\\x", "")).decode("utf-8", "surrogateescape")


def _kind(name: str) -> UseKind:
    if name.startswith("execve"):
        return UseKind.EXEC
    return UseKind.OPEN if name.startswith(("open", "creat")) else UseKind.LOOK
