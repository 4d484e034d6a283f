"""An image for another processor, built here without emulation; qemu only judges the result."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from nautiloid import places
from nautiloid.factory.build import build_image
from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.locker import make_lock
from nautiloid.net.fetch import Fetcher
from nautiloid.net.store import Store
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import Platform
from nautiloid.oci.source import open_image
from nautiloid.oci.unpack import unpacked
from nautiloid.progress import SILENT

pytestmark = pytest.mark.network

ARM64 = Platform("linux", "arm64")
QEMU = "/usr/bin/qemu-aarch64-static"

COMPILE_AGAIN = """
import glob, os, py_compile, platform, ssl, sqlite3
different = compared = 0
for path in glob.glob("/usr/lib/python3.11/*.py") + glob.glob("/usr/lib/python3.11/email/*.py"):
    folder, _, name = path.rpartition("/")
    shipped = f"{folder}/__pycache__/{name[:-3]}.cpython-311.pyc"
    if os.path.exists(shipped):
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(path, "/tmp/x.pyc", path, doraise=True, invalidation_mode=mode)
        compared += 1
        different += open(shipped, "rb").read() != open("/tmp/x.pyc", "rb").read()
print(platform.machine(), compared > 100, different)
"""


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A store with one name for two processors."""
    store, cache, manifests = Layout(tmp_path_factory.mktemp("images")), places.cache_directory(), []
    with Fetcher(Store(cache / "store"), SILENT) as fetcher:
        for architecture in ("amd64", "arm64"):
            loaded = load_definition("python", architecture)
            lock = make_lock(loaded, fetcher)
            assert bool(lock.compiler) == (architecture == "arm64")
            result = build_image(lock, loaded, store, cache, fetcher, reference="nautiloid/python:latest")
            manifests.append(result.descriptor)
    store.add_index(manifests, "nautiloid/python:latest")
    return store


@pytest.fixture(scope="module")
def root(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with open_image("python", layout, ARM64) as source:
        assert source.image.config.platform == ARM64
        return unpacked(source, tmp_path_factory.mktemp("cache"))


def test_one_name_is_an_image_for_each_processor(layout: Layout) -> None:
    amd64 = layout.resolve("nautiloid/python:latest", Platform("linux", "amd64"))
    arm64 = layout.resolve("nautiloid/python:latest", ARM64)
    assert amd64.digest != arm64.digest
    assert len(layout.images()) == 1


def test_every_native_file_is_for_the_images_processor(root: Path) -> None:
    machines = set()
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as stream:
                if stream.read(4) == b"\x7fELF":
                    stream.seek(0)
                    machines.add(ELFFile(stream)["e_machine"])
    assert machines == {"EM_AARCH64"}


@pytest.mark.skipif(not Path(QEMU).exists() or shutil.which("bwrap") is None, reason="needs qemu-user-static, bwrap")
def test_the_bytecode_is_what_the_processors_own_python_would_have_compiled(root: Path) -> None:
    inside = ["bwrap", "--ro-bind", str(root), "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
    inside += ["--ro-bind", QEMU, "/tmp/qemu", "--unshare-all", "/tmp/qemu", "/usr/bin/python3.11"]
    done = subprocess.run([*inside, "-S", "-B", "-c", COMPILE_AGAIN], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["aarch64", "True", "0"], done.stderr
