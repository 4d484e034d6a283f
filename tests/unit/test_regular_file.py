"""Files that a person names, and what is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nautiloid.errors import UsageError
from nautiloid.regular_file import open_regular, read_regular


def test_a_pipe_or_a_device_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(UsageError, match="not a file"):
            open_regular(path)


def test_a_file_has_a_largest_size(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"octopus")
    assert read_regular(file, 7) == b"octopus"
    with pytest.raises(UsageError, match="larger"):
        read_regular(file, 6)


def test_what_is_not_there_or_a_directory_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "none")
    with pytest.raises(IsADirectoryError):
        open_regular(tmp_path)
