"""Every difference between two real images, in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nautiloid.inspection.difference import Difference, compare_images
from nautiloid.inspection.file_changes import ChangeKind, FileChange
from nautiloid.inspection.ownership import Owner
from nautiloid.report.terminal.difference import difference_to_lines

from ...inspection.images import File, image_of
from ..samples import HOSTILE
from .golden import text_of


@pytest.fixture
def found(tmp_path: Path) -> Difference:
    old = [File("etc/app.conf", b"threads = 1\n"), File("etc/old", b"x"), File("bin/tool", b"a", 0o755)]
    new = [File("etc/app.conf", b"threads = 2\n"), File(f"etc/{HOSTILE}", b"x"), File("bin/tool", b"a", 0o4755)]
    with image_of(tmp_path / "a", old) as a, image_of(tmp_path / "b", new, user="0", env=("A=1",)) as b:
        return compare_images(a, b, content=True)


def _text(found: Difference, *, every: bool = False) -> str:
    return text_of(difference_to_lines(found, every=every))


def test_both_digests_come_first_and_whole(found: Difference) -> None:
    assert _text(found).startswith(f"A  {found.before}\nB  {found.after}\n")


def test_files_are_counted_and_named_with_what_differs(found: Difference) -> None:
    text = _text(found)
    assert "Files: 1 added, 1 removed, 2 changed\n" in text
    assert "    ~ /bin/tool  mode 0755 -> 4755\n" in text
    assert "    - /etc/old  (file" in text
    assert "        -threads = 1\n        +threads = 2\n" in text


def test_settings_and_layers_are_told(found: Difference) -> None:
    text = _text(found)
    assert '    + config.Env.A "1"\n' in text
    assert '    ~ config.User "65532" -> "0"\n' in text
    assert "\nLayers: B shares 0 B with A; " in text


def test_a_package_that_came_as_a_whole_is_one_line_unless_everything_is_asked_for(found: Difference) -> None:
    owner = Owner("deb", "libexample", "1.0")
    files = tuple(FileChange(f"usr/lib/{n}", ChangeKind.ADDED, "layer", owner, "file", 1_000) for n in range(25))
    grown = replace(found, files=files, packages={("deb", "libexample"): ("", "1.0")})
    assert "    + 25 paths, 25000 bytes (--all lists them)\n" in _text(grown)
    everything = _text(grown, every=True)
    assert all(f"    + /{file.path}  (file, 1000 bytes)\n" in everything for file in files)


def test_an_image_and_itself_are_one_image(found: Difference) -> None:
    same = replace(found, after=found.before, files=(), settings=(), annotations=(),
                   layers=replace(found.layers, pairs=()))  # fmt: skip
    assert _text(same).endswith("same: one digest, one image\n")
    ignored = replace(same, after=found.after, ignored=frozenset({"mtime", "created"}))
    assert _text(ignored).endswith("same: nothing differs but what was ignored (created, mtime)\n")


def test_hostile_text_commands_no_terminal(found: Difference) -> None:
    assert all(line.isprintable() for line in _text(found, every=True).splitlines())
    assert "/etc/\\x1b[31mred\\n\\u202e" in _text(found)
