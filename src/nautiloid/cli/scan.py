"""``nautiloid scan``: which known vulnerabilities something has, and what can be done about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from nautiloid.cli import console
from nautiloid.cli.ages import parse_age
from nautiloid.cli.database_option import DatabaseOption
from nautiloid.cli.inspection_options import OutputOption, PlatformOption, deliver, inspect_named
from nautiloid.cli.registry_options import CaFileOption, PlainHttpOption
from nautiloid.errors import UsageError
from nautiloid.oci.layout import Layout
from nautiloid.places import images_directory
from nautiloid.report import words
from nautiloid.subjects.attached_vex import attached_statements
from nautiloid.subjects.reading import of_file, of_inspection, of_project
from nautiloid.vulns.database.reader import open_database
from nautiloid.vulns.database.schema import DatabaseError, default_path
from nautiloid.vulns.ignoring import apply_ignored, read_ignored
from nautiloid.vulns.result import Finding, ScanResult, State
from nautiloid.vulns.scan import Subject
from nautiloid.vulns.scan import scan as match
from nautiloid.vulns.severity import Severity
from nautiloid.vulns.vex.document import read_vex
from nautiloid.vulns.vex.statement import apply_statements

_SHOWN = 30
_STYLES = {
    Severity.CRITICAL: "bold red", Severity.HIGH: "red", Severity.MEDIUM: "yellow", Severity.LOW: "cyan",
    Severity.UNKNOWN: "dim", Severity.NONE: "dim",
}  # fmt: skip


class ScanFormat(StrEnum):
    """What ``--format`` takes."""

    TABLE = "table"
    JSON = "json"
    SARIF = "sarif"
    CYCLONEDX = "cyclonedx"
    HTML = "html"
    JUNIT = "junit"


# A module and the function in it; imported when it is asked for, since some bring whole libraries along.
_WRITERS = {
    ScanFormat.JSON: "data:scan_to_json",
    ScanFormat.SARIF: "sarif:scan_to_sarif",
    ScanFormat.CYCLONEDX: "cyclonedx_vex:scan_to_cyclonedx",
    ScanFormat.HTML: "html:scan_to_html",
    ScanFormat.JUNIT: "junit:scan_to_junit",
}


class Threshold(StrEnum):
    """What ``--fail-on`` takes."""

    ANY = "any"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


def scan(
    target: Annotated[
        str,
        typer.Argument(metavar="TARGET", help="An image, an SBOM, a lock, requirements.txt, uv.lock, or a directory."),
    ],
    *,
    output_format: Annotated[ScanFormat, typer.Option("--format", help="How to say it.")] = ScanFormat.TABLE,
    output: OutputOption = None,
    fail_on: Annotated[
        Threshold | None,
        typer.Option(
            "--fail-on", help="Exit 1 if a finding that counts is this grave or graver; 'any' includes unknown."
        ),
    ] = None,
    only_fixed: Annotated[
        bool, typer.Option("--only-fixed", help="Show and judge only what a newer version fixes.")
    ] = False,
    ignore_file: Annotated[
        list[Path] | None, typer.Option("--ignore-file", help="Findings to live with: YAML. Repeatable.")
    ] = None,
    vex: Annotated[
        list[Path] | None,
        typer.Option("--vex", help="OpenVEX, CSAF or CycloneDX VEX to heed besides attached documents."),
    ] = None,
    max_db_age: Annotated[
        str | None, typer.Option("--max-db-age", metavar="AGE", help="Refuse older advisories: 12h, 7d, 2w.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="List everything in the table, not only the first few.")] = False,
    database: DatabaseOption = None,
    platform: PlatformOption = None,
    ca_file: CaFileOption = None,
    plain_http: PlainHttpOption = False,
) -> None:
    """Find known vulnerabilities in packages, and in what is bundled inside of them.

    Exit code 0: scanned; 1: a finding reaches --fail-on, or the scan failed; 2: wrong usage.

    Example: `nautiloid scan nautiloid/pytorch --fail-on high --format sarif -o scan.sarif`
    """
    limit = parse_age(max_db_age) if max_db_age else None
    stated = [(str(path), _content(path)) for path in vex or ()]
    ignored = [(str(path), read_ignored(path)) for path in ignore_file or ()]
    with open_database(database or default_path()) as opened:
        subject = _subject(target, platform, ca_file, plain_http=plain_http)
        result = match(subject, opened, console.TerminalProgress())
    _check_age(result, limit)
    statements = [*attached_statements(Layout(images_directory()), subject.digest)]
    statements += [one for origin, content in stated for one in read_vex(content, origin)]
    result = apply_statements(result, statements)
    for origin, entries in ignored:
        result = apply_ignored(result, entries, origin)
    if only_fixed:
        result = result.only(State.FIXED)
    if output_format is ScanFormat.TABLE:
        print_scan(result, every=every)
    else:
        deliver(_writer(output_format)(result), output)
    failed = [finding for finding in result.open if _reaches(finding, fail_on)]
    if failed:
        console.err.print(f"[bold red]failed:[/] {len(failed)} findings reach --fail-on {fail_on}")
        raise typer.Exit(1)


def _writer(output_format: ScanFormat) -> Callable[[ScanResult], str]:
    module, _, function = _WRITERS[output_format].partition(":")
    written: Callable[[ScanResult], str] = getattr(
        import_module(f"nautiloid.report.vulnerabilities.{module}"), function
    )
    return written


def _subject(target: str, platform: str | None, ca_file: list[Path] | None, *, plain_http: bool) -> Subject:
    path = Path(target).expanduser()
    if path.is_file():
        found = of_file(path)
        if found is not None:
            return found
    elif path.is_dir() and not (path / "index.json").exists() and (found := of_project(path)) is not None:
        return found
    elif path.is_dir() and not target.startswith(("/", ".", "~")):
        target = f"./{target}"
    return of_inspection(inspect_named(target, platform, ca_file, plain_http=plain_http))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error


def _check_age(result: ScanResult, limit: timedelta | None) -> None:
    old = [source for source in result.sources if limit is not None and source.age > limit]
    if old:
        told = ", ".join(f"{source.name} ({source.age.days} days)" for source in old)
        raise DatabaseError(f"advisories are older than --max-db-age allows: {told}", "Run 'nautiloid db update'.")


def _reaches(finding: Finding, threshold: Threshold | None) -> bool:
    if threshold is None:
        return False
    return threshold is Threshold.ANY or finding.severity >= Severity[threshold.name]


def print_scan(result: ScanResult, *, every: bool) -> None:
    """Print a scan as tables."""
    console.out.print(Text(f"{words.printable(result.name)}  {result.digest}".rstrip(), style="bold"))
    counts = ", ".join(f"{count} {severity.word}" for severity, count in result.by_severity().items() if count)
    told = f"{result.vulnerabilities} vulnerabilities, {result.fixable} with a fix available"
    told += f" ({counts})" if counts else ""
    console.out.print(f"{told}; {len(result.suppressed)} suppressed", markup=False)
    console.out.print(coverage(result), markup=False)
    _print_findings(result, every=every)
    _print_suppressed(result)
    if every:
        for item in result.unevaluated:
            console.out.print(
                f"not evaluated: {words.printable(item.what)}: {words.printable(item.reason)}", markup=False
            )
    dates = ", ".join(f"{source.name} {source.as_of[:10]}" for source in result.sources)
    console.out.print(f"\n{result.tool}, advisories as of: {dates or 'none'}", markup=False)
    for warning in result.warnings:
        console.err.print(Text(f"warning: {words.printable(warning)}", style="yellow"))


def coverage(result: ScanResult) -> str:
    """Return how much of something the advisories cover, in one sentence: silence about the rest proves nothing."""
    missing = ", ".join(f"{count} {kind}" for kind, count in result.uncovered)
    return f"{result.checked} of {result.parts} parts checked" + (f"; no advisories for: {missing}" if missing else "")


def _print_findings(result: ScanResult, *, every: bool) -> None:
    if not result.open:
        return
    table = Table("Vulnerability", "Severity", "Package", "Installed", "Fixed in", box=None, pad_edge=False)
    table.add_column("What", no_wrap=True, overflow="ellipsis")
    shown = result.open if every else result.open[:_SHOWN]
    for finding in shown:
        severity = Text(finding.severity.word, style=_STYLES[finding.severity])
        if finding.rating.score is not None:
            severity.append(f" {finding.rating.score}")
        if finding.exploited is not None:
            severity.append(" exploited", style="bold red")
        holders = sorted({part.within.partition("@")[0].removeprefix("pkg:") for part in finding.parts if part.within})
        name = f"{finding.package} (bundled in {', '.join(holders)})" if finding.bundled else finding.package
        cells = (finding.identity, severity, name, finding.version, finding.fixed or str(finding.state),
                 finding.summary[:90])  # fmt: skip
        table.add_row(*(cell if isinstance(cell, Text) else Text(words.printable(cell)) for cell in cells))
    console.out.print()
    console.out.print(table)
    if len(result.open) > len(shown):
        console.out.print(f"... and {len(result.open) - len(shown)} more (--all lists them)")


def _print_suppressed(result: ScanResult) -> None:
    if not result.suppressed:
        return
    console.out.print(f"\n[bold]Suppressed[/] ({len(result.suppressed)})")
    for finding in result.suppressed:
        why = finding.suppressed
        if why is not None:
            line = f"  {finding.identity} in {finding.package}: {why.status}: {why.reason} ({why.by} {why.origin})"
            console.out.print(words.printable(line), markup=False)
