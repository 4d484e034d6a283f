"""Reading a file that a person named: a pipe or a device would block for ever, and a file may have any size."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from nautiloid.errors import UsageError


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading.

    Raises:
        UsageError: It is a pipe, a socket or a device.
        OSError: It cannot be opened: there is none, or it may not be read, or is a directory.
    """
    # Without O_NONBLOCK, opening a pipe waits for somebody who writes.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        raise UsageError(f"{path} is a pipe, a socket or a device, not a file.", "Write it into a file first.")
    return os.fdopen(handle, "rb")


def read_regular(path: Path, limit: int) -> bytes:
    """Return the content of a file of at most ``limit`` bytes.

    Raises:
        UsageError: It is larger, or no file at all.
        OSError: It cannot be read.
    """
    with open_regular(path) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise UsageError(f"{path} is larger than {limit >> 20} MiB, which no such file is.", "Name another file.")
    return content
