"""What the sources of knowledge say, and where they say it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from nautiloid.errors import UsageError
from nautiloid.programs import without_credentials

T = TypeVar("T")

_GIT = ("git+https://", "git+ssh://")


class ProjectError(UsageError):
    """A file of the project cannot be read, so that nothing sound can be said about it."""


@dataclass(frozen=True)
class Said(Generic[T]):
    """A value and its origin, such as ``Dockerfile:3``."""

    value: T
    origin: str


@dataclass(frozen=True)
class Note:
    """Something for a person to look at: where it stands, and what about it."""

    origin: str
    message: str


@dataclass
class Notebook:
    """Collects notes in the order in which they come up, each once."""

    notes: list[Note] = field(default_factory=list)

    def add(self, origin: str, message: str) -> None:
        """Note something, unless it is noted already; what a project's URLs say of passwords is left out."""
        note = Note(origin, without_credentials(" ".join(message.split())))
        if note not in self.notes:
            self.notes.append(note)


@dataclass(frozen=True)
class Wanted:
    """A distribution that the project wants.

    Attributes:
        requirement: With its extras, versions and marker.
        origin: Where it is asked for.
        locked: A lock file chose the version.
        reference: The repository (``git+https://...``) or directory of the project (``file:libs/foo``) that it comes
            from; empty: an index.
        index: The address of the index that alone can have it, where a file says so; None: any.
    """

    requirement: Requirement
    origin: str
    locked: bool = False
    reference: str = ""
    index: Said[str] | None = None

    @property
    def name(self) -> str:
        """The distribution's name in its canonical spelling (PEP 503)."""
        return canonicalize_name(self.requirement.name)


def read_requirement(text: str, origin: str, notebook: Notebook) -> Wanted | None:
    """Read one PEP 508 requirement; what cannot go into a definition is noted.

    Args:
        text: Such as ``torch>=2; sys_platform == "linux"``.
        origin: Where it stands.
        notebook: Hears of what is not supported.
    """
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        notebook.add(origin, f"not understood: {text}")
        return None
    if requirement.url and requirement.url.startswith(_GIT):
        url, requirement.url = requirement.url, None
        return Wanted(requirement, origin, reference=url)
    if requirement.url:
        notebook.add(origin, f"not from an index, see python.sources: {text}")
        return None
    return Wanted(requirement, origin)
