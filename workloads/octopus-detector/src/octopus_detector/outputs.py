"""Files that appear whole or not at all."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from octopus_detector.errors import DetectorError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary name beside ``path`` to write to, and rename it to ``path`` when the block succeeds.

    When the block fails or is interrupted, the temporary file goes and an older ``path`` stays as it was.

    Raises:
        DetectorError: The directory does not exist or cannot be written to.
    """
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as handle:
            temporary = Path(handle.name)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        yield temporary
        # mkstemp makes files that only their owner reads; a container's root would lock its user out.
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` as a whole."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_json(path: Path, document: Mapping[str, object]) -> None:
    """Write ``document`` to ``path`` as indented JSON."""
    write_bytes(path, (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode())


def check_writable(path: Path) -> None:
    """Find out before hours of work whether ``path`` could be written after them.

    Raises:
        DetectorError: It could not.
    """
    if path.is_dir():
        raise DetectorError(f"cannot write {path}: it is a directory", "Name a file.")
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> DetectorError:
    hint = "Mount a directory that the container's user may write to, or name another output."
    return DetectorError(f"cannot write {path}: {error.strerror or error}", hint)
