"""A scan as lines for a terminal or a pipe: the sums first, then what was found, package by package."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from rich.text import Text

from nautiloid.report.tables import GroupTitle, Row, fill, render_table
from nautiloid.report.vulnerabilities.columns import SEVERITY_STYLES, chosen_columns, fix, full_name
from nautiloid.report.words import counted, printable
from nautiloid.vulns.model import Finding, ScanResult, State

_SHOWN = 30
_INDENT = 2

# What all findings of a group have in common: package, installed version, fix.
_Key = tuple[str, str, str]
_Groups = dict[_Key, list[Finding]]


def scan_to_lines(
    result: ScanResult,
    *,
    width: int | None,
    every: bool = False,
    columns: Sequence[str] = (),
    noted: Sequence[str] = (),
) -> list[Text]:
    """Return a scan line by line; its warnings are left to the caller, since they belong on standard error.

    Args:
        result: What the scan found, the gravest first.
        width: Cells of the terminal; None for a pipe, which gets every column whole.
        every: List all findings and all that could not be evaluated, not only the gravest findings.
        columns: Keys of the columns of findings, in their order; the usual ones where none are named.
        noted: Warnings that are to stand at the end, for whoever does not see standard error.

    Raises:
        UsageError: There is no such column.
    """
    shown = result.open if every else result.open[:_SHOWN]
    table = _findings(result, shown, columns, width)
    left_out = len(result.open) - len(shown)
    more = [Text(f"... and {left_out:,} more (--all lists them)")] if left_out else []
    return [
        *_filled(_summary(result, every=every), width),
        *_apart([*table, *_filled(more, width)]),
        *_apart(_filled(_suppressed(result), width)),
        *_apart(_filled(_doubts(result), width)),
        *_apart(_filled(_unevaluated(result) if every else (), width)),
        *_apart(_filled([_sources(result)], width)),
        *_apart(_filled((Text(printable(f"warning: {text}")) for text in noted), width)),
    ]


def coverage(result: ScanResult) -> str:
    """Return how much of something the advisories cover, in one sentence: silence about the rest proves nothing."""
    missing = ", ".join(f"{count} {kind}" for kind, count in result.uncovered)
    return f"{result.checked} of {result.parts} parts checked" + (f"; no advisories for: {missing}" if missing else "")


def _filled(paragraphs: Iterable[Text], width: int | None) -> list[Text]:
    return [line for text in paragraphs for line in fill(text, width, hanging=2 * _INDENT)]


def _apart(lines: Sequence[Text]) -> list[Text]:
    return [Text(), *lines] if lines else []


def _summary(result: ScanResult, *, every: bool) -> Iterator[Text]:
    yield Text(f"{printable(result.name)}  {printable(result.digest)}".rstrip(), style="bold")
    yield _by_severity(result)
    exploited = len({finding.identity for finding in result.open if finding.exploited is not None})
    sums = f"{result.fixable:,} with a fix available"
    sums += f", {exploited:,} known to be exploited" if exploited else ""
    sums += f", {result.uncertain:,} uncertain" if result.uncertain else ""
    yield Text(f"{sums}, {len(result.suppressed):,} suppressed")
    yield Text(printable(coverage(result)))
    if result.libraries:
        checks = ", ".join(f"{number:,} against {check}" for check, number in result.libraries)
        yield Text(f"native libraries: {checks}")
    if result.gaps:
        yield Text(f"{counted(len(result.gaps), 'gap')}: not known to be clean, see the warnings", style="yellow")
    if result.unevaluated:
        yield Text(f"{len(result.unevaluated):,} could not be evaluated" + ("" if every else " (--all lists them)"))


def _by_severity(result: ScanResult) -> Text:
    line = Text(counted(result.vulnerabilities, "vulnerability"))
    found = [(severity, count) for severity, count in result.by_severity().items() if count]
    for number, (severity, count) in enumerate(found):
        line.append(", " if number else ": ").append(f"{count:,} {severity.word}", SEVERITY_STYLES[severity])
    return line


def _findings(result: ScanResult, shown: Sequence[Finding], columns: Sequence[str], width: int | None) -> list[Text]:
    chosen = chosen_columns(columns)
    cells: Callable[[Finding], Row] = lambda finding: [one.cell(finding, columns) for one in chosen]  # noqa: E731
    if width is None:
        # Programs that read a pipe find all of it in every row, the gravest first.
        return render_table([one.column for one in chosen], [cells(finding) for finding in shown], width=None)
    totals = _grouped(result.open)
    rows: list[Row] = []
    for key, findings in _grouped(shown).items():
        rows.append(GroupTitle(_heading(key, totals[key], findings)))
        rows += [cells(finding) for finding in findings]
    return render_table([one.column for one in chosen], rows, width=width, indent=_INDENT)


def _grouped(findings: Iterable[Finding]) -> _Groups:
    """Group findings, which come the gravest first: so do packages, and the groups of one package stay together."""
    packages: dict[tuple[str, str], _Groups] = {}
    for finding in findings:
        name, version = full_name(finding), finding.version
        groups = packages.setdefault((name, version), {})
        groups.setdefault((name, version, fix(finding)), []).append(finding)
    return {key: found for groups in packages.values() for key, found in groups.items()}


def _heading(key: _Key, findings: Sequence[Finding], shown: Sequence[Finding]) -> str:
    name, version, _ = key
    first = findings[0]
    remedy = f"fixed in {first.fixed}" if first.fixed else str(first.state)
    remedy = "fix unknown" if remedy == State.UNKNOWN else remedy
    number = len({one.identity for one in findings})
    summary = f"{name} {version}".rstrip() + f", {remedy}: {counted(number, 'vulnerability')}"
    return summary if len(shown) == len(findings) else f"{summary}, {len(shown):,} shown"


def _suppressed(result: ScanResult) -> Iterator[Text]:
    if result.suppressed:
        yield Text(f"Suppressed ({len(result.suppressed):,})", style="bold")
    for finding in result.suppressed:
        why = finding.suppressed
        if why is not None:
            reason = ": ".join(filter(None, (str(why.status), why.reason)))
            origin = " ".join(filter(None, (why.by, why.origin)))
            yield Text(" " * _INDENT + printable(f"{finding.identity} in {finding.package}: {reason} ({origin})"))


def _doubts(result: ScanResult) -> Iterator[Text]:
    doubted = [finding for finding in result.open if finding.doubt]
    if doubted:
        yield Text(f"Uncertain ({len(doubted):,})", style="bold")
    for finding in doubted:
        yield Text(" " * _INDENT + printable(f"{finding.identity} in {finding.package}: {finding.doubt}"))


def _unevaluated(result: ScanResult) -> Iterator[Text]:
    if result.unevaluated:
        yield Text(f"Not evaluated ({len(result.unevaluated):,})", style="bold")
    for item in result.unevaluated:
        accepted = f"; accepted: {item.accepted}" if item.accepted else ""
        yield Text(" " * _INDENT + printable(f"{item.what}: {item.reason}{accepted}"))


def _sources(result: ScanResult) -> Text:
    dates = ", ".join(f"{source.name} {source.as_of[:10]}" for source in result.sources)
    return Text(printable(f"{result.tool}, advisories as of: {dates or 'none'}"))
