"""The ignore file: findings that somebody has decided to live with, why, and until when.

ignore:
  - id: CVE-2025-2148
    package: torch
    reason: torch.ops.profiler is never reached from the service
    expires: 2026-12-31

So it is with what could not be evaluated: a vulnerability that nothing decides, or ``no-version`` and ``no-project``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from nautiloid import bounds
from nautiloid.documents.bounded_yaml import loads_yaml
from nautiloid.documents.faults import faults_of
from nautiloid.errors import UsageError
from nautiloid.regular_file import read_regular
from nautiloid.vulns.coverage import undecided_gap
from nautiloid.vulns.model import Finding, ScanResult, Suppression, Unevaluated

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Ignored(BaseModel):
    """One entry.

    Attributes:
        id: Any id of the vulnerability, or the open question of what could not be evaluated.
        package: Only for this package, as the report names it, or one installed part of it; None for all.
        reason: Why; nothing is ignored without one.
        expires: The last day on which it counts; None for as long as the entry stands.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Text
    package: Text | None = None
    reason: Text
    expires: date | None = None


class _IgnoreFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    ignore: tuple[Ignored, ...] = Field(default=())


def read_ignored(path: Path) -> tuple[Ignored, ...]:
    """Read an ignore file.

    Raises:
        UsageError: It cannot be read, or an entry lacks its reason.
    """
    try:
        return _IgnoreFile.model_validate(_loaded(path) or {}).ignore
    except ValidationError as error:
        raise UsageError(
            f"{path}: {faults_of(error)[0]}",
            "Write: ignore: [{id: ..., reason: ..., expires: 2026-12-31}]",
        ) from error


def _loaded(path: Path) -> Any:
    try:
        return loads_yaml(read_regular(path, bounds.WRITTEN_BY_HAND).decode())
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read the ignore file {path}: {error}") from error


def apply_ignored(result: ScanResult, entries: Sequence[Ignored], origin: str, today: date | None = None) -> ScanResult:
    """Return the result with ignored findings suppressed, and warnings about entries that expired or hit nothing.

    What could not be evaluated and is accepted is no gap any more; it stays in the result, with the reason.
    """
    day = today or datetime.now(UTC).date()
    live = [entry for entry in entries if entry.expires is None or entry.expires >= day]
    used: set[Ignored] = set()
    findings = tuple(_applied(finding, live, origin, used) for finding in result.findings)
    unevaluated = tuple(_accepted(item, live, origin, used) for item in result.unevaluated)
    result = _with_accepted(result, unevaluated)
    warnings = [
        f"{origin}: the entry for {entry.id} expired on {entry.expires} and counts no more"
        for entry in entries
        if entry not in live
    ]
    warnings += [f"{origin}: the entry for {entry.id} matches no finding" for entry in live if entry not in used]
    return replace(result, findings=findings, warnings=(*result.warnings, *warnings))


def _with_accepted(result: ScanResult, unevaluated: tuple[Unevaluated, ...]) -> ScanResult:
    newly = sum(
        after.accepted != before.accepted for before, after in zip(result.unevaluated, unevaluated, strict=True)
    )
    left = result.undecided - newly
    said, says = undecided_gap(result.undecided), (undecided_gap(left),) if left else ()

    def in_place(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(new for text in texts for new in (says if text == said else (text,)))

    return replace(
        result,
        unevaluated=unevaluated,
        undecided=left,
        gaps=in_place(result.gaps),
        warnings=in_place(result.warnings),
    )


def _accepted(item: Unevaluated, entries: Sequence[Ignored], origin: str, used: set[Ignored]) -> Unevaluated:
    for entry in entries:
        if item.identity and entry.id == item.identity and entry.package in (None, item.what):
            used.add(entry)
            if not item.accepted:
                item = replace(item, accepted=f"{entry.reason} ({origin})")
    return item


def _applied(finding: Finding, entries: Sequence[Ignored], origin: str, used: set[Ignored]) -> Finding:
    for entry in entries:
        names = {finding.package, *(part.name for part in finding.parts)}
        if entry.id in (*finding.identities, *finding.advisories) and entry.package in (None, *names):
            used.add(entry)
            if finding.suppressed is None:
                suppression = Suppression("ignore file", "ignored", entry.reason, origin)
                finding = replace(finding, suppressed=suppression)
    return finding
