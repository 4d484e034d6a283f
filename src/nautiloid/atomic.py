"""Write a file, all of it or nothing: under a temporary name in the same directory, then renamed.

Whatever happens on the way (an error, a full disk, an interrupt), the file holds what it held before, and nothing is
left beside it. The one place where files that somebody may be reading are replaced.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

PUBLIC = 0o644
"""Mode of what is written: temporary files are made for their owner alone, and a result is for whoever may enter."""


@contextmanager
def atomic_path(path: Path, *, mode: int = PUBLIC, replace: bool = True) -> Iterator[Path]:
    """Lend the name of a new, empty file that takes the place of ``path`` when the block ends well.

    Args:
        path: The file; its directory is made.
        mode: Permission bits of the result.
        replace: Whether a file that is there gives way.

    Raises:
        FileExistsError: It must not, and there is one, even one that was made this very moment.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(mode)
        if replace:
            temporary.replace(path)
        else:
            os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_file(path: Path, *, mode: int = PUBLIC, replace: bool = True) -> Iterator[BinaryIO]:
    """Lend a file to write bytes into; see ``atomic_path``."""
    with atomic_path(path, mode=mode, replace=replace) as temporary, temporary.open("wb") as file:
        yield file
        file.flush()


def write_text(path: Path, text: str, *, replace: bool = True) -> None:
    """Write a text as UTF-8; surrogates, which names in images may hold, become backslash escapes."""
    with atomic_file(path, replace=replace) as file:
        file.write(text.encode("utf-8", "backslashreplace"))
