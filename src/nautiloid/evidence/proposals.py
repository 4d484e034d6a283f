"""From what a traced run used to findings that need not count, if a person agrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nautiloid.evidence.uses import ComponentUse, UseVerdict
from nautiloid.vulns.model import Finding, ScannedComponent, ScanResult
from nautiloid.vulns.vex.statement import Justification


@dataclass(frozen=True, slots=True)
class Proposal:
    """A finding that need not count, if a person agrees.

    Attributes:
        parts: purls of what has the vulnerability; none of it was used.
        statement: The evidence in one sentence.
    """

    identity: str
    identities: tuple[str, ...]
    severity: str
    package: str
    version: str
    parts: tuple[str, ...]
    justification: Justification
    statement: str


def propose(result: ScanResult, uses: Sequence[ComponentUse], work: str) -> tuple[tuple[Proposal, ...], int]:
    """Propose statements for the findings whose every part was unused.

    Args:
        result: The scan, with all VEX that holds already applied: what is lifted needs no proposal.
        uses: What the trace tells.
        work: How to call the traced work in the evidence.

    Returns:
        The proposals, and how many open findings there are without one.
    """
    known = {(use.purl, use.within): use for use in uses}
    proposals = []
    for finding in result.open:
        found = [known.get((part.purl, part.within)) for part in finding.parts]
        sure = [use for use in found if use is not None and use.use in (UseVerdict.UNUSED, UseVerdict.ABSENT)]
        if found and len(sure) == len(found):
            proposals.append(_proposal(finding, finding.parts, sure, work))
    return tuple(proposals), len(result.open) - len(proposals)


def _proposal(finding: Finding, parts: Sequence[ScannedComponent], uses: Sequence[ComponentUse], work: str) -> Proposal:
    absent = all(use.use is UseVerdict.ABSENT for use in uses)
    count = sum(use.code_files for use in uses)
    statement = (
        "the image holds nothing of it but documents and its package record"
        if absent
        else f"none of its {count} code files was opened or executed while {work} ran to its end"
    )
    return Proposal(
        identity=finding.identity,
        identities=finding.identities,
        severity=finding.severity.word,
        package=finding.package,
        version=finding.version,
        parts=tuple(dict.fromkeys(part.purl for part in parts)),
        justification=Justification.COMPONENT_NOT_PRESENT if absent else Justification.NOT_IN_EXECUTE_PATH,
        statement=statement,
    )
