"""The columns that a scan's table can have: what each one shows of a finding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from nautiloid.errors import UsageError
from nautiloid.report.tables import Cell, Column
from nautiloid.vulns.model import Finding
from nautiloid.vulns.severity import Severity

DEFAULT_COLUMNS = ("id", "severity", "package", "version", "fixed", "what")
"""What is shown where nobody chooses."""

SEVERITY_STYLES = {
    Severity.CRITICAL: "bold red", Severity.HIGH: "red", Severity.MEDIUM: "yellow", Severity.LOW: "cyan",
    Severity.UNKNOWN: "dim", Severity.NONE: "dim",
}  # fmt: skip
"""How each severity looks."""

_NOTHING = "-"


@dataclass(frozen=True, slots=True)
class FindingColumn:
    """One column of findings.

    Attributes:
        cell: What it shows of a finding, given the keys of all columns that are shown: what has a column of its own
            is not told twice.
    """

    column: Column
    cell: Callable[[Finding, Sequence[str]], Cell]


def chosen_columns(keys: Sequence[str]) -> tuple[FindingColumn, ...]:
    """Return the columns of some keys, in their order; none of them is left out on a narrow terminal.

    Without keys these are the usual ones, of which package, versions and fix may be left out: the heading of a group
    names them.

    Raises:
        UsageError: There is no such column.
    """
    unknown = [key for key in keys if key not in COLUMNS]
    if unknown:
        raise UsageError(f"there is no column {unknown[0]!r}", f"Columns are: {', '.join(COLUMNS)}.")
    if not keys:
        return tuple(COLUMNS[key] for key in DEFAULT_COLUMNS)
    return tuple(replace(COLUMNS[key], column=replace(COLUMNS[key].column, drop=0)) for key in keys)


def full_name(finding: Finding) -> str:
    """Return the name of a package, with what hides it inside."""
    return f"{finding.package} (bundled in {_holders(finding)})" if finding.bundled else finding.package


def fix(finding: Finding) -> str:
    """Return the version that fixes a finding, or why there is none."""
    return finding.fixed or str(finding.state)


def _holders(finding: Finding) -> str:
    return ", ".join(
        sorted({part.within.partition("@")[0].removeprefix("pkg:") for part in finding.parts if part.within})
    )


def _id(finding: Finding, _: Sequence[str]) -> Cell:
    return Cell(finding.identity, link=next((url for url in finding.references if url.startswith("https://")), ""))


def _severity(finding: Finding, keys: Sequence[str]) -> Cell:
    score = "" if finding.rating.score is None or "score" in keys else f" {finding.rating.score}"
    return Cell(finding.severity.word + score, SEVERITY_STYLES[finding.severity])


def _score(finding: Finding, _: Sequence[str]) -> Cell:
    style = SEVERITY_STYLES[finding.severity]
    return Cell(_NOTHING if finding.rating.score is None else str(finding.rating.score), style)


def _package(finding: Finding, keys: Sequence[str]) -> Cell:
    return Cell(finding.package if "within" in keys else full_name(finding))


def _version(finding: Finding, _: Sequence[str]) -> Cell:
    return Cell(finding.version or _NOTHING)


def _fixed(finding: Finding, _: Sequence[str]) -> Cell:
    return Cell(fix(finding))


def _epss(finding: Finding, _: Sequence[str]) -> Cell:
    return Cell(_NOTHING if finding.epss is None else f"{finding.epss * 100:.1f} %")


def _exploited(finding: Finding, _: Sequence[str]) -> Cell:
    entry = finding.exploited
    if entry is None:
        return Cell(_NOTHING)
    return Cell(f"since {entry.added}" + (", ransomware" if entry.ransomware else ""), "bold red")


def _within(finding: Finding, _: Sequence[str]) -> Cell:
    return Cell(_holders(finding) or _NOTHING)


def _what(finding: Finding, keys: Sequence[str]) -> Cell:
    summary = " ".join(finding.summary.split())
    if finding.exploited is None or "exploited" in keys:
        return Cell(summary)
    return Cell(f"exploited: {summary}" if summary else "exploited", "bold red")


COLUMNS = {
    "id": FindingColumn(Column("Vulnerability", fixed=True), _id),
    "severity": FindingColumn(Column("Severity", fixed=True), _severity),
    "score": FindingColumn(Column("CVSS", fixed=True, align="right"), _score),
    "package": FindingColumn(Column("Package", fixed=True, drop=1), _package),
    "version": FindingColumn(Column("Installed", fixed=True, drop=1), _version),
    "fixed": FindingColumn(Column("Fixed in", fixed=True, drop=1), _fixed),
    "epss": FindingColumn(Column("EPSS", fixed=True, align="right"), _epss),
    "exploited": FindingColumn(Column("Exploited", fixed=True), _exploited),
    "within": FindingColumn(Column("Bundled in", wrap=True), _within),
    "what": FindingColumn(Column("What"), _what),
}
