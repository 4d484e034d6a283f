"""From paths to files: links, hard links, and what the kernel opens by itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nautiloid.trace.files import ImageFiles
from nautiloid.trace.strace import Use, UseKind


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "lib").symlink_to("usr/lib")
    (tmp_path / "usr/lib/libx.so.1.2").write_bytes(b"x")
    (tmp_path / "usr/lib/libx.so.1").symlink_to("/usr/lib/libx.so.1.2")
    (tmp_path / "usr/lib/twin").hardlink_to(tmp_path / "usr/lib/libx.so.1.2")
    (tmp_path / "loop").symlink_to("loop")
    return tmp_path


def _opened(root: Path, *uses: Use) -> set[str]:
    files = ImageFiles(root)
    found = files.opened(uses)
    return {path for path in ("usr/lib/libx.so.1.2", "usr/bin/tool", "usr/bin/sh", "ld.so")
            if files.identity(path) in found}  # fmt: skip


@pytest.mark.parametrize(
    "path", ["/lib/libx.so.1", "/usr/lib/libx.so.1.2", "/usr/lib/twin", "/usr/lib/../lib/libx.so.1"]
)
def test_a_file_is_one_file_under_whatever_name(root: Path, path: str) -> None:
    assert _opened(root, Use(path, UseKind.OPEN)) == {"usr/lib/libx.so.1.2"}


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/lib/libx.so.1", UseKind.LOOK), ("/nothing", UseKind.OPEN), ("/loop", UseKind.OPEN), ("/usr", UseKind.OPEN)],
)
def test_looking_at_a_file_is_no_use_and_what_is_not_there_is_none(root: Path, path: str, kind: UseKind) -> None:
    assert _opened(root, Use(path, kind)) == set()


def test_the_kernels_own_opens_count(root: Path) -> None:
    (root / "usr/bin").mkdir()
    (root / "usr/bin/tool").write_bytes(b"#! /usr/bin/sh -e\n")
    shutil.copy("/bin/sh", root / "usr/bin/sh")
    from elftools.elf.elffile import ELFFile

    with (root / "usr/bin/sh").open("rb") as stream:
        interpreter = next(
            one.get_interp_name() for one in ELFFile(stream).iter_segments() if one["p_type"] == "PT_INTERP"
        )
    (root / "ld.so").write_bytes(b"ld")
    place = root / interpreter.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to("/ld.so")
    assert _opened(root, Use("/usr/bin/tool", UseKind.EXEC)) == {"usr/bin/tool", "usr/bin/sh", "ld.so"}
    assert _opened(root, Use("/usr/bin/tool", UseKind.OPEN)) == {"usr/bin/tool"}
