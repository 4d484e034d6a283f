from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from nautiloid.errors import UsageError
from nautiloid.factory.definition_file import LoadedDefinition, load_definition
from nautiloid.factory.locked_files import lock_files
from nautiloid.factory.locker import check_fits
from nautiloid.factory.lockfile import Lock, LockError


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


def _lock(loaded: LoadedDefinition) -> Lock:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    return Lock(tool="nautiloid 0", timestamp=moment, definition=loaded.definition, files=lock_files(loaded))


def test_files_are_locked_by_content_and_mode_without_what_is_excluded(tmp_path: Path) -> None:
    locked = lock_files(_loaded(tmp_path))
    assert [(file.to, oct(file.mode)) for file in locked] == [("/app/main.py", "0o644"), ("/app/run.sh", "0o755")]


def test_a_lock_fits_until_something_is_edited(tmp_path: Path) -> None:
    loaded = _loaded(tmp_path)
    lock = _lock(loaded)
    check_fits(lock, loaded, tmp_path)
    (tmp_path / "app/main.py").write_text("print(2)\n")
    with pytest.raises(LockError, match="edited"):
        check_fits(lock, loaded, tmp_path)
    (tmp_path / "x.yaml").write_text("name: x\nsummary: other\n")
    with pytest.raises(LockError, match="another version"):
        check_fits(lock, load_definition(str(tmp_path / "x.yaml")), tmp_path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("name: x\nfiles: [{from: gone, to: /gone}]")
    with pytest.raises(UsageError, match="gone"):
        lock_files(load_definition(str(tmp_path / "x.yaml")))
