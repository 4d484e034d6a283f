"""Build information of Go programs."""

from __future__ import annotations

import contextlib
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautiloid.elf.errors import ElfError
from nautiloid.elf.reader import Elf
from nautiloid.packages.kinds.golang import Golang
from nautiloid.packages.unreadable import UnreadableError

TEXT = (
    "path\texample.org/tool\nmod\texample.org/tool\t(devel)\t\ndep\tgolang.org/x/net\tv0.7.0\th1:x\n"
    "dep\told.org/a\tv1.0.0\n=>\tnew.org/a\tv1.2.0\th1:y\n"
)
MARK = "0123456789abcdef"


class _Program(Elf):
    """An ELF file with a section for Go's build information, laid behind a real one."""

    def __init__(self, information: bytes) -> None:
        real = Path(sys.executable).resolve().read_bytes()
        super().__init__(real + information)
        self.__dict__["sections"] = {".go.buildinfo": (len(real), len(information))}


def _varint(text: str) -> bytes:
    length, out = len(text.encode()), b""
    while length >= 0x80:
        out += bytes([length & 0x7F | 0x80])
        length >>= 7
    return out + bytes([length]) + text.encode()


def _information(version: str, text: str) -> bytes:
    return b"\xff Go buildinf:" + b"\x08\x02" + b"\0" * 16 + _varint(version) + _varint(MARK + text + MARK)


def test_the_standard_library_modules_and_replacements() -> None:
    found = Golang().in_native("usr/bin/tool", _Program(_information("go1.21.5", TEXT)))
    assert [component.purl for component in found] == [
        "pkg:golang/stdlib@1.21.5",
        "pkg:golang/example.org/tool@%28devel%29",
        "pkg:golang/golang.org/x/net@v0.7.0",
        "pkg:golang/new.org/a@v1.2.0",
    ]


def test_build_information_that_is_larger_than_any_is_said() -> None:
    with pytest.raises(UnreadableError, match="build information"):
        Golang().in_native("usr/bin/tool", _Program(_information("go1.21.5", "dep\tx\tv1\n" * (1 << 17))))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=120))
def test_garbage_names_nothing_or_something_but_never_fails(garbage: bytes) -> None:
    for head in (b"", b"\xff Go buildinf:", b"\xff Go buildinf:\x08\x00", b"\xff Go buildinf:\x08\x02" + b"\0" * 16):
        with contextlib.suppress(ElfError):
            Golang().in_native("x", _Program(head + garbage))


@pytest.mark.skipif(shutil.which("syft") is None, reason="no Go program (syft) is installed")
def test_a_real_program() -> None:
    content = Path(shutil.which("syft") or "").read_bytes()
    names = {component.name for component in Golang().in_native("syft", Elf(content))}
    assert {"stdlib", "github.com/anchore/syft"} <= names
