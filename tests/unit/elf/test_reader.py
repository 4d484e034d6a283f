"""Our ELF reader against pyelftools, on real files and on damaged ones."""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path

import pytest
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from hypothesis import given, settings
from hypothesis import strategies as st

from nautiloid.elf.errors import ElfError
from nautiloid.elf.reader import Elf
from nautiloid.inspection.native_libraries import find_libraries, stem_of

PYTHON = Path(sys.executable).resolve().read_bytes()
SOME = [path for path in sorted(Path("/usr/lib/x86_64-linux-gnu").glob("lib[cmpz]*.so*")) if path.is_file()][:12]


@pytest.mark.parametrize("path", [Path(sys.executable).resolve(), *SOME], ids=lambda path: path.name)
def test_it_agrees_with_pyelftools(path: Path) -> None:
    content = path.read_bytes()
    if content[:4] != b"\x7fELF":
        pytest.skip(f"{path.name} is a linker script")
    ours, theirs = Elf(content), ELFFile(io.BytesIO(content))
    kinds = [segment["p_type"] for segment in theirs.iter_segments()]
    assert ours.program == ("PT_INTERP" in kinds or theirs["e_type"] == "ET_EXEC")
    assert ours.pie == (theirs["e_type"] == "ET_DYN")
    assert (ours.relro != "none") == ("PT_GNU_RELRO" in kinds)
    stack = next((segment for segment in theirs.iter_segments() if segment["p_type"] == "PT_GNU_STACK"), None)
    assert ours.nx == (stack is not None and not stack["p_flags"] & 1)
    dynamic = next((part for part in theirs.iter_segments() if isinstance(part, DynamicSegment)), None)
    needed = [tag.needed for tag in dynamic.iter_tags() if tag.entry.d_tag == "DT_NEEDED"] if dynamic else []
    assert list(ours.needed) == needed
    names = {
        section.name: section["sh_offset"] for section in theirs.iter_sections() if section["sh_type"] != "SHT_NOBITS"
    }
    assert {name: offset for name, (offset, _) in ours.sections.items()} == names


def _read_everything(content: bytes) -> None:
    elf = Elf(content)
    _ = (elf.program, elf.soname, elf.needed, elf.relro, elf.nx, elf.symbol_names, elf.sections)
    find_libraries("usr/local/lib/libz-1234abcd.so.1.3.1", elf)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_file_is_an_error_and_nothing_else(data: st.DataObject) -> None:
    content = bytearray(PYTHON[:8192])
    for _ in range(data.draw(st.integers(0, 12))):
        content[data.draw(st.integers(4, 1023))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(content)))
    with contextlib.suppress(ElfError):
        _read_everything(bytes(content[:end]))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_garbage_behind_the_magic_is_an_error_and_nothing_else(garbage: bytes) -> None:
    with contextlib.suppress(ElfError):
        _read_everything(b"\x7fELF\x02\x01\x01" + garbage)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("libpng16-1d1ba958.so.16.58.0", "png16"),
        ("libz.b9a71669.so.1", "z"),
        ("libscipy_openblas64_-32a4b2a6.so", "scipy_openblas64_"),
        ("libgfortran-040039e1-0352e75f.so.5.0.0", "gfortran"),
        ("libstdc++.so.6", "stdc++"),
        ("libcrypto.so.1.1", "crypto"),
    ],
)
def test_a_hash_in_a_file_name_is_no_part_of_the_library(name: str, stem: str) -> None:
    assert stem_of(name) == stem
