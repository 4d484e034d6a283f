"""What runs at every start enters an image only with the definition's word, whoever brings it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nautiloid.debian.deb import DebFile
from nautiloid.factory.definition import Definition
from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.gathering import gather
from nautiloid.factory.inputs import Inputs
from nautiloid.factory.lockfile import Lock, LockedDeb
from nautiloid.factory.rootfs.content import Literal
from nautiloid.factory.rootfs.tree import Origin, Tree, TreeError
from nautiloid.factory.startup import StartupError, check_startup, check_wheels, startup_files

from ..patching.test_debs import _deb

LOCAL = "usr/local/lib/python3.11/dist-packages"
DEBIAN = "usr/lib/python3/dist-packages"
STDLIB = "usr/lib/python3.11"


@pytest.mark.parametrize(
    ("path", "runs"),
    [
        (f"{LOCAL}/demo.pth", True), (f"{DEBIAN}/demo.pth", True), (f"{LOCAL}/sitecustomize.py", True),
        (f"{LOCAL}/usercustomize/__init__.py", True), (f"{LOCAL}/sitecustomize", True),
        (f"{DEBIAN}/sitecustomize.cpython-311-x86_64-linux-gnu.so", True), (f"{STDLIB}/sitecustomize.py", True),
        (f"{STDLIB}/lib-dynload/sitecustomize.so", True), ("usr/lib/python3.13/site-packages/a.pth", True),
        ("home/nonroot/.local/lib/python3.11/site-packages/a.pth", True), ("etc/ld.so.preload", True),
        ("usr/bin/pyvenv.cfg", True), ("usr/lib/python311.zip", True),
        (f"{LOCAL}/demo/inner.pth", False), (f"{LOCAL}/demo/sitecustomize.py", False), (f"{LOCAL}/demo.py", False),
        (f"{LOCAL}/sitecustomize-1.0.dist-info/METADATA", False), (f"{STDLIB}/demo.pth", False),
        ("usr/local/share/demo.pth", False), ("opt/weights.pth", False), ("etc/ld.so.conf.d/demo.conf", False),
        (f"{LOCAL}/demo/env/lib/python3.8/site-packages/a.pth", False),
    ],
)  # fmt: skip
def test_what_runs_at_every_start_is_found(path: str, runs: bool) -> None:
    assert startup_files([f"{LOCAL}/demo/__init__.py", path]) == ((path,) if runs else ())


def test_python_agrees_about_what_runs_at_every_start(tmp_path: Path) -> None:
    """The interpreter itself, on a site directory with each of the files, runs the very ones that are found."""
    ran = []
    names = ("demo.pth", "sitecustomize.py", "demo/sitecustomize.py", "demo.py")
    for number, name in enumerate(names):
        site, mark = tmp_path / str(number), tmp_path / f"{number}.ran"
        (site / name).parent.mkdir(parents=True)
        (site / name).write_text(f"import pathlib; pathlib.Path({str(mark)!r}).touch()\n")
        code = f"import site; site.addsitedir({str(site)!r}); site.execsitecustomize()"
        subprocess.run([sys.executable, "-S", "-c", code], check=True)
        if mark.exists():
            ran.append(name)
    assert ran == [name for name in names if startup_files([f"{LOCAL}/{name}"])] == ["demo.pth", "sitecustomize.py"]


def _definition(**parts: object) -> Definition:
    return Definition.model_validate({"name": "x", **parts})


def test_what_python_runs_at_every_start_needs_the_definitions_word() -> None:
    found = ("demo", [f"{LOCAL}/demo/__init__.py", f"{LOCAL}/demo.pth"])
    with pytest.raises(StartupError, match=rf"demo \(wheel\): /{LOCAL}/demo\.pth") as caught:
        check_wheels([found], _definition(python={"startup": {"other": "because"}}))
    assert "python: {startup: {demo: why}}" in caught.value.hint
    check_wheels([found], _definition(python={"startup": {"Demo": "it patches nothing; I have looked"}}))


def _rule(path: str, **parts: object) -> dict[str, object]:
    return {"name": "hooks", "because": "a test", "paths": [path], **parts}


def test_what_a_slim_rule_takes_out_of_the_image_does_not_run_there() -> None:
    found, tree = ("demo", [f"{LOCAL}/demo.pth", f"{LOCAL}/demo.py"]), Tree()
    tree.file(f"{LOCAL}/demo.pth", Literal(b"import demo"), Origin("wheel-demo", "wheel:demo"))
    without = _definition(slim=[_rule(f"{LOCAL}/demo.pth")])
    check_wheels([found], without)
    check_startup(tree, {}, without)
    for kept in (
        _rule(f"{LOCAL}/demo.pth", action="clear-exec"), _rule(f"{LOCAL}/*.pth", keep=["**/demo.pth"]),
        _rule(f"{LOCAL}/demo.py"), _rule("usr/lib/**/demo.pth"),
    ):  # fmt: skip
        with pytest.raises(StartupError):
            check_wheels([found], _definition(slim=[kept]))
        with pytest.raises(StartupError):
            check_startup(tree, {}, _definition(slim=[kept]))


@pytest.mark.parametrize(("name", "needs_a_word"), [("python", False), ("python-trixie", True)])
def test_setuptools_needs_no_word_where_python_has_its_own_distutils(name: str, needs_a_word: bool) -> None:
    definition = load_definition(name).definition
    found = ("setuptools", [f"{definition.site_packages}/distutils-precedence.pth"])
    if needs_a_word:
        with pytest.raises(StartupError, match="distutils-precedence"):
            check_wheels([found], definition)
    else:
        check_wheels([found], definition)
        with pytest.raises(StartupError, match=r"other\.pth"):
            check_wheels([("setuptools", [f"{definition.site_packages}/other.pth"])], definition)


def test_a_link_that_makes_another_directory_pythons_is_such_a_file() -> None:
    for place in ("usr/local", "usr/local/lib", "usr/local/lib/python3.11", LOCAL, DEBIAN, "root/.local"):
        tree = Tree()
        tree.symlink(place, "/opt/evil", Origin("base", "deb:demo"))
        with pytest.raises(StartupError, match=f"/{place}"):
            check_startup(tree, {"demo": "demo"}, _definition())


def test_what_the_definition_itself_brings_is_its_word() -> None:
    tree = Tree()
    tree.symlink(f"{LOCAL}/a.pth", "b", Origin("application", "files"))
    tree.symlink("etc/ld.so.preload", "b", Origin("base", "system"))
    check_startup(tree, {}, _definition())


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., Tree]:
    """Gather an image from packages that dpkg-deb makes: one for each given source, with the files given for it."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg is not installed")

    def build(definition: Definition, **files: dict[str, str]) -> Tree:
        made: dict[str, DebFile] = {}
        for number, (key, content) in enumerate(files.items()):
            place, source = tmp_path / str(number), key.replace("_", ".")
            place.mkdir()
            fields = {"Package": f"lib{source}", "Source": f"{source} (1.0-1)"}
            made[f"{number:064}"] = _deb(place, "1", content, **fields)
        debs = tuple(
            LockedDeb(
                name=deb.control["Package"], version="1", architecture="amd64", source="python3.11", source_version="1",
                archive="debian", path="pool/main/x.deb", size=1, sha256=sha256, wanted_by="", relation="",
            )
            for sha256, deb in made.items()
        )  # fmt: skip
        lock = Lock(tool="t", timestamp=datetime(2026, 1, 2, tzinfo=UTC), definition=definition, debs=debs)
        inputs = Inputs({sha256: deb.path for sha256, deb in made.items()}, ())
        with ExitStack() as open_files:
            return gather(lock, inputs, tmp_path, open_files)[0]

    return build


