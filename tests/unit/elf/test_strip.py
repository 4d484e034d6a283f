"""Symbols and the linker's cache, judged by the machine's own compiler, dynamic linker, readelf and ldconfig."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautiloid.elf.linking import linking_facts
from nautiloid.factory.rootfs.content import FileSlice, Literal
from nautiloid.factory.rootfs.linkage import missing_libraries, missing_versions
from nautiloid.factory.rootfs.loader_cache import loader_cache
from nautiloid.factory.rootfs.stripping import without_symbols
from nautiloid.factory.rootfs.tree import Origin, Tree

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="needs a C compiler")
ORIGIN = Origin("base", "deb:thing")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("elf")
    (folder / "t.c").write_text(
        "int getpid(void);\n"
        "static int hidden(int x) { return x * 3; }\n"
        "int triple(int x) { return getpid() > 0 ? hidden(x) : 0; }\n"
    )
    subprocess.run(
        ["gcc", "-g", "-O0", "-shared", "-fPIC", "-Wl,-soname,libtriple.so.1", "-o", "libtriple.so.1", "t.c"],
        cwd=folder,
        check=True,
    )
    return folder / "libtriple.so.1"


def _content(path: Path) -> FileSlice:
    return FileSlice(path, path.stat().st_size, f"test:{path}")


@needs_gcc
def test_a_stripped_library_is_smaller_and_still_works(library: Path, tmp_path: Path) -> None:
    stripped = without_symbols(_content(library), tmp_path)
    assert stripped.size < library.stat().st_size
    place = tmp_path / "lib.so"
    with stripped.open() as stream:
        place.write_bytes(stream.read())
    code = f"import ctypes; print(ctypes.CDLL({str(place)!r}).triple(14))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "42"
    listed = subprocess.run(["readelf", "-SW", str(place)], capture_output=True, text=True, check=True)
    assert ".symtab" not in listed.stdout
    assert ".dynsym" in listed.stdout
    assert listed.stderr == ""


@needs_gcc
def test_stripping_twice_changes_nothing(library: Path, tmp_path: Path) -> None:
    once = without_symbols(_content(library), tmp_path / "a")
    twice = without_symbols(once, tmp_path / "b")
    with once.open() as one, twice.open() as two:
        assert one.read() == two.read()


@needs_gcc
def test_ldconfig_reads_our_cache(library: Path, tmp_path: Path) -> None:
    ldconfig = shutil.which("ldconfig", path="/sbin:/usr/sbin")
    if ldconfig is None or platform.machine() != "x86_64":
        pytest.skip("needs ldconfig on x86_64")
    facts = linking_facts(library.read_bytes())
    assert facts is not None
    cache = tmp_path / "ld.so.cache"
    names = ["libz.so.1", "liba10.so.2", "liba9.so.2", "libtriple.so.1"]
    libraries = {f"usr/lib/x86_64-linux-gnu/{name}": type(facts)(**{**vars(facts), "soname": name}) for name in names}
    cache.write_bytes(loader_cache(libraries, "amd64"))
    listed = subprocess.run([ldconfig, "-p", "-C", str(cache)], capture_output=True, text=True, check=True).stdout
    order = [line.split()[0] for line in listed.splitlines() if "=>" in line]
    assert order == ["libz.so.1", "libtriple.so.1", "liba10.so.2", "liba9.so.2"]
    assert "libz.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libz.so.1" in listed


@needs_gcc
def test_a_missing_library_is_found_before_a_user_does(library: Path) -> None:
    facts = linking_facts(library.read_bytes())
    assert facts is not None
    tree = Tree()
    tree.file("usr/lib/x86_64-linux-gnu/libtriple.so.1", Literal(b""), ORIGIN)
    everything = {"usr/lib/x86_64-linux-gnu/libtriple.so.1": facts}
    assert [library.soname for library in missing_libraries(tree, everything, "amd64")] == ["libc.so.6"]
    tree.file("usr/lib/x86_64-linux-gnu/libc.so.6", Literal(b"c"), ORIGIN)
    assert missing_libraries(tree, everything, "amd64") == []


@pytest.mark.parametrize("data", [b"", b"\x7fELF", b"\x7fELF" + b"\xff" * 200, b"#!/bin/sh\n"])
def test_what_is_no_elf_file_has_no_facts(data: bytes) -> None:
    assert linking_facts(data) is None


def _versioned(folder: Path, versions: list[str]) -> Path:
    """Make a library that defines one function a version."""
    folder.mkdir()
    names = [version.lower() for version in versions]
    (folder / "v.c").write_text("".join(f"int {name}(void) {{ return 1; }}\n" for name in names))
    script = "".join(f"{version} {{ global: {version.lower()}; }};\n" for version in versions)
    (folder / "v.map").write_text(script)
    command = ["gcc", "-shared", "-fPIC", "-nostdlib", "-Wl,-soname,libv.so.1", "-Wl,--version-script=v.map"]
    subprocess.run([*command, "-o", "libv.so.1", "v.c"], cwd=folder, check=True)
    return folder / "libv.so.1"


@needs_gcc
def test_a_library_that_is_too_old_is_found_before_a_user_does(tmp_path: Path) -> None:
    old, new = _versioned(tmp_path / "old", ["V_1"]), _versioned(tmp_path / "new", ["V_1", "V_2"])
    user = tmp_path / "user.so"
    (tmp_path / "user.c").write_text("int v_1(void); int v_2(void); int both(void) { return v_1() + v_2(); }\n")
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-nostdlib", "-o", str(user), str(tmp_path / "user.c"), str(new)], check=True
    )
    for library, lacking in ((new, []), (old, ["V_2"])):
        tree, facts = Tree(), {}
        for place, file in (("usr/lib/libv.so.1", library), ("usr/lib/user.so", user)):
            tree.file(place, _content(file), ORIGIN)
            elf = linking_facts(file.read_bytes())
            assert elf is not None
            facts[place] = elf
        assert facts["usr/lib/libv.so.1"].defines[0] == "V_1"
        found = missing_versions(tree, facts, "amd64")
        assert [(item.path, item.soname, item.version) for item in found] == [
            ("usr/lib/user.so", "libv.so.1", version) for version in lacking
        ]


@needs_gcc
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
def test_a_damaged_file_has_facts_or_none_but_never_an_error(library: Path, place: int, damage: bytes) -> None:
    data = bytearray(library.read_bytes())
    start = place % len(data)
    data[start : start + len(damage)] = damage
    linking_facts(bytes(data))
