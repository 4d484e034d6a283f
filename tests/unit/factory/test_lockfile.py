from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from nautiloid.factory.definition import Definition
from nautiloid.factory.lockfile import Lock, LockedWheel, LockError, read_lock, write_lock


def _lock() -> Lock:
    wheel = LockedWheel(name="a", version="1", filename="a-1-py3-none-any.whl", size=3, sha256="0" * 64)
    return Lock(
        tool="nautiloid 0",
        timestamp=datetime(2026, 1, 2, tzinfo=UTC),
        definition=Definition(name="x"),
        wheels=(wheel,),
    )


def test_a_lock_survives_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "x.lock"
    write_lock(_lock(), path)
    assert read_lock(path) == _lock()
    assert read_lock(path).digest == _lock().digest
    assert [entry.name for entry in path.parent.iterdir()] == ["x.lock"]


def test_a_missing_lock_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(LockError) as caught:
        read_lock(tmp_path / "none.lock")
    assert "nautiloid lock" in caught.value.hint


@pytest.mark.parametrize("text", ["", "{}", '{"version": 2}', "[1]", "not json"])
def test_what_is_no_lock_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.lock"
    path.write_text(text)
    with pytest.raises(LockError):
        read_lock(path)


def test_a_path_cannot_hide_in_a_wheel_name() -> None:
    with pytest.raises(ValueError, match="pattern"):
        LockedWheel(name="a", version="1", filename="../a.whl", size=3, sha256="0" * 64)
