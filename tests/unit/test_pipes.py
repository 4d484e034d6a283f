"""A pipe in place of a file that somebody names: an error in one sentence, never a wait without an end."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nautiloid.containers.shelf import Shelf
from nautiloid.errors import NautiloidError, UsageError
from nautiloid.evidence.file import read_evidence
from nautiloid.factory.lockfile import read_lock
from nautiloid.project.facts import Notebook
from nautiloid.project.requirements import read_requirements
from nautiloid.registry.credentials import find_credentials
from nautiloid.subjects.reading import subject_of_file
from nautiloid.vulns.database.files import import_file
from nautiloid.vulns.ignoring import read_ignored
from nautiloid.workflows.user_files import read_file

READERS: dict[str, Callable[[Path], object]] = {
    "a lock": read_lock,
    "evidence": read_evidence,
    "VEX": read_file,
    "an ignore file": read_ignored,
    "an SBOM": subject_of_file,
    "advisories": lambda path: import_file(path.parent / "advisories.db", path),
    "requirements": lambda path: read_requirements(path, path.parent, Notebook()),
}


@pytest.mark.timeout(10)
@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_a_pipe_is_refused(read: Callable[[Path], object], tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(NautiloidError, match=r"pipe|regular file"):
        read(pipe)


@pytest.mark.timeout(10)
def test_a_pipe_among_credentials_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "auth.json")
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "auth.json"))
    with pytest.raises(NautiloidError, match="pipe"):
        find_credentials("example.org")


@pytest.mark.timeout(10)
def test_a_pipe_in_place_of_a_container_record_is_a_damaged_one(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    os.mkfifo(tmp_path / "one" / "container.json")
    assert [(one.name, one.damaged) for one in Shelf(tmp_path).all()] == [("one", True)]


def test_a_lock_that_names_something_twice_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "nautiloid.lock"
    lock.write_text('{"version": 1, "version": 1}')
    with pytest.raises(UsageError, match="twice"):
        read_lock(lock)


@pytest.mark.parametrize("read", [read_lock, read_evidence, subject_of_file])
def test_what_nests_without_end_is_refused(read: Callable[[Path], object], tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text('{"a":' * 100_000)
    with pytest.raises(UsageError, match="nested"):
        read(path)
