"""Every reader of strangers' bytes reads its kept corpus, and what fuzzing makes of it for a moment, without a fault.

The corpus holds a small file of each kind, and what once made a reader fail.
"""

from __future__ import annotations

import importlib.util
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fuzz.readers import READERS, expected, read

CORPUS = Path(__file__).parent / "corpus"
PATIENCE = 20  # seconds of work for one small input
CHANGES = 12


def _inputs(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]


@pytest.mark.parametrize("name", READERS)
def test_the_kept_corpus_is_read_or_refused(name: str) -> None:
    for data in _inputs(name):
        began = time.thread_time()
        read(name, data)
        assert time.thread_time() - began < PATIENCE


@pytest.mark.parametrize("name", READERS)
def test_one_kept_file_of_each_kind_is_accepted(name: str) -> None:
    accepted = 0
    for data in _inputs(name):
        try:
            READERS[name](data)
        except expected(name):
            continue
        accepted += 1
    assert accepted


@pytest.mark.parametrize("name", READERS)
def test_damaged_files_are_read_or_refused(name: str) -> None:
    chance = random.Random(name)
    for data in _inputs(name):
        for _ in range(CHANGES if len(data) < 4096 else 4):
            at = chance.randrange(len(data) + 1)
            cut = chance.choice((0, 1, chance.randrange(64)))
            put = chance.choice((b"", b"\0", b"\xff", b"9" * 30, b"\n", chance.randbytes(4), data[:64]))
            read(name, data[:at] + put + data[at + cut :])


def test_the_corpus_belongs_to_readers() -> None:
    assert {path.name for path in CORPUS.iterdir()} == set(READERS)


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed")
def test_fuzzing_finds_nothing_in_a_moment(tmp_path: Path) -> None:
    """One process, all readers by turns: how long it goes on is set by NAUTILOID_FUZZ_SECONDS."""

    done = subprocess.run(
        [
            sys.executable,
            str(CORPUS.parent / "fuzz.py"),
            "all",
            f"-max_total_time={os.environ.get('NAUTILOID_FUZZ_SECONDS', '3')}",
            "-max_len=4096",
            f"-artifact_prefix={tmp_path}/",
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr[-4000:]
