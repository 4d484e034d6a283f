from __future__ import annotations

from pathlib import Path

import yaml

from nautiloid.elf.linking import ElfFacts
from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.rootfs.content import Literal
from nautiloid.factory.rootfs.tree import Origin, Tree
from nautiloid.run.answers import Answers, differences
from nautiloid.slimming.needed import needed_files
from nautiloid.slimming.proposal import propose
from nautiloid.slimming.rules import slim_definition

SITE = "usr/local/lib/python3.11/dist-packages"


def _tree(*files: tuple[str, str, int]) -> Tree:
    tree = Tree()
    for path, component, size in files:
        tree.file(path, Literal(b"x" * size), Origin("layer", component))
    return tree


def _elf(*needed: str) -> ElfFacts:
    return ElfFacts(False, "", needed, ())


def test_whole_directories_are_named_once_and_by_component() -> None:
    tree = _tree(
        (f"{SITE}/big/__init__.py", "wheel:big", 10),
        (f"{SITE}/big/unused/a.py", "wheel:big", 400),
        (f"{SITE}/big/unused/deep/b.py", "wheel:big", 500),
        (f"{SITE}/big/mixed/used.py", "wheel:big", 10),
        (f"{SITE}/big/mixed/large.bin", "wheel:big", 700),
        (f"{SITE}/big/mixed/small.py", "wheel:big", 5),
        (f"{SITE}/big-1.0.dist-info/METADATA", "wheel:big", 900),
        ("usr/lib/libx.so", "deb:x", 2000),
        ("usr/share/doc/x/copyright", "deb:x", 3000),
    )
    needed = needed_files(tree, [f"/{SITE}/big/__init__.py", f"/{SITE}/big/mixed/used.py"], {})
    proposals = propose(tree, needed, {}, 100)
    assert [(one.component, [(item.glob, item.files, item.size) for item in one.removals]) for one in proposals] == [
        ("deb:x", [("usr/lib/**", 1, 2000)]),
        ("wheel:big", [(f"{SITE}/big/unused/**", 2, 900), (f"{SITE}/big/mixed/large.bin", 1, 700)]),
    ]


def test_a_directory_of_two_owners_is_not_named_as_a_whole() -> None:
    tree = _tree(("opt/shared/a", "deb:a", 500), ("opt/shared/b", "deb:b", 500))
    globs = {item.glob for one in propose(tree, set(), {}, 100) for item in one.removals}
    assert globs == {"opt/shared/a", "opt/shared/b"}


def test_what_belongs_together_stays_together() -> None:
    tree = _tree(
        ("usr/lib/app.so", "deb:a", 1),
        ("usr/lib/libdep.so.1.2", "deb:dep", 1),
        ("usr/lib/libdeeper.so.1", "deb:dep", 1),
        (f"{SITE}/m.py", "wheel:m", 1),
        (f"{SITE}/__pycache__/m.cpython-311.pyc", "wheel:m", 1),
        (f"{SITE}/n.py", "wheel:m", 1),
    )
    tree.symlink("usr/lib/libdep.so.1", "libdep.so.1.2", Origin("layer", "deb:dep"))
    tree.symlink("usr/bin/link", "../lib/app.so", Origin("layer", "deb:a"))
    facts = {
        "usr/lib/app.so": _elf("libdep.so.1"),
        "usr/lib/libdep.so.1.2": _elf("libdeeper.so.1", "libdep.so.1"),
        "usr/lib/libdeeper.so.1": _elf(),
    }
    used = ["/usr/bin/link", f"/{SITE}/__pycache__/m.cpython-311.pyc", "/nowhere"]
    assert needed_files(tree, used, facts) == {
        "usr/lib/app.so", "usr/lib/libdep.so.1.2", "usr/lib/libdeeper.so.1",
        f"{SITE}/m.py", f"{SITE}/__pycache__/m.cpython-311.pyc",
    }  # fmt: skip


def test_a_library_stays_for_what_is_too_small_to_go() -> None:
    tree = _tree(("usr/lib/small.so", "deb:a", 10), ("opt/large.so", "deb:b", 1000), ("opt/other", "deb:b", 1000))
    facts = {"usr/lib/small.so": _elf("large.so"), "opt/large.so": _elf()}
    assert [item.glob for one in propose(tree, set(), facts, 100) for item in one.removals] == ["opt/other"]


def test_a_proposal_is_a_definition_that_loads(tmp_path: Path) -> None:
    tree = _tree((f"{SITE}/big/unused/a.py", "wheel:Big.Thing", 400))
    text = slim_definition("pytorch", "pytorch-slim", "not used by: -c pass", SITE, propose(tree, set(), {}, 1))
    rule = yaml.safe_load(text)["slim"][0]
    assert rule["paths"] == ["{site}/**"] or rule["paths"] == ["usr/**"]
    (tmp_path / "slim.yaml").write_text(text)
    definition = load_definition(str(tmp_path / "slim.yaml")).definition
    assert definition.slim[-1].name == "unused-wheel-big-thing"


def test_answers_are_compared_one_by_one() -> None:
    before = Answers(0, "octopus\n", "", {"a": "1", "b": "2"})
    assert list(differences(before, before)) == []
    after = Answers(1, "whale\n", "Traceback\nImportError: gone", {"a": "1", "b": "3", "c": "4"})
    found = list(differences(before, after))
    assert found == [
        "it ends with 1 instead of 0 (Traceback; ImportError: gone)",
        "it prints something else",
        "it writes another b",
        "it writes another c",
    ]
