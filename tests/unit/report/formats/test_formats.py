"""Every form of every report is a document of its kind, and hostile text stays text in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from nautiloid.inspection.difference import Difference
from nautiloid.inspection.layer_changes import LayerChanges
from nautiloid.models.verdict import Judgement, runs_code
from nautiloid.oci.layout import Layout
from nautiloid.report.formats import Formats
from nautiloid.report.formats.comparison import COMPARISON_FORMATS
from nautiloid.report.formats.difference import DIFFERENCE_FORMATS
from nautiloid.report.formats.images import IMAGE_FORMATS
from nautiloid.report.formats.inspection import INSPECTION_FORMATS
from nautiloid.report.formats.models import MODEL_FORMATS
from nautiloid.report.formats.patch import PATCH_FORMATS
from nautiloid.report.formats.sbom import SBOM_FORMATS
from nautiloid.report.formats.scan import SCAN_FORMATS
from nautiloid.report.formats.selftest import SELFTEST_FORMATS
from nautiloid.report.formats.update import UPDATE_FORMATS
from nautiloid.selftest.report import Outcome, SelfTestReport
from nautiloid.workflows.models import JudgedFile, JudgedModels

from ..samples import COMPARISON, HOSTILE, INSPECTION, PATCH, UPDATE, digest
from ..test_scan_table import RESULT

FORMATS = Path(__file__).parents[4] / "src" / "nautiloid" / "report" / "formats"
SELFTEST = SelfTestReport(
    "nautiloid/pytorch:latest", "bubblewrap",
    (Outcome("files", "no shell", passed=True), Outcome("imports", "torch", passed=False, detail=f"no {HOSTILE}")),
)  # fmt: skip
DIFFERENCE = Difference(digest(1), digest(2), (), (), (), LayerChanges((), 0, 0))
MODELS = JudgedModels("models", (JudgedFile(HOSTILE, 9, Judgement.of("pickle", [runs_code(HOSTILE)])),))
REPORTED: dict[str, tuple[Formats[Any], Any]] = {
    "comparison": (COMPARISON_FORMATS, COMPARISON),
    "difference": (DIFFERENCE_FORMATS, DIFFERENCE),
    "images": (IMAGE_FORMATS, Layout(Path("no-store"))),
    "inspection": (INSPECTION_FORMATS, INSPECTION),
    "models": (MODEL_FORMATS, MODELS),
    "patch": (PATCH_FORMATS, PATCH),
    "sbom": (SBOM_FORMATS, INSPECTION),
    "scan": (SCAN_FORMATS, RESULT),
    "selftest": (SELFTEST_FORMATS, SELFTEST),
    "update": (UPDATE_FORMATS, UPDATE),
}
DOCUMENTS = [(what, name) for what, (formats, _) in REPORTED.items() for name in formats.names]


class _Elements(HTMLParser):
    """Remembers which elements are open; void ones never are."""

    VOID = frozenset({"meta", "link", "br", "hr", "img", "input", "rect", "line", "path"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.seen.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while tag not in self.VOID and self.open and self.open.pop() != tag:
            pass


def _is_json(text: str) -> None:
    assert isinstance(json.loads(text)["schema"], int), "who reads it must see when a field changes its meaning"


def _is_cyclonedx(text: str) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def _is_spdx(text: str) -> None:
    assert json.loads(text)["spdxVersion"] == "SPDX-2.3"


def _is_sarif(text: str) -> None:
    log = json.loads(text)
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)


def _is_junit(text: str) -> None:
    root = ElementTree.fromstring(text)
    cases = root.findall(".//testcase")
    assert root.tag in ("testsuite", "testsuites")
    assert cases and all(case.get("name") and case.get("classname") for case in cases)


def _is_html(text: str) -> None:
    elements = _Elements()
    elements.feed(text)
    elements.close()
    assert text.startswith("<!doctype html>")
    assert {"html", "head", "title", "body", "table"} <= elements.seen
    assert elements.open == []


def _is_markdown(text: str) -> None:
    assert re.match(r"#+ |\|", text)
    for table in re.findall(r"(?m)(?:^\|.*\n)+", text):
        rows = [re.sub(r"\\.", "", line).count("|") for line in table.splitlines()]
        assert len(set(rows)) == 1, table


KINDS: dict[str, Callable[[str], None]] = {
    "json": _is_json, "cyclonedx": _is_cyclonedx, "spdx": _is_spdx, "sarif": _is_sarif, "junit": _is_junit,
    "html": _is_html, "markdown": _is_markdown,
}  # fmt: skip


def _write(what: str, name: str) -> str:
    formats, result = REPORTED[what]
    return formats.write(name, result)


def test_every_module_of_formats_is_looked_at() -> None:
    assert {path.stem for path in FORMATS.glob("*.py")} - {"__init__"} == REPORTED.keys()


@pytest.mark.parametrize(("what", "name"), DOCUMENTS)
def test_every_form_is_a_document_of_its_kind(what: str, name: str) -> None:
    KINDS[name](_write(what, name))


@pytest.mark.parametrize(("what", "name"), DOCUMENTS)
def test_every_form_ends_with_one_line_break_and_commands_no_terminal(what: str, name: str) -> None:
    text = _write(what, name)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\x1b" not in text


@pytest.mark.parametrize(("what", "name"), DOCUMENTS)
def test_the_same_result_is_the_same_document(what: str, name: str) -> None:
    # What SBOM formats must hold for themselves: when the document was made, and a number of its own.
    own = re.compile(r"urn:uuid:[0-9a-f-]{36}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[0-9:.+Z]+")
    assert own.sub("", _write(what, name)) == own.sub("", _write(what, name))


# A self-test's JSON has no number yet.
@pytest.mark.parametrize("what", [what for what, name in DOCUMENTS if name == "json" and what != "selftest"])
def test_json_says_which_form_it_has(what: str) -> None:
    assert {"schema", "format"} & json.loads(_write(what, "json")).keys()


def test_names_are_those_of_the_help_in_their_order() -> None:
    assert SCAN_FORMATS.names == ("json", "sarif", "cyclonedx", "html", "junit")
    assert SBOM_FORMATS.names == ("cyclonedx", "spdx")


def test_an_empty_scan_is_a_document_in_every_form() -> None:
    nothing = replace(RESULT, findings=(), sources=(), unevaluated=(), uncovered=())
    for name in ("json", "sarif", "cyclonedx"):
        KINDS[name](SCAN_FORMATS.write(name, nothing))
    assert ElementTree.fromstring(SCAN_FORMATS.write("junit", nothing)).findall(".//failure") == []
