"""What matching is about, as plain data: advisories and where they come from, what is scanned, what was found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from nautiloid.vulns.osv import Range
from nautiloid.vulns.severity import Rating, Severity

STALE_AFTER = timedelta(days=7)
"""The age from which on advisories are said to be old."""


@dataclass(frozen=True, slots=True)
class AdvisorySource:
    """One export that the database holds.

    Attributes:
        name: The ecosystem, or the name under which a file was imported.
        as_of: The time that its content speaks of, RFC 3339 in UTC.
        fetched: When it came into the database.
        malformed: Files that were no OSV record.
        faults: Parts of records that were left out.
        ecosystems: Ecosystems that it speaks of, without releases.
    """

    name: str
    origin: str
    as_of: str
    fetched: str
    records: int
    withdrawn: int
    malformed: int
    faults: int
    ecosystems: tuple[str, ...] = ()

    @property
    def stale(self) -> bool:
        """Whether a reader ought to know that it is old."""
        return self.age > STALE_AFTER

    @property
    def age(self) -> timedelta:
        """How old its content is; nothing is younger than now."""
        try:
            moment = datetime.fromisoformat(self.as_of.replace("Z", "+00:00"))
        except ValueError:
            return timedelta.max
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(datetime.now(UTC) - moment, timedelta(0))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An advisory that names a package; whether it concerns a version is still to be found out."""

    identity: str
    modified: str
    published: str
    summary: str
    aliases: tuple[str, ...]
    upstream: tuple[str, ...]
    references: tuple[str, ...]
    urgency: str
    vectors: tuple[str, ...]
    ranges: tuple[Range, ...]
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Related:
    """What another record says of the same vulnerability.

    Attributes:
        identities: All ids that the record gives it.
        vectors: CVSS vectors.
    """

    identities: tuple[str, ...]
    vectors: tuple[str, ...]
    urgency: str
    summary: str


@dataclass(frozen=True, slots=True)
class Exploited:
    """An entry of CISA's catalogue of known exploited vulnerabilities."""

    added: str
    due: str
    ransomware: bool


