"""A VEX statement as plain data, and its effect on findings.

A statement changes a finding's status and never hides it: what is lifted stays in every report with its reason. A
finding is lifted only where statements cover every part that has the vulnerability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from packageurl import PackageURL

from nautiloid.packages.purl import parse_purl
from nautiloid.vulns.model import Finding, ScannedComponent, ScanResult, Suppression


class Status(StrEnum):
    """What VEX says of a vulnerability in a product."""

    NOT_AFFECTED = "not_affected"
    AFFECTED = "affected"
    FIXED = "fixed"
    UNDER_INVESTIGATION = "under_investigation"


class Justification(StrEnum):
    """Why a product is not affected (CISA, "Vulnerability Exploitability eXchange: Status Justifications")."""

    COMPONENT_NOT_PRESENT = "component_not_present"
    CODE_NOT_PRESENT = "vulnerable_code_not_present"
    NOT_IN_EXECUTE_PATH = "vulnerable_code_not_in_execute_path"
    NOT_CONTROLLABLE = "vulnerable_code_cannot_be_controlled_by_adversary"
    MITIGATED = "inline_mitigations_already_exist"


@dataclass(frozen=True, slots=True)
class Product:
    """What a statement is about.

    Attributes:
        identities: Ways in which it is named: purls, names, digests (``sha256:...``); any of them will do.
        subcomponents: purls of parts inside of it; none means all of them.
    """

    identities: tuple[str, ...]
    subcomponents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a document.

    Attributes:
        vulnerabilities: All ids that it gives the vulnerability.
        justification: One of ``Justification``, or empty.
        text: The impact or action statement, in words.
        timestamp: RFC 3339; of two statements about one thing the later counts, and one that tells no time counts
            before all others.
        origin: The document.
    """

    vulnerabilities: tuple[str, ...]
    products: tuple[Product, ...]
    status: Status
    justification: str
    text: str
    timestamp: str
    origin: str

    @property
    def moment(self) -> datetime:
        """When it was made; the beginning of time where it does not say so in a way that can be read."""
        try:
            stated = datetime.fromisoformat(self.timestamp)
        except ValueError:
            return _NO_TIME
        return stated if stated.tzinfo else stated.replace(tzinfo=UTC)


_NO_TIME = datetime.min.replace(tzinfo=UTC)


def apply_statements(result: ScanResult, statements: Sequence[Statement]) -> ScanResult:
    """Return the result as the statements say that it is."""
    ordered = sorted(statements, key=lambda statement: statement.moment)
    return replace(result, findings=tuple(_applied(finding, result, ordered) for finding in result.findings))


def _applied(finding: Finding, result: ScanResult, statements: Sequence[Statement]) -> Finding:
    ids = {*finding.identities, *finding.advisories}
    about = [statement for statement in statements if ids & set(statement.vulnerabilities)]
    # The last word on each part.
    said = [next((one for one in reversed(about) if _covers(one, part, result)), None) for part in finding.parts]
    if finding.suppressed is not None or not any(said):
        return finding
    lifting = [one for one in said if one is not None and one.status in (Status.NOT_AFFECTED, Status.FIXED)]
    if len(lifting) == len(said):
        first = lifting[0]
        reason = ": ".join(filter(None, (first.justification, first.text)))
        return replace(finding, suppressed=Suppression("VEX", str(first.status), reason, first.origin))
    counting = next(one for one in said if one is not None)
    partly = ", for some of its parts only" if lifting else ""
    text = f" ({counting.text})" if counting.text else ""
    return replace(finding, note=f"VEX {counting.origin}: {counting.status}{text}{partly}")


def _covers(statement: Statement, part: ScannedComponent, result: ScanResult) -> bool:
    purl = parse_purl(part.purl) if part.purl else None
    holder = parse_purl(part.within) if part.within else None
    for product in statement.products:
        if any(_is_subject(name, result) for name in product.identities):
            if not product.subcomponents or any(_names(name, purl) for name in product.subcomponents):
                return True
        elif not product.subcomponents:
            if any(_names(name, purl) for name in product.identities):
                return True
        elif any(_names(name, holder) for name in product.identities) and any(
            _names(name, purl) for name in product.subcomponents
        ):
            return True
    return False


def _is_subject(name: str, result: ScanResult) -> bool:
    """Tell whether a product is what was scanned."""
    if name and name in (result.name, result.digest):
        return True
    purl = parse_purl(name) if name.startswith("pkg:oci/") else None
    if purl is None:
        return False
    if purl.version:
        return purl.version == result.digest
    return purl.name == result.name.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()


def _names(name: str, purl: PackageURL | None) -> bool:
    """Tell whether a purl names a part: what it leaves out may be anything."""
    stated = parse_purl(name) if name.startswith("pkg:") else None
    if stated is None or purl is None:
        return False
    if (stated.type, stated.namespace, stated.name) != (purl.type, purl.namespace, purl.name):
        return False
    qualifiers = dict(stated.qualifiers or {})
    known = dict(purl.qualifiers or {})
    return stated.version in (None, "", purl.version) and all(known.get(k) == v for k, v in qualifiers.items())
