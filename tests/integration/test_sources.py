"""Wheels from source, in the real container: from git, directories and source distributions, and hostile ones."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from nautiloid import places
from nautiloid.debian.mirrors import Mirrors, read_apt_sources
from nautiloid.errors import IntegrityError, NautiloidError
from nautiloid.factory.build import build_image
from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.locked_wheels import lock_wheels
from nautiloid.factory.lockfile import LockedSource, read_lock
from nautiloid.factory.package_sources import PackageSource
from nautiloid.factory.targets import exact_target
from nautiloid.factory.wheels.routes import NO_ROUTES
from nautiloid.net.fetch import Fetcher
from nautiloid.net.store import Store
from nautiloid.oci.layout import Layout
from nautiloid.progress import SILENT, SilentProgress, Task
from nautiloid.run.bubblewrap import BubblewrapEngine
from nautiloid.run.profile import HardenedProfile
from nautiloid.sourcing.archives import FetchedSource
from nautiloid.sourcing.builder import build_container, builder_definition
from nautiloid.sourcing.building import rebuild_missing
from nautiloid.sourcing.container import SourceBuildError
from nautiloid.sourcing.wheels import WheelMaker
from nautiloid.workflows.locking import LockPlace, Pinned, StaleLockError, lock_places

from ..conftest import one_at_a_time
from ..python_index import PythonIndex, sdist_of

pytestmark = [pytest.mark.engine, pytest.mark.network]

SETUP = "from setuptools import Extension, setup\n"
C_MODULE = """
#include <Python.h>
#include <omp.h>
static PyObject *add(PyObject *self, PyObject *args) {
    long a, b;
    return PyArg_ParseTuple(args, "ll", &a, &b) ? PyLong_FromLong(omp_get_max_threads() ? a + b : 0) : NULL;
}
static PyMethodDef methods[] = {{"add", add, METH_VARARGS, ""}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "fastsum", "", -1, methods};
PyMODINIT_FUNC PyInit_fastsum(void) { return PyModule_Create(&module); }
"""
DEFINITION = """
extends: python
name: built
python:
  requirements: [fastsum, plain, oldstyle]
  indexes: [{name: acme, url: "https://packages.example.org/simple", packages: [oldstyle]}]
  sources:
    - {name: fastsum, git: "https://git.example.org/fastsum.git", ref: v1, packages: [build-essential]}
    - {name: plain, path: libs/plain}
    - {name: oldstyle, version: "<2"}
"""


@pytest.fixture(scope="module", autouse=True)
def _needed() -> None:
    if not read_apt_sources():
        pytest.skip("no Debian mirror: apt has no sources here")
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    if not (works := BubblewrapEngine(Layout(places.images_directory()), places.cache_directory()).available()):
        pytest.skip(works.reason)


@pytest.fixture(scope="module")
def place(
    shared_directory: Path, tmp_path_factory: pytest.TempPathFactory, repository: Path
) -> Iterator[tuple[LockPlace, Fetcher]]:
    """A project with one source of each kind, and an index that only the host's environment knows the address of."""
    root = tmp_path_factory.mktemp("project")
    (root / "nautiloid.yaml").write_text(DEFINITION)
    (root / "libs/plain/build").mkdir(parents=True)
    (root / "libs/plain/build/left").write_text("of an earlier build")
    (root / "libs/plain/pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "plain"\nversion = "1.0"\n[tool.setuptools]\npackages = ["plain", "plain.build"]\n'
    )
    (root / "libs/plain/plain/build").mkdir(parents=True)
    (root / "libs/plain/plain/__init__.py").write_text("VALUE = 42\n")
    (root / "libs/plain/plain/build/__init__.py").write_text("")
    with PythonIndex() as index, pytest.MonkeyPatch.context() as patch:
        setup = SETUP + "setup(name='oldstyle', version={!r}, py_modules=['oldstyle'])\n"
        for version in ("1.0", "2.0"):
            index.add(sdist_of("oldstyle", version, {"setup.py": setup.format(version), "oldstyle.py": "AGE = 10\n"}))
        patch.setenv("NAUTILOID_INDEX_ACME", index.url)
        patch.setenv("GIT_CONFIG_COUNT", "1")
        patch.setenv("GIT_CONFIG_KEY_0", f"url.file://{repository}.insteadOf")
        patch.setenv("GIT_CONFIG_VALUE_0", "https://git.example.org/fastsum.git")
        with Fetcher(Store(places.cache_directory() / "store"), SILENT) as fetcher:
            yield lock_places(str(root))[0], fetcher


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("fastsum")
    (root / "src").mkdir()
    (root / "src/fastsum.c").write_text(C_MODULE)
    extension = "ext_modules=[Extension('fastsum', ['src/fastsum.c'], extra_link_args=['-fopenmp'])]"
    (root / "setup.py").write_text(f"{SETUP}setup(name='fastsum', version='0.1', {extension})\n")
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"], ["tag", "v1"]):
        subprocess.run(["git", *identity, "-C", str(root), *words], check=True)
    (root / "src/fastsum.c").write_text("#error not the tag")
    subprocess.run(["git", *identity, "-C", str(root), "commit", "-qam", "second"], check=True)
    return root


