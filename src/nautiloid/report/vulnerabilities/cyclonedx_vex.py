"""A scan as CycloneDX 1.6 with vulnerabilities (VDR and VEX in one), through the CycloneDX project's own library.

Source: cyclonedx.org/capabilities/vex. What VEX lifts has an analysis that says so; what somebody has decided to live
with is ``exploitable`` with their reason; what is open is ``in_triage``: nobody has looked yet.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from cyclonedx.model import Property, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component as CycloneDxComponent
from cyclonedx.model.component import ComponentType
from cyclonedx.model.dependency import Dependency
from cyclonedx.model.impact_analysis import ImpactAnalysisJustification, ImpactAnalysisState
from cyclonedx.model.vulnerability import (
    BomTarget,
    Vulnerability,
    VulnerabilityAdvisory,
    VulnerabilityAnalysis,
    VulnerabilityRating,
    VulnerabilityReference,
    VulnerabilityScoreSource,
    VulnerabilitySeverity,
    VulnerabilitySource,
)
from cyclonedx.output.json import JsonV1Dot6

from nautiloid.packages.purl import parse_purl
from nautiloid.vulns.model import Finding, ScannedComponent, ScanResult

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://nautiloid.dev/vex")
_JUSTIFICATIONS = {
    "component_not_present": ImpactAnalysisJustification.CODE_NOT_PRESENT,
    "vulnerable_code_not_present": ImpactAnalysisJustification.CODE_NOT_PRESENT,
    "vulnerable_code_not_in_execute_path": ImpactAnalysisJustification.CODE_NOT_REACHABLE,
    "vulnerable_code_cannot_be_controlled_by_adversary": ImpactAnalysisJustification.REQUIRES_ENVIRONMENT,
    "inline_mitigations_already_exist": ImpactAnalysisJustification.PROTECTED_BY_MITIGATING_CONTROL,
}
_STATES = {
    "not_affected": ImpactAnalysisState.NOT_AFFECTED,
    "fixed": ImpactAnalysisState.RESOLVED,
    "ignored": ImpactAnalysisState.EXPLOITABLE,
}


def scan_to_cyclonedx(result: ScanResult) -> str:
    """Return the document: the parts that have a finding, and the findings with their analysis."""
    tool, _, version = result.tool.partition(" ")
    subject = CycloneDxComponent(
        name=result.name, version=result.digest or None, type=ComponentType.CONTAINER, bom_ref="subject"
    )
    metadata = BomMetaData(component=subject, timestamp=datetime.now(UTC))
    metadata.tools.components.add(
        CycloneDxComponent(name=tool, version=version, type=ComponentType.APPLICATION, bom_ref="tool")
    )
    for gap in result.gaps:
        metadata.properties.add(Property(name="nautiloid:gap", value=gap))
    references = _references([part for finding in result.findings for part in finding.parts])
    document = Bom(
        serial_number=uuid.uuid5(_NAMESPACE, f"{result.digest or result.name} {datetime.now(UTC).isoformat()}"),
        metadata=metadata,
        components=[_component(part, reference) for part, reference in references.items()],
        vulnerabilities=[_vulnerability(number, one, references) for number, one in enumerate(result.findings)],
    )
    direct = [Dependency(component.bom_ref) for component in document.components]
    document.dependencies.add(Dependency(subject.bom_ref, direct))
    text = JsonV1Dot6(document).output_as_string()
    return json.dumps(json.loads(text), indent=1, ensure_ascii=False) + "\n"


def _references(parts: Sequence[ScannedComponent]) -> dict[ScannedComponent, str]:
    return {part: f"{part.purl or part.name}#{number}" for number, part in enumerate(dict.fromkeys(parts))}


def _component(part: ScannedComponent, reference: str) -> CycloneDxComponent:
    return CycloneDxComponent(
        name=part.name,
        version=part.version or None,
        type=ComponentType.LIBRARY,
        bom_ref=reference,
        purl=parse_purl(part.purl) if part.purl else None,
    )


def _vulnerability(number: int, finding: Finding, references: dict[ScannedComponent, str]) -> Vulnerability:
    others = [name for name in finding.identities if name != finding.identity]
    source = VulnerabilitySource(name="OSV", url=XsUri(f"https://osv.dev/vulnerability/{finding.identity}"))
    return Vulnerability(
        bom_ref=f"vulnerability-{number}",
        id=finding.identity,
        source=source,
        references=[VulnerabilityReference(id=name, source=VulnerabilitySource(name="OSV")) for name in others],
        ratings=[_rating(finding)],
        description=finding.summary or None,
        recommendation=f"Update {finding.package} to {finding.fixed}." if finding.fixed else None,
        advisories=[VulnerabilityAdvisory(url=XsUri(url)) for url in finding.references],
        affects=[BomTarget(ref=references[part]) for part in finding.parts],
        analysis=_analysis(finding),
    )


def _rating(finding: Finding) -> VulnerabilityRating:
    vector = finding.rating.vector
    method = None
    if vector:
        method = VulnerabilityScoreSource.get_from_vector(vector)
    return VulnerabilityRating(
        score=Decimal(str(finding.rating.score)) if finding.rating.score is not None else None,
        severity=VulnerabilitySeverity(finding.severity.word),
        method=method,
        vector=vector or None,
    )


def _detail(finding: Finding) -> str:
    return finding.note or (f"{finding.state}: {finding.doubt}" if finding.doubt else str(finding.state))


def _analysis(finding: Finding) -> VulnerabilityAnalysis:
    lifted = finding.suppressed
    if lifted is None:
        return VulnerabilityAnalysis(state=ImpactAnalysisState.IN_TRIAGE, detail=_detail(finding))
    word = lifted.reason.partition(":")[0]
    return VulnerabilityAnalysis(
        state=_STATES.get(lifted.status, ImpactAnalysisState.IN_TRIAGE),
        justification=_JUSTIFICATIONS.get(word),
        detail=f"{lifted.by}: {lifted.reason}",
    )
