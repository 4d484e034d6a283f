"""Decides for each file that streams by who looks into it, and makes facts of what is seen."""

from __future__ import annotations

from functools import partial
from typing import Protocol

from nautiloid.buffer import Buffer
from nautiloid.inspection.facts import Script, StartupHook
from nautiloid.inspection.gather import Gather
from nautiloid.inspection.keeping import Keeping
from nautiloid.inspection.layer_listing import Look
from nautiloid.inspection.native_files import read_native
from nautiloid.inspection.secrets.search import SecretSearch, is_text
from nautiloid.inspection.startup_hooks import may_be_hook, read_hook, stands_in_site
from nautiloid.models.judge import judge, may_be_model
from nautiloid.packages.kinds import KINDS
from nautiloid.packages.os_release import PATHS as OS_RELEASE


class Examiner:
    """The onlooker of an inspection: one for all its layers, as they share a keeping."""

    def __init__(self) -> None:
        self._keeping = Keeping()

    def look(self, path: str, size: int, mode: int, head: bytes) -> Look | None:
        """Return who looks into a file; None for the many that are only counted."""
        parts = [
            part for part in (_part(path, size, mode, head, self._keeping), _hook(path, size, head)) if part is not None
        ]
        search = SecretSearch(path) if is_text(head) else None
        return _Examination(parts, search) if parts or search else None


class _Part(Protocol):
    """Somebody who makes one fact of a file."""

    def feed(self, chunk: bytes) -> None: ...

    def facts(self) -> object: ...


class _Examination:
    """Shows a file to several at once."""

    def __init__(self, parts: list[_Part], search: SecretSearch | None) -> None:
        self._parts, self._search = parts, search
        self._hooks: tuple[object, ...] = ()

    def feed(self, chunk: bytes) -> None:
        """Let the next bytes be seen."""
        for part in self._parts:
            part.feed(chunk)
        if self._search is not None:
            self._search.feed(chunk)

    def facts(self) -> object:
        """Return what the first who has something to say makes of the file."""
        told = [part.facts() for part in self._parts]
        self._hooks = tuple(one for one in told if isinstance(one, StartupHook))
        return next((one for one in told if one is not None and not isinstance(one, StartupHook)), None)

    def traces(self) -> tuple[object, ...]:
        """Return start-up hooks, secrets, and that not all of it was searched for those."""
        if self._search is None:
            return self._hooks
        found, unread = self._search.found(), self._search.unread()
        return (*self._hooks, *found, *((unread,) if unread is not None else ()))


def _part(path: str, size: int, mode: int, head: bytes, keeping: Keeping) -> _Part | None:
    if _is_record(path):
        return Gather(path, size, keeping.keep)
    for kind in KINDS:
        if kind.wants(path, size):
            return Gather(path, size, partial(keeping.list, kind))
    if head.startswith(b"\x7fELF"):
        return Gather(path, size, read_native)
    if may_be_model(path, head, size):
        return Gather(path, size, _judge)
    if head.startswith(b"#!") and mode & 0o111:
        return _Told(_script(head))
    return None


def _hook(path: str, size: int, head: bytes) -> _Part | None:
    """Return who looks for what runs at each start; a checkpoint of the same suffix is only one where none is read."""
    if not may_be_hook(path) or (path.endswith(".pth") and not stands_in_site(path) and may_be_model(path, head, size)):
        return None
    return Gather(path, size, read_hook)


class _Told:
    """A fact that was known before the content passed."""

    def __init__(self, facts: object) -> None:
        self._facts = facts

    def feed(self, chunk: bytes) -> None:
        """Let the content pass."""

    def facts(self) -> object:
        """Return what was known from the start."""
        return self._facts


def _is_record(path: str) -> bool:
    return path in OS_RELEASE or any(kind.is_record(path) for kind in KINDS)


def _judge(path: str, content: Buffer) -> object:
    """Judge a model; what turns out to be none may still be a program."""
    return judge(path, content) or (_script(bytes(content[:4096])) if content[:2] == b"#!" else None)


def _script(head: bytes) -> Script:
    line = head[2:].split(b"\n", 1)[0].strip()
    return Script(line[:120].decode("utf-8", "replace"))
