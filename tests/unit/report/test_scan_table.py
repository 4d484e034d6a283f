"""A scan's table as a person reads it: compared with files that a person has looked at.

``NAUTILOID_REWRITE_GOLDEN=1 pytest tests/unit/report/test_scan_table.py`` writes those files anew; read them before
they are committed.
"""

from __future__ import annotations

import html
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from nautiloid.errors import UsageError
from nautiloid.report.vulnerabilities.columns import DEFAULT_COLUMNS
from nautiloid.report.vulnerabilities.data import scan_to_json
from nautiloid.report.vulnerabilities.html import scan_to_html
from nautiloid.report.vulnerabilities.table import scan_to_lines
from nautiloid.vulns.model import (
    NO_VERSION,
    AdvisorySource,
    Exploited,
    Finding,
    LibraryCheck,
    ScannedComponent,
    ScanResult,
    State,
    Suppression,
    Unevaluated,
)
from nautiloid.vulns.severity import Rating, Severity

GOLDEN = Path(__file__).parents[2] / "data" / "tables"
LONG_VERSION = "1:140.0.7339.185+really138.0.7204.183-1~deb12u1+nmu20260714.2"

_BANDS = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW))
_PACKAGES = {
    "linux": ("Debian", "6.1.2-1"),
    "openssl": ("Debian", "3.0.11-1~deb12u2"),
    "chromium": ("Debian", LONG_VERSION),
    "pillow": ("PyPI", "9.4.0"),
    "urllib3": ("PyPI", "1.26.5"),
}
# Package, id, score, fix, summary; the gravest first, as a scan sorts them.
_FINDINGS: list[tuple[str, str, float | None, str, str]] = [
    ("pillow", "CVE-2023-4863", 8.8, "10.0.1", "libwebp: OOB write in BuildHuffmanTable, reachable by any WebP image"),
    ("linux", "CVE-2026-31001", 9.8, "6.1.9-1", "ksmbd: use-after-free in session logoff allows remote code execution"),
    ("pillow", "GHSA-3f63-hfp8-52jq", 9.3, "10.2.0", "Arbitrary code execution in ImageMath.eval"),
    ("openssl", "CVE-2026-0464", 8.1, "3.0.19-1~deb12u1", "PKCS#12: heap buffer overflow in the decoding of a name"),
    ("linux", "CVE-2026-31002", 7.8, "6.1.9-1", "netfilter: nf_tables: reject a chain that is bound twice"),
    ("linux", "CVE-2026-31003", 7.8, "6.1.9-1", "io_uring: a buffer ring is freed while it is still mapped"),
    ("chromium", "CVE-2026-7001", 7.5, "", "Type confusion in V8"),
    ("urllib3", "GHSA-v845-jxx5-vc9f", 7.5, "1.26.17", "Cookie header is not stripped on cross-origin redirects"),
    ("pillow", "GHSA-j7hp-h8jx-5ppr", 7.5, "10.0.1", "The same libwebp, in wheels of musllinux"),
    ("linux", "CVE-2026-31004", 7.1, "", "ext4: a crafted image reads past the end of an extent block"),
    ("linux", "CVE-2026-31005", 5.5, "6.1.9-1", "drm/amdgpu: a NULL pointer is dereferenced when a ring is reset"),
    ("linux", "CVE-2026-31006", 5.5, "", "btrfs: a warning is triggered by concurrent scrubs"),
    ("openssl", "CVE-2026-0465", 5.3, "", "Excessive time is spent on checking of long DH keys"),
    ("urllib3", "CVE-2024-37891", 4.4, "1.26.19", "Proxy-Authorization is not stripped on cross-origin redirects"),
    ("pillow", "GHSA-8ghj-p4vj-mr35", 4.3, "10.3.0", "Denial of service by text of uncontrolled length in ImageFont"),
    ("chromium", "CVE-2026-7002", 4.3, "", "Inappropriate implementation in\nDownloads"),
    ("linux", "CVE-2026-31007", 3.3, "", "usb: a descriptor is printed before it is checked"),
    ("openssl", "CVE-2025-9999", 2.1, "", ""),
    ("chromium", "CVE-2026-7003", None, "", "Use after free in Dawn"),
    ("openssl", "CVE-2025-27587", None, "", "Minerva: a timing signal when a P-384 signature is made"),
]  # fmt: skip