@pytest.fixture(scope="module")
def pinned(place: tuple[LockPlace, Fetcher], shared_directory: Path) -> Pinned:
    with one_at_a_time(shared_directory / "builder.busy"):
        return place[0].lock(place[1])


def test_sources_of_each_kind_run_in_the_hardened_image(
    place: tuple[LockPlace, Fetcher], pinned: Pinned, image_store: Layout, repository: Path
) -> None:
    lock, cache = pinned.lock, places.cache_directory()
    builds = {build.wheel.name: build for build in lock.builds}
    commit = subprocess.check_output(["git", "-C", str(repository), "rev-parse", "v1"], text=True).strip()
    assert builds["fastsum"].source.commit == commit
    assert builds["fastsum"].wheel.filename == "fastsum-0.1-cp311-cp311-linux_x86_64.whl"
    assert builds["oldstyle"].source.filename == "oldstyle-1.0.tar.gz"
    assert builds["oldstyle"].source.index == "acme"
    assert builds["plain"].backend == "setuptools.build_meta"
    assert all(build.reproducible and not build.network for build in lock.builds)
    assert {tool.name for build in lock.builds for tool in build.requires} >= {"setuptools"}
    assert "gcc" in {deb.name for deb in lock.builder.debs if lock.builder} - {deb.name for deb in lock.debs}
    gomp = next(deb for deb in lock.debs if deb.name == "libgomp1")
    assert [(need.soname, need.component) for need in gomp.libraries] == [("libgomp.so.1", "wheel:fastsum")]
    assert {wheel.name for wheel in lock.wheels} == {"fastsum", "plain", "oldstyle"}

    build_image(lock, pinned.loaded, image_store, cache, place[1], reference="nautiloid/sources:latest")
    code = "import fastsum, plain, plain.build, oldstyle; print(fastsum.add(40, 2), plain.VALUE, oldstyle.AGE)"
    engine = BubblewrapEngine(image_store, cache)
    done = engine.run_captured(HardenedProfile("nautiloid/sources:latest", args=("-c", code)), 60)
    assert done.stdout.split() == ["42", "42", "10"], done.stderr


def test_a_lock_brings_the_same_wheels_elsewhere(
    place: tuple[LockPlace, Fetcher], pinned: Pinned, tmp_path: Path
) -> None:
    assert read_lock(place[0].path) == pinned.lock
    text = place[0].path.read_text()
    assert "127.0.0.1" not in text
    assert "file://" not in text
    with Fetcher(Store(tmp_path), SILENT) as elsewhere:
        rebuild_missing(pinned.lock, pinned.loaded, places.cache_directory(), elsewhere, Mirrors())
        for build in pinned.lock.builds:
            assert elsewhere.store.get(build.wheel.sha256, verify=True) is not None


class Told(SilentProgress):
    """Remembers what was built from source."""

    def __init__(self) -> None:
        self.built: list[str] = []

    @contextmanager
    def task(self, title: str, *, total: int | None = None, unit: str = "items") -> Iterator[Task]:
        if title.endswith(" from source"):
            self.built.append(title.split()[1])
        with super().task(title, total=total, unit=unit) as task:
            yield task


