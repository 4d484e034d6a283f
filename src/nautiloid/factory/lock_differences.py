"""What a definition, or a file that it names, says differently from the lock that was made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from packaging.utils import canonicalize_name

from nautiloid.errors import quotable
from nautiloid.factory.built_wheels import is_edited
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.locked_files import lock_files
from nautiloid.factory.lockfile import Lock, LockedBuild

_FILES_NAMED = 5


def lock_differences(lock: Lock, loaded: LoadedDefinition) -> tuple[str, ...]:
    """Say what was edited since a lock was made, a line each; nothing: the lock is up to date.

    Args:
        lock: The lock.
        loaded: The definition as it is now, with where its files lie.

    Raises:
        UsageError: A file that the definition names does not exist, or lies where it may not.
    """
    was, now = lock.definition.to_data(), loaded.definition.to_data()
    return (*_edited(was, now, ""), *_edited_files(lock, loaded), *_edited_sources(lock, loaded))


def _edited(was: Any, now: Any, key: str) -> Iterator[str]:
    if was == now:
        return
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for name in sorted(was.keys() | now.keys()):
            yield from _edited(was.get(name), now.get(name), f"{key}.{name}" if key else str(name))
    elif isinstance(was, Sequence) and isinstance(now, Sequence) and not isinstance(was, str):
        gone, new = [one for one in was if one not in now], [one for one in now if one not in was]
        edited = [name for name in map(_named, gone) if name in map(_named, new)]
        told = [f"without {name}" for name in map(_named, gone) if name not in edited]
        told += [f"{name} is edited" if name in edited else f"with {name}" for name in map(_named, new)]
        yield f"{key}: {', '.join(told) or 'in another order'}"
    elif was is None or now is None:
        yield f"{key}: {'new' if was is None else 'gone'}"
    else:
        yield f"{key}: {_named(now)} instead of {_named(was)}"


def _edited_files(lock: Lock, loaded: LoadedDefinition) -> Iterator[str]:
    was = {file.to: (file.sha256, file.mode) for file in lock.files}
    now = {file.to: (file.sha256, file.mode) for file in lock_files(loaded)}
    edited = [path for path in sorted(was.keys() | now.keys()) if was.get(path) != now.get(path)]
    for path in edited[:_FILES_NAMED]:
        what = "new" if path not in was else "gone" if path not in now else "edited"
        yield f"file {quotable(path)}: {what}"
    if len(edited) > _FILES_NAMED:
        yield f"and {len(edited) - _FILES_NAMED} more files"


def _edited_sources(lock: Lock, loaded: LoadedDefinition) -> Iterator[str]:
    """Yield the sources whose entry in the definition is the same, but not what was built of them."""
    was, now = lock.definition.python, loaded.definition.python
    builds: dict[str, LockedBuild] = {canonicalize_name(build.wheel.name): build for build in lock.builds}
    for source in now.sources if now is not None else ():
        if was is None or source not in was.sources:
            continue
        build = builds.get(source.key)
        if build is None:
            yield f"source {quotable(source.name)}: not built"
        elif is_edited(source, build.source, loaded):
            yield f"source {quotable(source.name)}: edited"


def _named(value: Any) -> str:
    """Return a value of a definition, short: of a mapping, what identifies it."""
    if isinstance(value, Mapping):
        value = next((value[key] for key in ("name", "from") if key in value), "another entry")
    return quotable(str(value), 60) or "nothing"