def _finding(package: str, identity: str, score: float | None, fixed: str, summary: str) -> Finding:
    ecosystem, version = _PACKAGES[package]
    severity = next((word for least, word in _BANDS if (score or 0.0) >= least), Severity.UNKNOWN)
    bundled = package == "urllib3"
    part = ScannedComponent(
        package, version, f"pkg:generic/{package}@{version}", "pkg:pypi/pip@23.0.1" if bundled else ""
    )
    return Finding(
        identity, (identity,), (identity,), ecosystem, "12" if ecosystem == "Debian" else "", package, version, (part,),
        Rating(severity, score), State.FIXED if fixed else State.UNFIXED, fixed, summary,
        ("git://example.org/fix", f"https://example.org/{identity}"), "2026-01-01", bundled=bundled,
        exploited=Exploited("2023-09-13", "2023-10-04", ransomware=True) if identity == "CVE-2023-4863" else None,
        epss=0.943 if identity == "CVE-2023-4863" else None,
        suppressed=Suppression("VEX", "not_affected", "vulnerable_code_not_in_execute_path", "attached to the image")
        if identity == "CVE-2025-27587" else None,
    )  # fmt: skip


def _source(name: str, as_of: str) -> AdvisorySource:
    return AdvisorySource(name, f"https://example.org/{name}", as_of, as_of, 10, 0, 0, 0, (name,))


RESULT = ScanResult(
    name="registry.example/octopus/detector:1.4",
    digest=f"sha256:{'0123456789abcdef' * 4}",
    distribution="Debian GNU/Linux 12 (bookworm)",
    tool="nautiloid 1.0",
    findings=tuple(_finding(*row) for row in _FINDINGS),
    parts=215,
    checked=209,
    uncovered=(("generic", 4), ("no package URL", 2)),
    unevaluated=(Unevaluated("GHSA-xxxx-yyyy-zzzz", "range of type GIT"), Unevaluated("odd", "no version: 1-\x1b[2J")),
    sources=(_source("Debian", "2026-07-14T04:00:00Z"), _source("PyPI", "2026-07-13T22:00:00Z")),
)  # fmt: skip
MANY = replace(RESULT, findings=tuple(replace(one, identity=f"{one.identity}-{n}") for n in range(3)
                                      for one in RESULT.findings))  # fmt: skip


def _text(result: ScanResult, width: int | None, *, every: bool = False, columns: tuple[str, ...] = ()) -> str:
    lines = scan_to_lines(result, width=width, every=every, columns=columns)
    return "".join(f"{line.plain}\n" for line in lines)


@pytest.mark.parametrize("width", [80, 120, 200, None])
def test_the_table_reads_as_a_person_approved_it(width: int | None) -> None:
    golden = GOLDEN / f"scan-{width or 'piped'}.txt"
    text = _text(RESULT, width)
    if os.environ.get("NAUTILOID_REWRITE_GOLDEN") == "1":
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [1, 40, 80, 120, 200, None])
def test_ids_packages_versions_and_fixes_are_whole_at_every_width(width: int | None) -> None:
    words = {word.rstrip(",:") for word in _text(RESULT, width).split()}
    for finding in RESULT.open:
        assert {finding.identity, finding.package, finding.version, finding.fixed or "unfixed"} <= words


def test_no_line_is_wider_than_the_terminal_where_it_need_not_be() -> None:
    for width in (80, 100, 120, 160, 200):
        assert max(map(len, _text(RESULT, width).splitlines())) <= width


def test_a_pipe_gets_every_column_of_every_finding_in_one_line() -> None:
    lines = _text(RESULT, None).splitlines()
    for finding in RESULT.open:
        line = next(line for line in lines if line.startswith(f"{finding.identity} "))
        told = (finding.package, finding.version, finding.fixed or "unfixed", " ".join(finding.summary.split()))
        assert all(value in line for value in told)


def test_the_first_thirty_are_shown_unless_everything_is_asked_for() -> None:
    few, everything = _text(MANY, 80), _text(MANY, 80, every=True)
    assert sum(one.identity in few for one in MANY.open) == 30
    assert "... and 27 more (--all lists them)" in few
    assert "linux 6.1.2-1, fixed in 6.1.9-1: 12 vulnerabilities, 8 shown" in few
    assert all(one.identity in everything for one in MANY.open)
    assert "more (--all" not in everything
    assert "shown" not in everything


