"""A scan as one self-contained HTML file."""

from __future__ import annotations

from dataclasses import dataclass

from nautiloid.report.html import Tile, facts, report_environment
from nautiloid.report.vulnerabilities.counts import Counts, SeverityCount, count
from nautiloid.vulns.model import Finding, ScanResult

_MOST_ROWS = 5000


@dataclass(frozen=True)
class SeverityBar:
    """One severity in the chart; widths in per cent of the longest bar."""

    word: str
    all: int
    fixable: int
    fixable_percent: float
    others_percent: float


def scan_to_html(result: ScanResult) -> str:
    """Return the page of a scan."""
    environment = report_environment()
    environment.filters["link"] = _link
    environment.filters["holders"] = _holders
    counts = count(result)
    longest = max((one.all for one in counts.severities), default=0) or 1
    return environment.get_template("scan.html").render(
        title=f"Known vulnerabilities of {result.name}",
        result=result,
        counts=counts,
        tiles=_tiles(result, counts),
        warnings=facts(result.warnings),
        gaps=facts(result.gaps),
        bars=[_bar(one, longest) for one in counts.severities],
        open=result.open[:_MOST_ROWS],
        left_out=max(0, len(result.open) - _MOST_ROWS),
        suppressed=result.suppressed[:_MOST_ROWS],
        suppressed_left_out=max(0, len(result.suppressed) - _MOST_ROWS),
    )


def _tiles(result: ScanResult, counts: Counts) -> tuple[Tile, ...]:
    """Return the numbers of a scan; the one of findings is how many rows the list has."""
    return (
        Tile("Vulnerabilities", f"{counts.all:,}", "each counted once"),
        Tile("Findings", f"{len(result.open):,}", "one for each package"),
        Tile("With a fix", f"{counts.fixable:,}", "of the vulnerabilities"),
        Tile("Without one", f"{counts.all - counts.fixable:,}", "of the vulnerabilities"),
        Tile("Suppressed findings", f"{counts.suppressed:,}"),
        Tile("Parts checked", f"{result.checked:,}", f"of {result.parts:,}"),
    )


def _bar(one: SeverityCount, longest: int) -> SeverityBar:
    fixable, others = (round(part / longest * 100, 2) for part in (one.fixable, one.others))
    return SeverityBar(one.word, one.all, one.fixable, fixable, others)


def _link(finding: Finding) -> str:
    """Return where to read on: an advisory's text is hostile too, so only the web's own schemes."""
    return next((url for url in finding.references if url.startswith(("https://", "http://"))), "")


def _holders(finding: Finding) -> list[str]:
    return sorted({part.within.partition("@")[0].removeprefix("pkg:") for part in finding.parts if part.within})
