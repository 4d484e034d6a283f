from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nautiloid.containers.container import Container, ContainerError, checked_name, fresh_name
from nautiloid.containers.shelf import Shelf, now
from nautiloid.errors import UsageError


def _container(name: str, process: int | None, exit_code: int | None = None) -> Container:
    return Container(name, "nautiloid/python:latest", "bubblewrap", now(), process, exit_code, ("127.0.0.1:8080:8000",))


def _shelf(tmp_path: Path, container: Container) -> Shelf:
    shelf = Shelf(tmp_path / "state")
    shelf.reserve(container.name)
    shelf.write(container)
    return shelf


def test_what_is_written_is_found(tmp_path: Path) -> None:
    mine = _container("mine", os.getpid())
    shelf = _shelf(tmp_path, mine)
    assert shelf.find("mine") == mine
    assert shelf.all() == [mine]
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    shelf = _shelf(tmp_path, _container("mine", os.getpid()))
    with pytest.raises(ContainerError, match="There is a container mine already"):
        shelf.reserve("mine")
    shelf.remove("mine")
    shelf.reserve("mine")


def test_a_container_whose_process_is_gone_has_ended(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        shelf = _shelf(tmp_path, _container("mine", process.pid))
        assert shelf.find("mine").runs  # type: ignore[union-attr]
    assert not shelf.find("mine").runs  # type: ignore[union-attr]


def test_another_process_with_the_same_number_is_not_it(tmp_path: Path) -> None:
    shelf = _shelf(tmp_path, _container("mine", os.getpid()))
    record = tmp_path / "state/mine/container.json"
    record.write_text(record.read_text().replace('"born": ', '"born": 1'))
    assert not shelf.find("mine").runs  # type: ignore[union-attr]


@pytest.mark.parametrize("damage", [b"{", b"\xff", b"[]"])
def test_a_damaged_record_hides_no_container(tmp_path: Path, damage: bytes) -> None:
    shelf = _shelf(tmp_path, _container("mine", os.getpid()))
    (tmp_path / "state/mine/container.json").write_bytes(damage)
    (found,) = shelf.all()
    assert (found.name, found.damaged, found.process) == ("mine", True, None)
    with shelf.log_of("mine").open("ab"):
        assert shelf.find("mine").process == os.getpid()  # type: ignore[union-attr]
    shelf.remove("mine")
    assert shelf.all() == []


def test_a_name_whose_record_was_never_written_is_seen_after_a_while(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "state")
    shelf.reserve("new")
    assert shelf.all() == []
    os.utime(tmp_path / "state/new", (1, 1))
    assert shelf.all()[0].damaged


@pytest.mark.parametrize("name", ["", "-x", "../x", "a/b", "a b", "x" * 64, "\x1b[31m"])
def test_what_leads_elsewhere_is_no_name(name: str) -> None:
    with pytest.raises(UsageError):
        checked_name(name)


@pytest.mark.parametrize("image", ["nautiloid/pytorch:2", "./some dir/image.tar", "r.example.com:5000/x@sha256:1"])
def test_a_fresh_name_is_one(image: str) -> None:
    assert checked_name(fresh_name(image)) != fresh_name(image)
