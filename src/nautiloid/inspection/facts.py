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
    """Components that a file of its own lists or holds: an rpm database, a jar, a package.json.

    Attributes:
        unread: Why there may be more of them than were found; empty where there are not.
    """

    components: tuple[Component, ...]
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Secret:
    """Something that looks like a secret.

    Attributes:
        kind: In words.
        shown: How it begins and how long it is; the secret itself is never kept. Empty for one without a value.
        line: Of the text, counted from 1.
    """

    kind: str
    shown: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class StartupHook:
    """Something that a program loads or runs at each start, whatever it was started for.

    Attributes:
        rule: Which kind it is, as findings name it.
        what: What it says, or what it is, in a few words.
    """

    rule: str
    what: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that ought to have been read and could not be.

    Attributes:
        reason: Why, in a few words.
    """

    reason: str
