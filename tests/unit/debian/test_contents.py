"""Which packages bring a library is read from the archive's signed lists of files, once."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautiloid.debian.archive import Pocket, fetch_release
from nautiloid.debian.contents import Libraries, library_packages, read_libraries
from nautiloid.debian.release import Keyring, Release
from nautiloid.errors import IntegrityError
from nautiloid.net.fetch import Fetcher, FetchError
from nautiloid.net.store import Store
from nautiloid.progress import SILENT

TRIPLET = "x86_64-linux-gnu"
POCKET = Pocket("debian", "bookworm")
LISTED = b"""\
bin/bash                                                shells/bash
lib/x86_64-linux-gnu/libz.so.1                          libs/zlib1g
usr/lib/libold.so.3\tcontrib/oldlibs/libold3
usr/lib/x86_64-linux-gnu/libc10.so                      libdevel/libtorch-dev
usr/lib/x86_64-linux-gnu/libjack.so.0                   libs/libjack0,sound/libjack-jackd2-0
usr/lib/x86_64-linux-gnu/blas/libblas.so.3              libs/libblas3
usr/lib/aarch64-linux-gnu/libz.so.1                     libs/zlib1g-cross
usr/lib/x86_64-linux-gnu/libodd name.so.1               libs/odd
usr/share/doc/libz.so.1                                 doc/z
usr/lib/x86_64-linux-gnu/libbare.so.9                   libbare9
"""


def _read(folder: Path, text: bytes) -> dict[str, list[str]]:
    index = folder / "Contents.gz"
    index.write_bytes(gzip.compress(text))
    return read_libraries(index, TRIPLET)


def test_libraries_are_those_that_the_linker_finds_by_itself_and_that_something_runs_with(tmp_path: Path) -> None:
    assert _read(tmp_path, LISTED) == {
        "libbare.so.9": ["libbare9"],
        "libjack.so.0": ["libjack-jackd2-0", "libjack0"],
        "libold.so.3": ["libold3"],
        "libz.so.1": ["zlib1g"],
    }


NAMES = st.from_regex(r"lib[a-z0-9+_-]{1,9}\.so(\.[0-9]{1,2}){0,2}", fullmatch=True)
PACKAGES = st.lists(st.from_regex(r"[a-z][a-z0-9+.-]{1,9}", fullmatch=True), min_size=1, max_size=3, unique=True)


@given(st.dictionaries(NAMES, PACKAGES, max_size=8), st.booleans())
def test_whatever_is_listed_is_found(tmp_path_factory: pytest.TempPathFactory, libraries: Any, newline: bool) -> None:
    lines = [f"usr/lib/{TRIPLET}/{name} {','.join(f'libs/{one}' for one in who)}" for name, who in libraries.items()]
    text = "\n".join(lines) + ("\n" if newline else "")
    assert _read(tmp_path_factory.mktemp("x"), text.encode()) == {n: sorted(who) for n, who in libraries.items()}


def test_a_line_that_crosses_blocks_is_read_whole(tmp_path: Path) -> None:
    filler = b"".join(b"usr/share/%d x/y\n" % number for number in range(90_000))
    for shift in range(0, 60, 4):
        text = b"a" * shift + b" x/y\n" + filler[: (1 << 20) - 40] + b"\n" + LISTED
        assert _read(tmp_path, text)["libz.so.1"] == ["zlib1g"]


@pytest.mark.parametrize(
    "content",
    [b"no gzip", gzip.compress(LISTED)[:-9], gzip.compress(b"x" * (3 << 20)),
     gzip.compress(f"usr/lib/{TRIPLET}/liba.so.1 ".encode() + b"libs/\xff\n")],
    ids=["not compressed", "cut off", "one endless line", "not UTF-8"],
)  # fmt: skip
def test_a_damaged_list_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(IntegrityError, match="list of files cannot be read"):
        read_libraries(tmp_path / "x", TRIPLET)


def _ask(place: Path, archive: Any, release: Release | None = None) -> tuple[Libraries, Release]:
    with Fetcher(Store(place / "store"), SILENT, backoff=0.001) as fetcher:
        keyring = Keyring((archive.signer.certificate,))
        release = release or fetch_release(POCKET, fetcher=fetcher, mirrors=[archive.base], keyring=keyring)
        known = library_packages(
            POCKET, release, "main", "amd64", TRIPLET, fetcher=fetcher, mirrors=[archive.base]
        )  # fmt: skip
        return known, release


def test_a_list_is_the_one_that_the_release_promises(tmp_path: Path, archive_directory: Any) -> None:
    archive_directory.publish("bookworm", "", contents=gzip.compress(LISTED))
    path = archive_directory.root / "dists/bookworm/main/Contents-amd64.gz"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(FetchError, match="sha256"):
        _ask(tmp_path, archive_directory)


def test_a_list_is_fetched_and_read_once(tmp_path: Path, archive_directory: Any) -> None:
    archive_directory.publish("bookworm", "", contents=gzip.compress(LISTED))
    known, release = _ask(tmp_path, archive_directory)
    assert known["libz.so.1"] == ["zlib1g"]
    shutil.rmtree(archive_directory.root)
    shutil.rmtree(tmp_path / "store")
    assert _ask(tmp_path, archive_directory, release) == (known, release)


def test_a_pocket_without_a_list_brings_nothing(tmp_path: Path, archive_directory: Any) -> None:
    archive_directory.publish("bookworm", "")
    assert _ask(tmp_path, archive_directory)[0] == {}
