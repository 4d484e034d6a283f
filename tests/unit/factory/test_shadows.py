"""Nothing stands before another one's file: neither where Python looks for modules, nor programs, nor libraries."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from nautiloid.elf.linking import ElfFacts
from nautiloid.factory.rootfs.content import Literal
from nautiloid.factory.rootfs.tree import Origin, Tree, TreeError
from nautiloid.factory.shadows import check_libraries, check_shadows

SITE = "usr/local/lib/python3.11/dist-packages"
STDLIB = "usr/lib/python3.11"
MINE, OTHERS = Origin("wheels", "wheel:mine"), Origin("base", "deb:others")


def _tree(mine: str, others: str, who: Origin = MINE) -> Tree:
    tree = Tree()
    tree.file(others, Literal(b"1"), OTHERS)
    tree.file(mine, Literal(b"2"), who)
    return tree


@pytest.mark.parametrize(
    ("mine", "others"),
    [
        (f"{SITE}/six/__init__.py", f"{SITE}/six.py"),
        (f"{SITE}/numpy/version.cpython-311-x86_64-linux-gnu.so", f"{SITE}/numpy/version.py"),
        (f"{SITE}/numpy/__pycache__/__init__.cpython-311.pyc", f"{SITE}/numpy/__init__.py"),
        (f"{STDLIB}/os/__init__.py", f"{STDLIB}/os.py"),
        (f"{STDLIB}/_ssl.py", f"{STDLIB}/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so"),
        ("usr/local/bin/python3.11", "usr/bin/python3.11"),
        ("usr/local/bin/ldconfig", "usr/sbin/ldconfig"),
        ("usr/local/lib/libc.so.6", "usr/lib/x86_64-linux-gnu/libc.so.6"),
    ],
)
def test_what_would_be_found_instead_of_anothers_file_is_refused(mine: str, others: str) -> None:
    with pytest.raises(TreeError) as caught:
        check_shadows(_tree(mine, others))
    assert f"/{mine} (wheel:mine)" in caught.value.message
    assert f"/{others} (deb:others)" in caught.value.message
    check_shadows(_tree(mine, others, Origin("application", "files")))
    check_shadows(_tree(mine, others, OTHERS))


def test_a_link_of_the_definition_counts_as_a_program() -> None:
    tree = Tree()
    tree.symlink("usr/bin/python3", "python3.11", Origin("base", "system"))
    tree.file("usr/local/bin/python3", Literal(b""), MINE)
    with pytest.raises(TreeError):
        check_shadows(tree)


@pytest.mark.parametrize(
    ("mine", "others"),
    [
        (f"{SITE}/google/mine/__init__.py", f"{SITE}/google/others/__init__.py"),
        (f"{SITE}/six.pyi", f"{SITE}/six.py"),
        (f"{SITE}/six.py", "usr/lib/python3/dist-packages/six.py"),
        (f"{SITE}/mine.libs/libgomp.so.1", "usr/lib/x86_64-linux-gnu/libgomp.so.1"),
        (f"{STDLIB}/distutils/cmd.py", f"{STDLIB}/distutils/__init__.py"),
        ("usr/local/bin/tool", "usr/bin/other"),
        ("usr/local/share/six.py", "usr/local/share/six/__init__.py"),
    ],
)
def test_what_has_a_place_of_its_own_is_not(mine: str, others: str) -> None:
    check_shadows(_tree(mine, others))


@pytest.mark.parametrize("shadow", ["six/__init__.py", "six.so"])
def test_python_agrees_about_what_it_finds_first(tmp_path: Path, shadow: str) -> None:
    (tmp_path / "six.py").write_text("")
    (tmp_path / shadow).parent.mkdir(exist_ok=True)
    (tmp_path / shadow).write_text("")
    code = "import importlib.util, sys; sys.path.insert(0, sys.argv[1]); print(importlib.util.find_spec('six').origin)"
    done = subprocess.run([sys.executable, "-S", "-c", code, tmp_path], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == str(tmp_path / shadow)


def test_a_library_is_known_by_what_it_calls_itself_too() -> None:
    """The linker's cache has the names that libraries call themselves, not those of their files."""
    mine, others = "usr/local/lib/harmless", "usr/lib/x86_64-linux-gnu/libc.so.6"
    tree = _tree(mine, others)
    check_shadows(tree)
    facts = ElfFacts(soname="libc.so.6", needed=(), search=(), program=False)
    check_libraries(tree, {mine: replace(facts, soname="libmine.so"), others: facts})
    with pytest.raises(TreeError, match="wheel:mine"):
        check_libraries(tree, {mine: facts, others: facts})