def test_what_could_not_be_evaluated_is_counted_and_listed_on_demand() -> None:
    assert "2 could not be evaluated (--all lists them)" in _text(RESULT, 80)
    everything = _text(RESULT, 80, every=True)
    assert "Not evaluated (2)\n  GHSA-xxxx-yyyy-zzzz: range of type GIT\n  odd: no version: 1-\\x1b[2J\n" in everything


def test_native_libraries_are_accounted_for_and_what_was_accepted_says_why() -> None:
    accepted = Unevaluated("onednn", "nothing tells its version", NO_VERSION, "no advisories (ignore.yaml)")
    result = replace(
        RESULT, unevaluated=(accepted,), libraries=((LibraryCheck.UPSTREAM, 17), (LibraryCheck.NO_VERSION, 1))
    )
    sums = "17 against upstream's records, 1 against nothing: no version"
    table = _text(result, None, every=True)
    assert f"native libraries: {sums}" in table
    assert "onednn: nothing tells its version; accepted: no advisories (ignore.yaml)" in table
    assert f"Native libraries: {sums}." in html.unescape(scan_to_html(result))
    data = json.loads(scan_to_json(result))
    assert data["summary"]["libraries"] == {"upstream's records": 17, "nothing: no version": 1}
    assert data["unevaluated"][0]["accepted"] == "no advisories (ignore.yaml)"


def test_columns_are_chosen_by_key_and_then_stay() -> None:
    columns = ("fixed", "id", "score", "severity", "epss", "exploited", "package", "version", "what")
    lines = _text(RESULT, 80, columns=columns).splitlines()
    place = next(number for number, line in enumerate(lines) if "Vulnerability" in line)
    titles, values = (" ".join(lines[number].split()) for number in (place, place + 2))
    assert titles == "Fixed in Vulnerability CVSS Severity EPSS Exploited Package Installed What"
    assert values.startswith("10.0.1 CVE-2023-4863 8.8 high 94.3 % since 2023-09-13, ransomware pillow 9.4.0 libwe")
    assert "- -" in " ".join(lines[place + 3].split())


def test_a_bundled_package_is_told_with_its_holder_once() -> None:
    assert "urllib3 (bundled in pypi/pip)" in _text(RESULT, None)
    rows = [line for line in _text(RESULT, None, columns=("package", "within")).splitlines() if "pypi/pip" in line]
    assert {" ".join(row.split()) for row in rows if row.startswith("urllib3  ")} == {"urllib3 pypi/pip"}


def test_an_unknown_column_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        scan_to_lines(replace(RESULT, findings=()), width=80, columns=("id", "colour"))
    assert "'colour'" in caught.value.message
    assert all(key in caught.value.hint for key in (*DEFAULT_COLUMNS, "score", "epss", "exploited", "within"))


def test_an_id_links_to_its_first_https_reference() -> None:
    styles = [str(span.style) for line in scan_to_lines(RESULT, width=80) for span in line.spans]
    assert [style for style in styles if "CVE-2026-7001" in style] == ["link https://example.org/CVE-2026-7001"]
    assert not any("git://" in style for style in styles)


def test_a_scan_without_findings_says_so_and_what_it_looked_at() -> None:
    nothing = ScanResult("app", "", "", "nautiloid 1.0", (), parts=3, checked=2)
    assert _text(nothing, 80) == (
        "app\n0 vulnerabilities\n0 with a fix available, 0 suppressed\n2 of 3 parts checked\n\n"
        "nautiloid 1.0, advisories as of: none\n"
    )


def test_hostile_text_commands_no_terminal() -> None:
    hostile = "\x1b[31m\n\u202e"
    part = ScannedComponent(hostile, hostile, hostile, hostile)
    finding = replace(RESULT.findings[0], identity=hostile, package=hostile, version=hostile, fixed=hostile,
                      summary=hostile, parts=(part,), bundled=True)  # fmt: skip
    lifted = replace(finding, suppressed=Suppression(hostile, hostile, hostile, hostile))
    result = replace(RESULT, name=hostile, digest=hostile, tool=hostile, findings=(finding, lifted),
                     uncovered=((hostile, 1),), sources=(_source(hostile, hostile),))  # fmt: skip
    for width in (None, 80):
        assert all(line.isprintable() for line in _text(result, width, every=True).splitlines())
