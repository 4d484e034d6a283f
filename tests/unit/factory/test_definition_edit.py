"""A list in YAML is edited, and every other byte stays where it was."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nautiloid.factory.definition_edit import entries, with_entry, without_entry
from nautiloid.factory.definition_file import DefinitionError

KEY = ("python", "requirements")

BLOCK = """\
# The image of the team.
name:   app   # keep
python:
    requirements:
      # numbers
      - "numpy>=2"   # requirements.txt:1
      - pandas # requirements.txt:2
      # torch comes with pytorch

files: []
"""


def test_a_new_entry_stands_behind_the_last_one_and_comments_stay_where_they_are() -> None:
    edited = with_entry(BLOCK, KEY, 'six; python_version < "4"')
    line = '      - six; python_version < "4"\n'
    assert edited == BLOCK.replace("# requirements.txt:2\n", f"# requirements.txt:2\n{line}")


def test_an_entry_is_replaced_in_its_place() -> None:
    assert with_entry(BLOCK, KEY, "numpy>=3", 0) == BLOCK.replace('"numpy>=2"', "numpy>=3")


def test_an_entry_goes_with_its_line() -> None:
    assert without_entry(BLOCK, KEY, 1) == BLOCK.replace("      - pandas # requirements.txt:2\n", "")


def test_the_last_entry_leaves_an_empty_list_and_not_null() -> None:
    edited = without_entry("name: a\npython:\n  requirements:\n  - six\n  version: '3.11'\n", KEY, 0)
    assert edited == "name: a\npython:\n  requirements: []\n  version: '3.11'\n"


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("name: a\n", "name: a\npython:\n  requirements:\n    - six\n"),
        ("name: a", "name: a\npython:\n  requirements:\n    - six\n"),
        ("name: a\r\n", "name: a\r\npython:\r\n  requirements:\r\n    - six\r\n"),
        ("{name: a}", "{python: {requirements: [six]}, name: a}"),
        ("name: a\npython:\n  # why\n  version: '3.11'\n",
         "name: a\npython:\n  # why\n  requirements:\n    - six\n  version: '3.11'\n"),
        ("python: {version: '3.11'} # x\nname: a\n", "python: {requirements: [six], version: '3.11'} # x\nname: a\n"),
        ("python: {}\nname: a\n", "python: {requirements: [six]}\nname: a\n"),
        ("python: {requirements: []}\nname: a\n", "python: {requirements: [six]}\nname: a\n"),
        ("python:\n  requirements: [ a ,\n    b ] # c\n", "python:\n  requirements: [ a ,\n    b, six ] # c\n"),
        ("python:\n  requirements:\n  - a\nname: x\n", "python:\n  requirements:\n  - a\n  - six\nname: x\n"),
        ("python:\n  requirements:\n  - a\r\nname: x\n", "python:\n  requirements:\n  - a\r\n  - six\r\nname: x\n"),
        ("python:\n  requirements:\n  - a", "python:\n  requirements:\n  - a\n  - six"),
    ],
)  # fmt: skip
def test_lists_in_every_way_of_writing_them(text: str, edited: str) -> None:
    assert with_entry(text, KEY, "six") == edited


@pytest.mark.parametrize(
    ("text", "place", "edited"),
    [
        ("python: {requirements: [a, b, c]}", 0, "python: {requirements: [b, c]}"),
        ("python: {requirements: [a, b, c]}", 1, "python: {requirements: [a, c]}"),
        ("python: {requirements: [a, b, c]}", 2, "python: {requirements: [a, b]}"),
        ("python: {requirements: [a]}", 0, "python: {requirements: []}"),
    ],
)
def test_entries_go_out_of_lists_in_one_line(text: str, place: int, edited: str) -> None:
    assert without_entry(text, KEY, place) == edited


@pytest.mark.parametrize(
    "text",
    [
        "name: a\npython:\n",
        "name: a\npython: {requirements: null}\n",
        "name: a\npython: {requirements: six}\n",
        "name: a\nlist: &l [a]\npython: {requirements: *l}\n",
        "name: a\nbase: &b {requirements: [a]}\npython: {<<: *b}\n",
        "- a\n",
        "name: [\n",
    ],
)
def test_what_cannot_be_edited_so_is_said(text: str) -> None:
    with pytest.raises(DefinitionError):
        with_entry(text, KEY, "six")


def test_what_is_inherited_or_no_list_is_not_listed() -> None:
    assert entries("extends: python\n", KEY) == []
    assert entries("python: {requirements: null}\n", KEY) == []
    assert entries(BLOCK, KEY) == ["numpy>=2", "pandas"]


_entry = st.from_regex(r"[a-z][a-z0-9]{0,6}([<>=]=[0-9](\.[0-9])?)?( ; python_version < \"4\")?", fullmatch=True)
_shown = st.sampled_from(["plain", "quoted", "comment", "blank"])


@given(st.lists(st.tuples(_entry, _shown), min_size=1, max_size=5), _entry, st.data())
def test_every_other_line_stays(written: list[tuple[str, str]], new: str, data: st.DataObject) -> None:
    lines = ["name: x # y", "debian: {packages: [a]}", "python:", "  requirements:"]
    for text, shown in written:
        lines += {"comment": ["    # why"], "blank": [""]}.get(shown, [])
        lines.append(f"    - '{text}'  # z" if shown == "quoted" else f"    - {text}")
    lines += ["  # end", "image: {user: '0'}", ""]
    before = "\n".join(lines)
    after = with_entry(before, KEY, new)
    assert [line for line in after.split("\n") if line not in lines or line == f"    - {new}"] != []
    assert yaml.safe_load(after)["python"]["requirements"] == [*(text for text, _ in written), new]
    place = data.draw(st.integers(0, len(written)))
    shorter = without_entry(after, KEY, place)
    assert len(after.split("\n")) - len(shorter.split("\n")) == 1
    assert without_entry(after, KEY, len(written)) == before