@pytest.mark.parametrize("path", [f"{DEBIAN}/demo.pth", f"{STDLIB}/sitecustomize.py", "etc/ld.so.preload"])
def test_a_package_needs_the_definitions_word_as_well(build: Callable[..., Tree], path: str) -> None:
    with pytest.raises(StartupError, match=rf"libdemo \(Debian package\): /{path}") as caught:
        build(_definition(), demo={path: "x"})
    assert "debian: {startup: {libdemo: why}}" in caught.value.hint


def test_with_the_definitions_word_it_enters(build: Callable[..., Tree]) -> None:
    allowed = _definition(debian={"startup": {"libdemo": "I have looked"}})
    assert "etc/ld.so.preload" in build(allowed, demo={"etc/ld.so.preload": "x"})


def test_the_interpreters_own_hook_needs_nobodys_word(build: Callable[..., Tree]) -> None:
    """As Debian's libpython3.11-minimal has it: a link in the standard library to a configuration file."""
    hook = {"etc/python3.11/sitecustomize.py": "x", f"{STDLIB}/sitecustomize.py": "-> /etc/python3.11/sitecustomize.py"}
    assert f"{STDLIB}/sitecustomize.py" in build(_definition(), python3_11=hook)


@pytest.mark.parametrize("path", [f"{DEBIAN}/demo.pth", "usr/lib/python3.13/sitecustomize.py", "etc/ld.so.preload"])
def test_but_only_where_its_own_library_lies(build: Callable[..., Tree], path: str) -> None:
    with pytest.raises(StartupError):
        build(_definition(), python3_11={path: "x"})


def test_packages_do_not_replace_one_anothers_files(build: Callable[..., Tree]) -> None:
    """Not even by the same bytes: in one release of Debian, Replaces is for what an upgrade finds, not for this."""
    with pytest.raises(TreeError, match="deb:libone and deb:libtwo"):
        build(_definition(), one={"usr/share/data": "x"}, two={"usr/share/data": "x"})


def test_a_file_name_with_control_characters_is_refused_by_name(build: Callable[..., Tree]) -> None:
    with pytest.raises(TreeError, match="deb:libdemo has a path with control characters") as caught:
        build(_definition(), demo={"usr/share/\u202egnp.exe": "x"})
    assert caught.value.message.isprintable()
