"""What the content of one file told: small values that stay when the file has streamed by."""

from __future__ import annotations

from dataclasses import dataclass

from nautiloid.inspection.native_libraries import Clue
from nautiloid.packages.component import Component


@dataclass(frozen=True, slots=True)
class Record:
    """A package manager's own record, kept whole until all layers are read."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Script:
    """A text that begins with ``#!``.

    Attributes:
        interpreter: What it names, such as ``/usr/bin/env bash``.
    """

    interpreter: str


@dataclass(frozen=True, slots=True)
class Native:
    """An ELF file.

    Attributes:
        relro: ``full``, ``partial`` or ``none``.
        clues: Libraries that seem to be inside.
        modules: Go modules that were linked in.
    """

    machine: str
    program: bool
    shared_object: bool
    soname: str
    pie: bool
    relro: str
    canary: bool
    fortify: bool
    nx: bool
    clues: tuple[Clue, ...] = ()
    modules: tuple[Component, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """Components that a file of its own lists or holds: an rpm database, a jar, a package.json."""

    components: tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class Secret:
    """Something that looks like a secret.

    Attributes:
        kind: In words; the secret itself is never kept.
    """

    kind: str


@dataclass(frozen=True, slots=True)
class StartupHook:
    """A ``.pth`` file with code that Python runs at each start."""

    line: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that ought to have been read and could not be.

    Attributes:
        reason: Why, in a few words.
    """

    reason: str
