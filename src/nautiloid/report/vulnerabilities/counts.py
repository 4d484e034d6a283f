"""A scan in numbers: how many vulnerabilities of each severity, with and without a fix."""

from __future__ import annotations

from dataclasses import dataclass

from nautiloid.vulns.model import Finding, ScanResult, State
from nautiloid.vulns.severity import Severity


@dataclass(frozen=True)
class SeverityCount:
    """The vulnerabilities of one severity.

    Attributes:
        word: The severity as reports spell it.
        fixable: How many have a fix.
        others: How many have none, or none that is known.
    """

    word: str
    fixable: int
    others: int

    @property
    def all(self) -> int:
        """All of them."""
        return self.fixable + self.others


@dataclass(frozen=True)
class Counts:
    """One scan in numbers; a vulnerability in several packages counts once, with its gravest finding.

    Attributes:
        advisories: Date of the oldest advisories that were asked; ``none`` where none were.
        severities: The gravest first.
    """

    name: str
    advisories: str
    severities: tuple[SeverityCount, ...]
    suppressed: int
    warnings: tuple[str, ...]

    @property
    def all(self) -> int:
        """How many vulnerabilities are open."""
        return sum(one.all for one in self.severities)

    @property
    def fixable(self) -> int:
        """How many of those have a fix."""
        return sum(one.fixable for one in self.severities)


def count(result: ScanResult) -> Counts:
    """Return a scan in numbers."""
    found: dict[str, list[Finding]] = {}
    for finding in result.open:
        found.setdefault(finding.identity, []).append(finding)
    sums = {severity: [0, 0] for severity in sorted(Severity, reverse=True)}
    for findings in found.values():
        gravest = max(finding.severity for finding in findings)
        fixable = any(finding.state is State.FIXED for finding in findings)
        sums[gravest][0 if fixable else 1] += 1
    return Counts(
        name=result.name,
        advisories=min((source.as_of[:10] for source in result.sources), default="none"),
        severities=tuple(SeverityCount(severity.word, *pair) for severity, pair in sums.items()
                         if severity is not Severity.NONE or any(pair)),
        suppressed=len(result.suppressed),
        warnings=result.warnings,
    )  # fmt: skip
