from __future__ import annotations

from pathlib import Path

import pytest

from nautiloid.errors import UsageError
from nautiloid.factory.definition_file import LoadedDefinition, load_definition
from nautiloid.factory.locked_files import lock_files


def _loaded(folder: Path) -> LoadedDefinition:
    (folder / "app").mkdir()
    (folder / "app/main.py").write_text("print(1)\n")
    (folder / "app/run.sh").write_text("#!/bin/sh\n")
    (folder / "app/run.sh").chmod(0o755)
    (folder / "app/__pycache__").mkdir()
    (folder / "app/__pycache__/main.pyc").write_bytes(b"")
    path = folder / "x.yaml"
    path.write_text("name: x\nfiles: [{from: app, to: /app, exclude: ['*.md']}]")
    (folder / "app/notes.md").write_text("no")
    return load_definition(str(path))


def test_files_are_locked_by_content_and_mode_without_what_is_excluded(tmp_path: Path) -> None:
    locked = lock_files(_loaded(tmp_path))
    assert [(file.to, oct(file.mode)) for file in locked] == [("/app/main.py", "0o644"), ("/app/run.sh", "0o755")]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("name: x\nfiles: [{from: gone, to: /gone}]")
    with pytest.raises(UsageError, match="gone"):
        lock_files(load_definition(str(tmp_path / "x.yaml")))


def test_a_name_that_commands_a_terminal_is_refused(tmp_path: Path) -> None:
    loaded = _loaded(tmp_path)
    (tmp_path / "app/a\nb.py").write_text("1\n")
    with pytest.raises(UsageError, match=r"a b\.py cannot be in an image: its name holds control characters"):
        lock_files(loaded)
