from __future__ import annotations

from pathlib import Path

import pytest

from nautiloid.factory.definition import SlimRule
from nautiloid.factory.rootfs.content import Literal
from nautiloid.factory.rootfs.tree import Origin, Tree
from nautiloid.factory.slim import apply_rules, matches

ORIGIN = Origin("wheels", "wheel:thing")


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("a/**", "a/b/c", True),
        ("a/**", "a", False),
        ("a/*", "a/b/c", False),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("a/**/*.py", "a/m.py", True),
        ("usr/lib/python3*/x.py", "usr/lib/python3.11/x.py", True),
        ("lib{a,b*}.so", "libbcd.so", True),
        ("lib{a,b}.so", "libc.so", False),
        ("x[!0-9]", "x1", False),
        ("dots.and+plus", "dots.and+plus", True),
        ("dots.and", "dotsXand", False),
    ],
)
def test_globs(pattern: str, path: str, expected: bool) -> None:
    assert matches([pattern], path) is expected


def _tree() -> Tree:
    tree = Tree()
    for path in ("pkg/tests/test_a.py", "pkg/tests/keep.py", "pkg/core.py"):
        tree.file(path, Literal(b"12345"), ORIGIN, 0o755)
    return tree


def test_a_rule_removes_what_it_names_and_spares_what_it_keeps(tmp_path: Path) -> None:
    tree = _tree()
    rule = SlimRule(name="tests", because="not needed", paths=("pkg/tests/**",), keep=("**/keep.py",))
    (effect,) = apply_rules(tree, [rule], tmp_path)
    assert (effect.files, effect.bytes) == (1, 5)
    assert [entry.path for entry in tree.files()] == ["pkg/core.py", "pkg/tests/keep.py"]


def test_a_directory_that_becomes_empty_goes_too(tmp_path: Path) -> None:
    tree = _tree()
    apply_rules(tree, [SlimRule(name="tests", because="not needed", paths=("pkg/tests/**",))], tmp_path)
    assert "pkg/tests" not in tree


def test_clear_exec_keeps_the_file(tmp_path: Path) -> None:
    tree = _tree()
    rule = SlimRule(name="scripts", because="imported only", paths=("**/*.py",), action="clear-exec")
    (effect,) = apply_rules(tree, [rule], tmp_path)
    assert effect.files == 3
    assert all(entry.mode == 0o644 for entry in tree.files())


def test_a_rule_that_matches_nothing_is_reported(tmp_path: Path) -> None:
    (effect,) = apply_rules(_tree(), [SlimRule(name="gone", because="once there", paths=("x/**",))], tmp_path)
    assert effect.files == 0
