"""Distributions that come as source: where each lies, and what its build may use.

Building runs code of theirs, so nothing is built that a definition does not name, and nothing on the host: see
``sourcing``, which does it in a hardened container.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated
from urllib.parse import urlsplit

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from nautiloid.factory.wholesome import DistributionName, PathBelow, Printed, has_control_characters

_REMOTE = {"https", "ssh"}
# As if the user's own; and what makes a build the same every time is not for a definition to undo.
_OURS = {"PATH", "HOME", "SOURCE_DATE_EPOCH", "PYTHONHASHSEED", "LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHONPATH"}


def _git_url(url: str) -> str:
    parts = urlsplit(url)
    if has_control_characters(url) or parts.scheme not in _REMOTE or not parts.hostname:
        raise ValueError("is no https or ssh address of a git repository")
    if parts.path.strip("/") == "" or parts.port == 0:  # asking for the port also refuses one that is no number
        raise ValueError("names no repository")
    if parts.password or (parts.username and parts.scheme == "https"):
        raise ValueError("holds credentials: git has its own ways to know who you are")
    if parts.query or parts.fragment:
        raise ValueError("has a query or fragment: name the commit under 'ref', and the directory under 'subdirectory'")
    return url


def _versions(text: str) -> str:
    try:
        return str(SpecifierSet(text))
    except InvalidSpecifier as error:
        raise ValueError("is no version specifier, such as ==1.4 (PEP 440)") from error


GitUrl = Annotated[str, AfterValidator(_git_url)]
"""Where a git repository is, without credentials."""

GitRef = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/+-]*$")]
"""A branch, a tag or a commit; never an option."""

Reason = Annotated[Printed, StringConstraints(min_length=3)]


class PackageSource(BaseModel):
    """A distribution that is built from source. Without ``git`` and ``path`` it is the index's source distribution.

    Attributes:
        name: Of the distribution.
        git: A repository.
        ref: Its branch, tag or commit; the lock has the commit.
        path: A directory below the definition's.
        version: Of the index's source distributions, those that will do.
        subdirectory: Where the project lies in what was fetched.
        packages: Debian packages for building it, such as ``build-essential``; they do not enter the image.
        env: Variables for its build.
        network: Why its build may use the network; none: it may not.
    """

    name: DistributionName
    git: GitUrl | None = None
    ref: GitRef = "HEAD"
    path: PathBelow | None = None
    version: Annotated[str, AfterValidator(_versions)] = ""
    subdirectory: PathBelow = ""
    packages: tuple[Printed, ...] = ()
    env: Mapping[str, Printed] = Field(default_factory=dict)
    network: Reason | None = None

    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    def key(self) -> str:
        """The distribution's name in its canonical spelling (PEP 503)."""
        return canonicalize_name(self.name)

    @field_validator("env")
    @classmethod
    def _variables(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for name in value:
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or name in _OURS:
                raise ValueError(f"'{name}' is no variable that a build may be given")
        return value

    @model_validator(mode="after")
    def _one_place(self) -> PackageSource:
        if self.git is not None and self.path is not None:
            raise ValueError("name one place: 'git' or 'path'")
        if self.git is None and self.ref != "HEAD":
            raise ValueError("'ref' needs 'git'")
        if self.version and (self.git is not None or self.path is not None):
            raise ValueError("'version' chooses among the index's source distributions: leave 'git' and 'path' away")
        return self


def check_sources(sources: Sequence[PackageSource]) -> tuple[PackageSource, ...]:
    """Return the sources of one definition.

    Raises:
        ValueError: Two are of one distribution.
    """
    names = [source.key for source in sources]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two sources are called {', '.join(twice)}")
    return tuple(sources)
