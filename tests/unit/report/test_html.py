"""What the pages promise their readers: colours that can be read, whole words, agreeing numbers, nothing to type."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautiloid.inspection.comparison import compare
from nautiloid.inspection.inventory import Inspection
from nautiloid.report import html as pages
from nautiloid.report.html import breakable, comparison_to_html, facts, inspection_to_html
from nautiloid.report.vulnerabilities import html as scans
from nautiloid.report.vulnerabilities.html import scan_to_html
from nautiloid.report.words import printable
from nautiloid.vulns import model
from nautiloid.vulns import scan as scanning
from nautiloid.vulns.database.files import import_file
from nautiloid.vulns.database.reader import open_database
from nautiloid.vulns.model import Finding, ScannedComponent, ScanResult, State, Suppression
from nautiloid.vulns.severity import Rating, Severity

from ..inspection.images import File, inspect_files
from ..inspection.test_image import ELF, LOCAL
from ..vulns.exports_server import record

CSS = (Path(pages.__file__).parent / "templates" / "page.css").read_text()
SEVERITIES = ("critical", "high", "medium", "low", "unknown", "info")
TINTS = tuple(f"t{number}" for number in range(8))


@pytest.fixture
def image(tmp_path: Path) -> Inspection:
    """Two findings that count (root, setuid) and three that only inform."""
    hooks = [File(f"{LOCAL}/hook-{number}.pth", b"import os\n") for number in range(3)]
    return inspect_files(tmp_path, [File("usr/bin/su", ELF, 0o4755), *hooks], user="")


def _scan(*findings: Finding, warnings: tuple[str, ...] = ()) -> ScanResult:
    return ScanResult("x", "", "", "nautiloid", findings, 5, 5, warnings=warnings)


def _finding(identity: str, package: str, severity: Severity = Severity.HIGH, *, suppressed: bool = False) -> Finding:
    return Finding(
        identity, (identity,), (), "PyPI", "", package, "1", (), Rating(severity), State.UNFIXED, "", "", (), "",
        suppressed=Suppression("VEX", "not_affected", "a reason", "a document") if suppressed else None,
    )  # fmt: skip


def _tile(page: str, title: str) -> tuple[str, str]:
    """Return the number and the note of a tile."""
    found = re.search(rf'<dt>{title}</dt><dd>([^<]*)</dd>(?:<dd class="note">([^<]*)</dd>)?', page)
    assert found
    return found[1], found[2] or ""


def _rows(table: str) -> int:
    return table.partition("<tbody>")[2].partition("</tbody>")[0].count("<tr")


def _table(page: str, caption: str) -> str:
    return page.partition(f"<caption>{caption}</caption>")[2].partition("</table>")[0]


# -- colours -----------------------------------------------------------------------------------------


def _colours(scheme: str) -> dict[str, str]:
    light, _, rest = CSS.partition("@media screen and (prefers-color-scheme: dark)")
    told = {"light": light, "dark": rest.partition("} }")[0]}[scheme]
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})\b", told))


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_badges_and_labels_of_the_picture_can_be_read(scheme: str) -> None:
    colours = _colours(scheme)
    for severity in SEVERITIES:
        assert _contrast(colours[severity], colours[f"on-{severity}"]) >= 4.5, severity
    for tint in TINTS:
        assert _contrast(colours[tint], colours["label"]) >= 4.5, tint
    assert len({colours[severity] for severity in SEVERITIES}) == len(SEVERITIES)


def test_the_picture_is_dark_in_the_dark() -> None:
    dark = _colours("dark")
    assert all(_luminance(dark[tint]) < 0.12 for tint in TINTS)
    assert all(f".{tint} {{ fill: var(--{tint}); }}" in CSS for tint in TINTS)


def test_every_severity_has_its_badge(image: Inspection) -> None:
    findings = [_finding(f"CVE-{severity}", "p", severity) for severity in Severity]
    page = scan_to_html(_scan(*findings))
    for severity in Severity:
        badge = f'<span class="badge {severity.word}">{severity.word.capitalize()}</span>'
        assert f"<td>{badge}</td>" in page
        assert f'<div class="row">{badge}' in page
        assert re.search(rf"\.{severity.word}\b[^{{}}]*\{{ --fill: var\(", CSS)
    assert '<span class="badge medium">Medium</span>' in inspection_to_html(image)
    side_by_side = comparison_to_html(compare([image, image]), scans=[_scan(*findings)] * 2)
    assert '<span class="badge critical">Critical</span></th>' in side_by_side


# -- nothing to type ---------------------------------------------------------------------------------


def _real_scan(tmp_path: Path) -> ScanResult:
    """A scan with old advisories, with something that cannot be evaluated and with a note."""
    (tmp_path / "one.json").write_text(json.dumps(record("A-1", "odd")))
    import_file(tmp_path / "db", tmp_path / "one.json", "PyPI")
    parts = (ScannedComponent("odd", "not a version", "pkg:pypi/odd@a b"),)
    with open_database(tmp_path / "db") as opened:
        return scanning.scan(model.Subject("x", parts, notes=("could not read /a: it is damaged",)), opened)


def test_pages_state_facts_and_give_no_commands(
    tmp_path: Path, image: Inspection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "STALE_AFTER", timedelta(days=-1))
    result = _real_scan(tmp_path)
    assert any("nautiloid db update" in warning for warning in result.warnings)
    for page in (scan_to_html(result), comparison_to_html(compare([image, image]), scans=[result, result])):
        text = re.sub(r"<(style|script)>.*?</\1>|<[^>]*>", "", page, flags=re.DOTALL)
        assert re.search(r"the advisories are old \(PyPI -?\d+ days\)", text)
        assert "1 things could not be evaluated" in text
        assert "could not read /a: it is damaged" in text
        assert not re.search(r"--[a-z]|JSON|nautiloid db|'nautiloid", html.unescape(text))


def test_a_list_that_is_not_whole_says_so(image: Inspection, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (pages, scans):
        monkeypatch.setattr(module, "_MOST_ROWS", 1)
    many = [_finding(f"CVE-{number}", "p", suppressed=number > 3) for number in range(6)]
    page = scan_to_html(_scan(*many))
    assert "and 3 more that are not on this page" in page
    assert "and 1 more that are not on this page" in page
    assert 'data-unit="findings on this page"' in page
    inspected = inspection_to_html(image)
    assert "and 2 more that are not on this page" in inspected
    assert "JSON" not in page + inspected


@pytest.mark.parametrize(
    ("warning", "fact"),
    [
        ("the advisories are old (PyPI 95 days): run 'nautiloid db update'", "the advisories are old (PyPI 95 days)"),
        ("10 things could not be evaluated; --all and the JSON format list them", "10 things could not be evaluated"),
        ("requirements.txt:3: not supported: --pre", "requirements.txt:3: not supported: --pre"),
        ("could not read /a; b: it is damaged", "could not read /a; b: it is damaged"),
    ],
)
def test_facts_stay(warning: str, fact: str) -> None:
    assert facts([warning]) == (fact,)


# -- numbers -----------------------------------------------------------------------------------------


def test_the_tile_of_findings_counts_the_list(image: Inspection) -> None:
    page = inspection_to_html(image)
    number, note = _tile(page, "Findings")
    listed = [_rows(_table(page, f"{severity} findings")) for severity in ("High", "Medium", "Low")]
    assert int(number) == sum(listed) > 0
    assert f"<h3>Findings ({number})</h3>" in page
    assert (_rows(_table(page, "For information")), note) == (3, "and 3 for information")
    assert "Info findings" not in page


def test_without_anything_for_information_there_is_no_note(tmp_path: Path) -> None:
    page = inspection_to_html(inspect_files(tmp_path, [File("a", b"")], user="1"))
    assert _tile(page, "Findings") == ("0", "")
    assert "For information" not in page.partition("<footer>")[0]


def test_a_scan_tells_vulnerabilities_from_findings() -> None:
    found = (
        _finding("CVE-1", "a"),
        _finding("CVE-1", "b"),
        _finding("CVE-2", "a"),
        _finding("CVE-3", "c", suppressed=True),
    )
    page = scan_to_html(_scan(*found))
    assert _tile(page, "Vulnerabilities") == ("2", "each counted once")
    assert _tile(page, "Findings") == ("3", "one for each package")
    assert _tile(page, "Suppressed findings")[0] == "1"
    assert _rows(_table(page, "Findings that count, the most urgent first")) == 3
    assert _rows(_table(page, "Suppressed findings and why")) == 1
    assert "Findings (3)</h2>" in page
    assert "2 vulnerabilities in all" in page


# -- words -------------------------------------------------------------------------------------------


def test_no_rule_breaks_words_anywhere() -> None:
    assert "anywhere" not in CSS
    assert "break-all" not in CSS


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("a vulnerability in setuptools", "a vulnerability in setuptools"),
        ("usr/lib/short.py", "usr/lib/short.py"),
        ("/usr/local/lib/python3.11/x", "/usr/|local/|lib/|python3.11/|x"),
        ("pkg:deb/debian/python3-setuptools-whl", "pkg:deb/|debian/|python3-|setuptools-|whl"),
        (f"sha256:{'0' * 64}", f"sha256:|{'0' * 32}|{'0' * 32}"),
        ("nautiloid@registry.example.org", "nautiloid@|registry.|example.|org"),
        ("<b>/&/'/\"/\x1b/0123456789", "<b>/|&/|'/|\"/|\\x1b/|0123456789"),
    ],
)
def test_long_names_break_where_their_parts_end(text: str, broken: str) -> None:
    assert breakable(text) == html.escape(broken).replace("&#x27;", "&#39;").replace("&quot;", "&#34;").replace(
        "|", "<wbr>"
    )


@given(st.text(st.one_of(st.sampled_from("ab/.-@_<&'\" \n"), st.characters()), max_size=300))
def test_breaking_changes_no_character_and_lets_no_markup_in(text: str) -> None:
    broken = breakable(text)
    assert html.unescape(broken.replace("<wbr>", "")) == html.unescape(html.escape(printable(text)))
    assert "<" not in broken.replace("<wbr>", "")
    for word in re.split(r"\s|<wbr>", broken):
        assert len(html.unescape(word)) <= 48
