"""Decides for each file that streams by who looks into it, and makes facts of what is seen."""

from __future__ import annotations

import re
from functools import partial

from nautiloid.buffer import Buffer
from nautiloid.elf.reader import Elf
from nautiloid.inspection.facts import Listed, Native, Record, Script, Secret, StartupHook, Unread
from nautiloid.inspection.gather import Gather
from nautiloid.inspection.layer_listing import Look
from nautiloid.inspection.native_libraries import find_libraries
from nautiloid.inspection.secrets import find_secret, may_hold_secret
from nautiloid.models.judge import judge, may_be_model
from nautiloid.models.verdict import Judgement
from nautiloid.packages.kind import PackageKind
from nautiloid.packages.kinds import KINDS
from nautiloid.packages.os_release import PATHS as OS_RELEASE

_LARGEST_RECORD = 64 << 20
_CHECKED_CALL = re.compile(rb"\0__[a-z0-9_]{2,20}_chk\0")
_HOOK = re.compile(rb"^import[ \t][^\n]*", re.MULTILINE)
_LARGEST_PTH = 1 << 16


class Examiner:
    """The onlooker of an inspection."""

    def look(self, path: str, size: int, mode: int, head: bytes) -> Look | None:  # noqa: PLR0911 - one case a line
        """Return who looks into a file; None for the many that are only counted."""
        if _is_record(path):
            return Gather(path, size, _keep)
        for kind in KINDS:
            if kind.wants(path, size):
                return Gather(path, size, partial(_list, kind))
        if head.startswith(b"\x7fELF"):
            return Gather(path, size, _read_native)
        if path.endswith(".pth") and size <= _LARGEST_PTH and b"\0" not in head:
            return Gather(path, size, _read_startup_file)
        if may_be_model(path, head, size):
            return Gather(path, size, _read_model)
        if may_hold_secret(path, size, head):
            return Gather(path, size, _read_secret)
        if head.startswith(b"#!") and mode & 0o111:
            return _Told(_script(head))
        return None


class _Told:
    """A look that needs no more than what was seen already."""

    def __init__(self, facts: object) -> None:
        self._facts = facts

    def feed(self, chunk: bytes) -> None:
        """Let the content pass."""

    def facts(self) -> object:
        """Return what was known from the start."""
        return self._facts


def _is_record(path: str) -> bool:
    return path in OS_RELEASE or any(kind.is_record(path) for kind in KINDS)


def _keep(_: str, content: Buffer) -> Record | Unread:
    return Record(bytes(content)) if len(content) <= _LARGEST_RECORD else Unread("a package record of over 64 MiB")


def _list(kind: PackageKind, path: str, content: Buffer) -> Listed:
    return Listed(tuple(kind.read(path, content)))


def _read_native(path: str, content: Buffer) -> Native:
    elf = Elf(content)
    names = elf.symbol_names
    return Native(
        machine=elf.machine,
        program=elf.program,
        shared_object=elf.shared_object,
        soname=elf.soname,
        pie=elf.pie,
        relro=elf.relro,
        canary=b"\0__stack_chk_fail\0" in names,
        fortify=_CHECKED_CALL.search(names) is not None,
        nx=elf.nx,
        clues=find_libraries(path, elf),
        modules=tuple(component for kind in KINDS for component in kind.in_native(path, elf)),
    )


def _read_startup_file(_: str, content: Buffer) -> StartupHook | None:
    match = _HOOK.search(content)
    return StartupHook(match[0].decode("utf-8", "replace")[:200]) if match else None


def _read_model(path: str, content: Buffer) -> Judgement | Secret | Script | None:
    """Judge a model; what turns out to be none may still hold a secret."""
    found = judge(path, content)
    if found is None and may_hold_secret(path, len(content), bytes(content[:4096])):
        return _read_secret(path, content)
    return found


def _read_secret(path: str, content: Buffer) -> Secret | Script | None:
    kind = find_secret(path, bytes(content))
    if kind:
        return Secret(kind)
    return _script(bytes(content[:4096])) if content[:2] == b"#!" else None


def _script(head: bytes) -> Script:
    line = head[2:].split(b"\n", 1)[0].strip()
    return Script(line[:120].decode("utf-8", "replace"))
