"""Lock the project's own files: each by its bytes and whether it may be executed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from nautiloid.errors import UsageError, quotable
from nautiloid.factory import slim
from nautiloid.factory.definition import LocalFile
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.lockfile import LockedFile


def lock_files(loaded: LoadedDefinition) -> tuple[LockedFile, ...]:
    """Lock the project's own files, as they are now.

    Raises:
        UsageError: One that the definition names does not exist.
        OutsideError: One lies, links followed, outside of the definition's directory.
    """
    return tuple(
        locked for index, local in enumerate(loaded.definition.files) for locked in _lock_files(loaded, index, local)
    )


def _lock_files(loaded: LoadedDefinition, index: int, local: LocalFile) -> Iterator[LockedFile]:
    source = loaded.source_of(index)
    if source.is_file():
        yield _locked_file(index, source, "", local.to)
        return
    if not source.is_dir():
        raise UsageError(f"the definition's file '{local.source}' does not exist", f"It was looked for at {source}.")
    for path in sorted(source.rglob("*")):
        relative = path.relative_to(source).as_posix()
        skipped = "__pycache__" in path.parts or slim.matches(local.exclude, relative)
        if path.is_file() and not skipped:
            # A link in the project may lead anywhere on this machine.
            loaded.refuse_outside(index, path)
            yield _locked_file(index, path, relative, f"{local.to.rstrip('/')}/{relative}")


def _locked_file(index: int, path: Path, relative: str, to: str) -> LockedFile:
    data = path.read_bytes()
    try:
        return LockedFile(
            index=index,
            path=relative,
            to=to,
            mode=0o755 if path.stat().st_mode & 0o100 else 0o644,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
        )
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise UsageError(f"the file {quotable(str(path))} cannot be in an image: its name {reason}") from error