def test_an_edited_source_is_built_again_and_the_others_stay(place: tuple[LockPlace, Fetcher], pinned: Pinned) -> None:
    file, before = pinned.loaded.path.parent / "libs/plain/plain/__init__.py", place[0].path.read_bytes()
    text, told = file.read_text(), Told()
    definition = pinned.loaded.path.read_text().replace("requirements: [", "requirements: [six, ")
    edited = lock_places(str(pinned.loaded.path), text=definition)[0]
    try:
        file.write_text("VALUE = 43\n")
        assert place[0].differences() == ("source plain: edited",)
        with pytest.raises(StaleLockError, match="source plain: edited"):
            place[0].pinned(place[1], locked=True)
        with Fetcher(place[1].store, told) as fetcher:
            lock = edited.renewed(fetcher).pinned.lock
    finally:
        file.write_text(text)
    assert told.built == ["plain"]
    was, now = ({one.wheel.name: one for one in some.builds} for some in (pinned.lock, lock))
    assert (now["fastsum"], now["oldstyle"]) == (was["fastsum"], was["oldstyle"])
    assert now["plain"].wheel.sha256 != was["plain"].wheel.sha256
    held = {wheel.name: wheel.sha256 for wheel in lock.wheels}
    assert held.items() >= {name: one.wheel.sha256 for name, one in now.items()}.items()
    assert set(held) - set(now) == {"six"}
    assert lock.builder == pinned.lock.builder
    assert place[0].path.read_bytes() == before


@pytest.fixture(scope="module")
def maker(pinned: Pinned) -> Iterator[WheelMaker]:
    """The container with little memory and time, for those who want all of it."""
    lock = pinned.lock.builder
    assert lock is not None
    loaded = builder_definition(pinned.loaded.definition)
    with (
        Fetcher(Store(places.cache_directory() / "store"), SILENT) as fetcher,
        build_container(lock, loaded, places.cache_directory(), fetcher, Mirrors()) as container,
    ):
        little = replace(container, memory=256 << 20, timeout=40)
        yield WheelMaker(little, exact_target(lock.definition, lock.debs), NO_ROUTES, fetcher)


Make = Callable[..., bytes]


@pytest.fixture
def make(maker: WheelMaker) -> Make:
    """Build a source distribution and return the wheel's bytes."""

    def build(sdist: tuple[str, bytes], name: str = "evil") -> bytes:
        store = maker.fetcher.store
        stored = store.put([sdist[1]])
        source = LockedSource(sha256=stored.sha256, size=stored.size, filename=sdist[0])
        try:
            made = maker.make(PackageSource(name=name), FetchedSource(source, stored.path))
            return store.path_of(made.wheel.sha256).read_bytes()
        finally:
            assert list(maker.container.scratch.rglob("job")) == []

    return build


BACKEND = """
import pathlib, zipfile
def build_wheel(directory, config_settings=None, metadata_directory=None):
    info = "evil-1.0.dist-info"
    with zipfile.ZipFile(f"{directory}/evil-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("evil.py", pathlib.Path("evil.py").read_text())
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: evil\\nVersion: 1.0\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return "evil-1.0-py3-none-any.whl"
"""


def _evil(code: str) -> tuple[str, bytes]:
    """Return a source distribution whose own build back end runs the code."""
    system = '[build-system]\nrequires = []\nbuild-backend = "evil_backend"\nbackend-path = ["."]\n'
    return sdist_of("evil", "1.0", {"pyproject.toml": system, "evil_backend.py": code + BACKEND})


PROBE = """
import json, os, pathlib, socket
found = {}
def attempt(name, action):
    try:
        found[name] = str(action())
    except OSError as error:
        found[name] = "refused"
attempt("host", lambda: socket.create_connection(("127.0.0.1", PORT), 2))
attempt("name", lambda: socket.getaddrinfo("example.org", 443))
attempt("root", lambda: pathlib.Path("/usr/lib/evil").write_text("x"))
attempt("tools", lambda: pathlib.Path("/tmp/job/inside.py").write_text("x"))
attempt("secret", lambda: pathlib.Path(SECRET).read_text())
attempt("uid", os.getuid)
attempt("environment", lambda: os.environ.get("TOKEN"))
pathlib.Path("evil.py").write_text("found = " + json.dumps(found))
"""


