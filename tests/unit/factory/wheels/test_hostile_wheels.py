"""Wheels that mean harm, or are broken: nothing of them may reach an image, and each is refused by name."""

from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautiloid.errors import IntegrityError, NautiloidError
from nautiloid.factory.layers import tar_stream
from nautiloid.factory.lockfile import LockedWheel
from nautiloid.factory.rootfs.tree import NodeKind, Tree
from nautiloid.factory.startup import startup_files
from nautiloid.factory.wheels.unpack import add_wheel, rewrite_record, wheel_paths

SITE = "usr/local/lib/python3.11/dist-packages"
WHEEL = LockedWheel(name="app", version="1.0", filename="app-1.0-py3-none-any.whl", size=1, sha256="0" * 64)
GOOD = {
    "app.py": "print('good')\n" * 1000,
    "app-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: app\nVersion: 1.0\n",
    "app-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}


def _wheel(folder: Path, *more: tuple[str | zipfile.ZipInfo, str]) -> Path:
    path = folder / "wheel"
    names = [*GOOD, *(item if isinstance(item, str) else item.filename for item, _ in more)]
    record = "".join(f"{name},sha256=AAAA,1\n" for name in names) + "app-1.0.dist-info/RECORD,,\n"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (*GOOD.items(), *more, ("app-1.0.dist-info/RECORD", record)):
            archive.writestr(name, text)
    return path


def _add(path: Path) -> Tree:
    tree = Tree()
    with add_wheel(tree, path, WHEEL, SITE, "wheels"):
        rewrite_record(tree, WHEEL, SITE)
        for _ in tar_stream(tree):
            pass
    return tree


def test_a_good_wheel_is_taken(tmp_path: Path) -> None:
    tree = _add(_wheel(tmp_path, ("app-1.0.data/data/share/x", "x"), ("app-1.0.data/headers/x.h", "x")))
    assert f"{SITE}/app.py" in tree
    assert "usr/local/share/x" in tree
    assert not any(entry.path.endswith(".h") for entry in tree)


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", "a/../../b", "..\\b", "app-1.0.data/data/../../../../etc/passwd"]
)
def test_a_path_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(NautiloidError):
        _add(_wheel(tmp_path, (name, "harm")))
    assert not (tmp_path / "outside").exists()


def test_a_link_is_taken_for_the_text_that_it_is(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    entry = _add(_wheel(tmp_path, (link, "/etc/passwd"))).get(f"{SITE}/link")
    assert entry is not None
    assert entry.kind is NodeKind.FILE


@pytest.mark.parametrize("scheme", ["purelib/", "platlib/", "data/lib/python3.11/dist-packages/", ""])
def test_what_runs_at_every_start_is_known_by_where_it_would_lie(tmp_path: Path, scheme: str) -> None:
    """Also before the wheel is unpacked, and whichever way leads there."""
    path = _wheel(tmp_path, (f"app-1.0.data/{scheme}demo.pth" if scheme else "demo.pth", "import os"))
    paths = wheel_paths(path, WHEEL, SITE)
    assert startup_files(paths) == (f"{SITE}/demo.pth",)
    assert set(paths) <= {entry.path for entry in _add(path)}


def test_setuid_does_not_enter(tmp_path: Path) -> None:
    program = zipfile.ZipInfo("program")
    program.external_attr = (stat.S_IFREG | 0o6777) << 16
    entry = _add(_wheel(tmp_path, (program, "#!"))).get(f"{SITE}/program")
    assert entry is not None
    assert entry.mode == 0o755


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_one_name_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NautiloidError, match=r"app\.py"):
        _add(_wheel(tmp_path, ("app.py", "other")))


def test_an_encrypted_file_is_refused(tmp_path: Path) -> None:
    path = _wheel(tmp_path)
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.index(signature) + offset
        data[place : place + 2] = struct.pack("<H", 1)
    path.write_bytes(data)
    with pytest.raises(IntegrityError, match="encrypted"):
        _add(path)


def test_a_file_that_claims_to_be_endless_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = _wheel(tmp_path)
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("app.py")
        assert info.file_size < 1 << 20
    data = path.read_bytes().replace(struct.pack("<I", info.file_size), struct.pack("<I", 0xFFFF_FFF0))
    path.write_bytes(data)
    # 4 GiB by its own word, a few bytes in truth: read to the end it is damaged, and never written out as zeros.
    with pytest.raises(IntegrityError):
        _add(path)


@given(st.integers(0, 100_000), st.binary(min_size=1, max_size=12))
def test_only_our_own_errors_leave_a_damaged_wheel(
    tmp_path_factory: pytest.TempPathFactory, at: int, harm: bytes
) -> None:
    path = _wheel(tmp_path_factory.mktemp("wheel"))
    data = bytearray(path.read_bytes())
    start = at % len(data)
    data[start : start + len(harm)] = harm
    path.write_bytes(data)
    try:
        tree = _add(path)
    except NautiloidError:
        return
    assert all(not entry.path.startswith(("..", "/")) for entry in tree)