@dataclass(frozen=True, slots=True)
class ScannedComponent:
    """One package or library that was checked.

    Attributes:
        purl: Package URL; may be empty for what has none.
        within: purl of what it is bundled in; empty for a package of its own.
        source: Name of its source package, where that tells more than the purl.
        file: Which file says that it is there: a lock, an SBOM, a package database of the image; empty if unknown.
        line: The line of that file, from 1; 0 where it is not known, or means nothing.
        layer: Digest of the image's layer (``diff_id``) that the file lies in; empty for what is no image.
    """

    name: str
    version: str
    purl: str
    within: str = ""
    source: str = ""
    source_version: str = ""
    file: str = ""
    line: int = 0
    layer: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is scanned.

    Attributes:
        parts: Its packages and the libraries inside of them.
        distribution: What it is made of, as it says itself; empty where it names no distribution.
        notes: What a reader should know of it, in sentences.
        unread: What could not be read of it, or names no version: so much of it is not known to be clean.
    """

    name: str
    parts: tuple[ScannedComponent, ...]
    digest: str = ""
    distribution: str = ""
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


class State(StrEnum):
    """What can be done about a finding.

    ``uncertain``: no record settles whether the version is affected, and none names a fix; it may not concern the
    package at all.
    """

    FIXED = "fix available"
    UNFIXED = "unfixed"
    UNIMPORTANT = "unimportant"
    UNKNOWN = "unknown"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why a finding does not count, though it stays visible.

    Attributes:
        by: ``VEX`` or ``ignore file``.
        status: As the document says it: ``not_affected``, ``fixed``, ``ignored``.
        reason: In words, or one of VEX's justifications.
        origin: The document.
    """

    by: str
    status: str
    reason: str
    origin: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One vulnerability of one package.

    Attributes:
        identity: Its CVE where it has one, else the best known of its ids.
        identities: All ids that mean the same vulnerability, sorted, ``identity`` among them.
        advisories: The records that matched.
        ecosystem: Whose advisories, with ``release``.
        package: The package as the advisory spells it; a source package for Debian and Alpine.
        version: Of that package, as it was compared.
        parts: What is installed of it: binary packages, or what bundles it.
        fixed: The version that fixes it; empty for none.
        summary: One sentence; may be empty.
        bundled: Every part of it is hidden inside another package.
        epss: Probability, 0 to 1, that it is exploited within 30 days; None where nobody says.
        suppressed: Set where VEX or an ignore file says that it does not count.
        note: What VEX says of it without lifting it, such as ``under_investigation``.
        doubt: Why it is not certain that the package is affected; empty where it is.
    """

    identity: str
    identities: tuple[str, ...]
    advisories: tuple[str, ...]
    ecosystem: str
    release: str
    package: str
    version: str
    parts: tuple[ScannedComponent, ...]
    rating: Rating
    state: State
    fixed: str
    summary: str
    references: tuple[str, ...]
    published: str
    bundled: bool = False
    exploited: Exploited | None = None
    epss: float | None = None
    suppressed: Suppression | None = None
    note: str = ""
    doubt: str = ""

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        return self.rating.severity


NO_VERSION = "no-version"
"""The open question of what has no version, or none that can be compared."""
NO_PROJECT = "no-project"
"""The open question of a native library whose project nobody knows."""


@dataclass(frozen=True, slots=True)
class Unevaluated:
    """Something that could not be decided, so that nobody takes silence for safety.

    Attributes:
        what: An advisory, or a package.
        identity: Which question is open: a vulnerability, or ``NO_VERSION`` or ``NO_PROJECT``.
        accepted: Why somebody lives with it, and where that is written; empty where it counts.
    """

    what: str
    reason: str
    identity: str = ""
    accepted: str = ""


class LibraryCheck(StrEnum):
    """What a native library, which no package manager knows, was held against."""

    UPSTREAM = "upstream's records"
    DEBIAN = "Debian's fixes only"
    NOT_HELD = "nothing: no advisories held"
    NO_VERSION = "nothing: no version"
    NO_PROJECT = "nothing: no known project"
    NO_ADVISORIES = "nothing: none are published"


@dataclass(frozen=True)
class ScanResult:
    """Everything that one scan says.

    Attributes:
        name: What was scanned, as the user called it.
        digest: Of the image; empty for anything else.
        findings: The gravest first; the suppressed ones among them.
        parts: How many packages and libraries were looked at.
        checked: How many of those some advisories cover.
        uncovered: Kinds of package that no advisories cover, with how many there are.
        unevaluated: What could not be decided; of very much only the first.
        ended: Distribution releases that get no advisories any more: ``Debian 10 (2024-06-30)``.
        sources: What the database holds of the ecosystems that were asked.
        gaps: Why finding nothing would prove nothing, in sentences: what was not read, not covered, not compared.
        warnings: What a reader must know, in sentences; the gaps among them.
        libraries: How many native libraries were held against what.
        undecided: How many things could not be decided, and nobody has accepted that.
    """

    name: str
    digest: str
    distribution: str
    tool: str
    findings: tuple[Finding, ...]
    parts: int
    checked: int
    uncovered: tuple[tuple[str, int], ...] = ()
    unevaluated: tuple[Unevaluated, ...] = ()
    ended: tuple[str, ...] = ()
    sources: tuple[AdvisorySource, ...] = ()
    warnings: tuple[str, ...] = field(default=())
    gaps: tuple[str, ...] = ()
    libraries: tuple[tuple[LibraryCheck, int], ...] = ()
    undecided: int = 0

    @property
    def open(self) -> tuple[Finding, ...]:
        """The findings that count."""
        return tuple(finding for finding in self.findings if finding.suppressed is None)

    @property
    def suppressed(self) -> tuple[Finding, ...]:
        """The findings that VEX or an ignore file lifts."""
        return tuple(finding for finding in self.findings if finding.suppressed is not None)

    @property
    def vulnerabilities(self) -> int:
        """How many vulnerabilities are open; one in several packages counts once."""
        return len({finding.identity for finding in self.open})

    @property
    def fixable(self) -> int:
        """How many of those have a fix."""
        return len({finding.identity for finding in self.open if finding.state is State.FIXED})

    @property
    def uncertain(self) -> int:
        """How many open findings may not concern what was scanned at all."""
        return sum(bool(finding.doubt) for finding in self.open)

    def only(self, state: State) -> ScanResult:
        """Return the result with only the findings of one state."""
        return replace(self, findings=tuple(finding for finding in self.findings if finding.state is state))

    def by_severity(self) -> dict[Severity, int]:
        """Count open vulnerabilities by severity, the gravest first; one counts with its gravest finding."""
        gravest: dict[str, Severity] = {}
        for finding in self.open:
            gravest[finding.identity] = max(finding.severity, gravest.get(finding.identity, Severity.NONE))
        counts = Counter(gravest.values())
        return {severity: counts[severity] for severity in sorted(Severity, reverse=True)}