def test_a_build_reaches_nothing_of_this_machine(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a key")
    monkeypatch.setenv("TOKEN", "a token")
    with PythonIndex() as server:
        port = server.host.rpartition(":")[2]
        wheel = make(_evil(PROBE.replace("PORT", port).replace("SECRET", repr(str(secret)))))
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        found = json.loads(archive.read("evil.py").decode().removeprefix("found = "))
    uid = str(os.getuid() or 65532)
    assert found.pop("uid") == uid
    assert found.pop("environment") == "None"
    assert set(found.values()) == {"refused"}, found


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os, signal\nwhile True:\n    os.fork() or signal.pause()", "Resource temporarily unavailable"),
        ("with open('/tmp/big', 'wb') as f:\n    while True:\n        f.write(bytes(1 << 20))", "No space left"),
        ("raise SystemExit('\\x1b[2J no')", "cannot be built"),
        ("import os\nos._exit(0)", "cannot be built|no answer"),
    ],
    ids=["forks", "disk", "terminal", "leaves"],
)
def test_a_hostile_build_is_held_and_said(make: Make, code: str, said: str) -> None:
    with pytest.raises(SourceBuildError, match=said) as caught:
        make(_evil(code))
    assert "\x1b" not in caught.value.message


def _archive(*members: tarfile.TarInfo) -> tuple[str, bytes]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"\0" * member.size))
    return "evil-1.0.tar.gz", buffer.getvalue()


def _member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.size = kind, link, size
    return member


@pytest.mark.parametrize(
    ("sdist", "said"),
    [
        (_archive(_member("../evil")), "leads out"),
        (_archive(_member("/etc/evil")), "leads out"),
        (_archive(_member("evil-1.0/x", tarfile.SYMTYPE, "../../etc")), "leads out"),
        (_archive(_member("evil-1.0/x", tarfile.SYMTYPE, "/etc")), "leads out"),
        (_archive(_member("evil-1.0/x", tarfile.LNKTYPE, "../etc")), "leads out"),
        (_archive(_member("evil-1.0/x", tarfile.CHRTYPE)), "neither file"),
        (_archive(_member("evil-1.0/x", size=300 << 20)), "No space left"),
        (_archive(_member("evil-1.0/x")), "no Python project"),
        (("evil-1.0.tar.gz", b"no archive"), "cannot be built"),
    ],
)
def test_a_hostile_archive_is_refused(make: Make, sdist: tuple[str, bytes], said: str) -> None:
    with pytest.raises(SourceBuildError, match=said):
        make(sdist)


@pytest.mark.parametrize("tool", ["-e .", "tool @ file:///etc", "--index-url=https://evil.example/"])
def test_a_build_asks_for_its_tools_by_name_only(make: Make, tool: str) -> None:
    system = f'[build-system]\nrequires = ["{tool}"]\nbuild-backend = "x"\n'
    with pytest.raises(SourceBuildError, match="requires"):
        make(sdist_of("evil", "1.0", {"pyproject.toml": system}))


def test_a_build_that_gives_other_bytes_each_time_is_said(maker: WheelMaker) -> None:
    sdist = _evil("import os\nopen('evil.py', 'w').write(os.urandom(8).hex())\n")
    stored = maker.fetcher.store.put([sdist[1]])
    fetched = FetchedSource(LockedSource(sha256=stored.sha256, size=stored.size, filename=sdist[0]), stored.path)
    made = maker.make(PackageSource(name="evil"), fetched)
    assert not made.reproducible
    with pytest.raises(IntegrityError, match="gives other bytes each time"):
        maker.make_again(PackageSource(name="evil"), fetched, made)


def test_another_distribution_than_the_one_named_is_refused(make: Make) -> None:
    with pytest.raises(SourceBuildError, match="gave a wheel of evil"):
        make(_evil("open('evil.py', 'w').close()"), name="good")


def test_a_definition_with_sources_is_not_locked_without_building_them(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("name: x\npython: {requirements: [a], sources: [{name: a}]}")
    with Fetcher(Store(tmp_path), SILENT) as fetcher, pytest.raises(NautiloidError, match="must be built"):
        lock_wheels(load_definition(str(path)).definition, (), fetcher)
