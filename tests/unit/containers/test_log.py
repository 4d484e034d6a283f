from __future__ import annotations

import os
from pathlib import Path

from nautiloid.containers.log import LogWriter, older, read_log


def _write(path: Path, texts: list[bytes], most: int) -> None:
    log = LogWriter(path, most=most)
    for text in texts:
        os.write(log.descriptor, text)
    log.close()


def test_what_is_written_is_read(tmp_path: Path) -> None:
    _write(tmp_path / "log", [b"octopus\n", b"\xff\x00whale\n"], most=100)
    assert b"".join(read_log(tmp_path / "log", lambda: False)) == b"octopus\n\xff\x00whale\n"


def test_a_log_has_two_files_of_limited_size_and_keeps_the_end(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = LogWriter(path, most=4096)
    for number in range(2000):
        os.write(log.descriptor, b"%08d\n" % number)
    log.close()
    assert path.stat().st_size + older(path).stat().st_size <= 2 * 4096
    read = b"".join(read_log(path, lambda: False))
    assert read.endswith(b"%08d\n" % 1999)
    assert len(read) < 2000 * 9


def test_a_full_disk_holds_up_no_program() -> None:
    log = LogWriter(Path("/dev/full"), most=1 << 30)
    for _ in range(64):
        os.write(log.descriptor, bytes(1 << 14))  # a pipe holds 64 kB: this would wait for ever
    log.close()


def test_following_ends_when_the_container_does(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\n")
    alive = [True]
    reading = read_log(path, lambda: alive[0])
    assert next(reading) == b"one\n"
    with path.open("ab") as more:
        more.write(b"two\n")
    assert next(reading) == b"two\n"
    alive[0] = False
    assert list(reading) == []
