"""Reports made of hostile images: nothing in them may become markup, a script or a terminal command."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautiloid.errors import UsageError
from nautiloid.inspection.comparison import compare
from nautiloid.inspection.document import inspection_from_json, inspection_to_json
from nautiloid.inspection.inventory import Inspection, Usage
from nautiloid.report.html import comparison_to_html, inspection_to_html
from nautiloid.report.markdown import comparison_to_markdown, inspection_to_markdown
from nautiloid.report.treemap import treemap
from nautiloid.report.words import printable, size

from ..inspection.images import File, inspect_files
from ..inspection.test_image import ELF, LOCAL, _distribution

HOSTILE = "</script><img src=x onerror=alert(1)>\"'|`\x1b[31m"


@pytest.fixture
def hostile(tmp_path: Path) -> Inspection:
    name = HOSTILE.replace("/", "-")
    found = inspect_files(
        tmp_path, [File(f"bin/{name}", ELF, 0o4755), *_distribution(LOCAL, "plain", "1.0"), File("a.jar", b"no zip")]
    )
    components = tuple(replace(component, name=HOSTILE, version=HOSTILE) for component in found.components)
    return replace(found, name=HOSTILE, components=components, distribution=HOSTILE)


def test_html_asks_for_nothing_and_escapes_everything(hostile: Inspection) -> None:
    for page in (inspection_to_html(hostile), comparison_to_html(compare([hostile, hostile]))):
        assert page.startswith("<!doctype html>")
        assert "<img" not in page
        assert page.count("<script>") == page.count("</script>") == 1
        assert not re.search(r"(?:src|href)=[\"'](?!#)", page)
        assert "\x1b" not in page
        assert "default-src 'none'" in page


def test_markdown_keeps_its_cells(hostile: Inspection) -> None:
    text = inspection_to_markdown(hostile) + comparison_to_markdown(compare([hostile, hostile]))
    assert "<" not in re.sub(r"\\.", "", text)
    assert "\x1b" not in text
    for line in text.splitlines():
        if line.startswith("|"):
            assert re.sub(r"\\.", "", line).count("|") in (3, 4, 5)


def test_json_comes_back_as_it_was(hostile: Inspection) -> None:
    assert inspection_from_json(inspection_to_json(hostile)) == hostile
    for wrong in ("", "[]", "{}", '{"schema": 99}', '{"schema": 1}'):
        with pytest.raises(UsageError):
            inspection_from_json(wrong)


SIZES = st.lists(st.integers(0, 10**9), min_size=1, max_size=30)


@settings(max_examples=200, deadline=None)
@given(st.lists(SIZES, min_size=1, max_size=8))
def test_rectangles_stay_inside_and_have_the_right_area(layers: list[list[int]]) -> None:
    parts = [Usage("l", sum(sizes), tuple(Usage("f", number) for number in sizes)) for sizes in layers]
    whole = Usage("x", sum(part.size for part in parts), tuple(parts))
    boxes = treemap(whole, 960, 420, size)
    for box in boxes:
        assert box.x >= -1e-6 and box.y >= -1e-6
        assert box.x + box.width <= 960 + 1e-6 and box.y + box.height <= 420 + 1e-6
    if whole.size:
        outer = [box for box in boxes if box.depth == 0]
        drawn = sum(box.width * box.height for box in outer)
        assert drawn <= 960 * 420 + 1e-3
        big = sum(part.size for part in parts if part.size > whole.size * 0.05) / whole.size
        assert drawn >= big * 960 * 420 * 0.999


@given(st.text())
def test_printed_text_commands_no_terminal(text: str) -> None:
    assert all(char.isprintable() for char in printable(text))


@pytest.mark.parametrize(("count", "told"), [(0, "0 B"), (999, "999 B"), (1500, "2 kB"), (15_000_000, "15.0 MB"),
                                             (150_000_000, "150 MB"), (1_500_000_000, "1.5 GB")])  # fmt: skip
def test_sizes_are_powers_of_a_thousand(count: int, told: str) -> None:
    assert size(count) == told
