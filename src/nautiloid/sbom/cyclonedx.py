"""An SBOM as CycloneDX 1.6 JSON, through the CycloneDX project's own library.

Packages are ``library`` components; what is bundled in one lies inside of it (``components``), with evidence of how it
was found; models are ``machine-learning-model`` components.
"""

from __future__ import annotations

import json
from decimal import Decimal

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component as CycloneDxComponent
from cyclonedx.model.component import ComponentType
from cyclonedx.model.component_evidence import (
    AnalysisTechnique,
    ComponentEvidence,
    Identity,
    IdentityField,
    Method,
    Occurrence,
)
from cyclonedx.model.contact import OrganizationalEntity
from cyclonedx.model.dependency import Dependency
from cyclonedx.model.license import DisjunctiveLicense, License, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from nautiloid.packages.component import Found
from nautiloid.packages.purl import parse_purl
from nautiloid.sbom.licenses import spdx_expression
from nautiloid.sbom.model import Sbom, SbomComponent, SbomModel

MEDIA_TYPE = "application/vnd.cyclonedx+json"

_MOST_OCCURRENCES = 200
_TECHNIQUES = {
    Found.NATIVE: AnalysisTechnique.BINARY_ANALYSIS,
    Found.GO: AnalysisTechnique.BINARY_ANALYSIS,
    Found.SBOM: AnalysisTechnique.ATTESTATION,
}


def to_cyclonedx(sbom: Sbom) -> str:
    """Return the document; the same SBOM gives the same text."""
    image = CycloneDxComponent(
        name=sbom.name,
        version=sbom.digest or None,
        type=ComponentType.CONTAINER,
        bom_ref="image",
        purl=_image_purl(sbom),
        properties=[Property(name=name, value=value) for name, value in sorted(sbom.notes.items())],
    )
    tool, _, version = sbom.tool.partition(" ")
    metadata = BomMetaData(component=image, timestamp=sbom.moment)
    metadata.tools.components.add(
        CycloneDxComponent(name=tool, version=version, type=ComponentType.APPLICATION, bom_ref="tool")
    )
    entries = _entries(sbom)
    models = [_model(number, model) for number, model in enumerate(sbom.models)]
    document = Bom(serial_number=sbom.serial, metadata=metadata, components=[*entries, *models])
    direct = [Dependency(entry.bom_ref) for entry in (*entries, *models)]
    document.dependencies.add(Dependency(image.bom_ref, direct))
    text = JsonV1Dot6(document).output_as_string()
    return json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _entries(sbom: Sbom) -> list[CycloneDxComponent]:
    made: dict[str, CycloneDxComponent] = {}
    top: list[CycloneDxComponent] = []
    by_purl: dict[str, CycloneDxComponent] = {}
    for number, part in enumerate(sbom.components):
        reference = part.component.purl if part.component.purl not in made else f"{part.component.purl}#{number}"
        made[reference] = entry = _entry(part, reference)
        if not part.component.within:
            by_purl.setdefault(part.component.purl, entry)
    for part, entry in zip(sbom.components, made.values(), strict=True):
        holder = by_purl.get(part.component.within)
        if holder is not None and holder is not entry:
            holder.components.add(entry)
        else:
            top.append(entry)
    return top


def _entry(part: SbomComponent, reference: str) -> CycloneDxComponent:
    component = part.component
    return CycloneDxComponent(
        name=component.name,
        version=component.version or None,
        type=ComponentType.LIBRARY,
        bom_ref=reference,
        purl=parse_purl(component.purl),
        supplier=OrganizationalEntity(name=component.supplier) if component.supplier else None,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=part.sha256)] if part.sha256 else None,
        licenses=_licenses(component.licenses),
        evidence=_evidence(part),
        properties=[Property(name=name, value=value) for name, value in sorted(_properties(part).items())],
    )


def _evidence(part: SbomComponent) -> ComponentEvidence:
    component = part.component
    technique = _TECHNIQUES.get(component.how, AnalysisTechnique.MANIFEST_ANALYSIS)
    confidence = Decimal(str(component.confidence))
    method = Method(technique=technique, confidence=confidence, value=f"{component.how}: {component.evidence}")
    record = component.evidence.partition(": ")[0]
    # The files of a whole package are in its own record in the image; those of a library are what one looks for.
    listed = [f"/{path}" for path in component.files[:_MOST_OCCURRENCES]] if component.within else []
    places = sorted({record, *listed} if record.startswith("/") else set(listed))
    return ComponentEvidence(
        identity=[Identity(field=IdentityField.PURL, confidence=confidence, methods=[method])],
        occurrences=[Occurrence(location=place, bom_ref=None) for place in places],
    )


def _properties(part: SbomComponent) -> dict[str, str]:
    component = part.component
    found = {
        "nautiloid:files": str(len(component.files)) if component.files else "",
        "nautiloid:size": str(component.size) if component.size else "",
        "nautiloid:layer:diffID": part.layer,
        "nautiloid:source": component.source,
        "nautiloid:source:version": component.source_version,
        "nautiloid:also-found-by": "; ".join(component.also),
        **part.notes,
    }
    return {name: value for name, value in found.items() if value}


def _licenses(words: tuple[str, ...]) -> list[License]:
    expression = spdx_expression(words) if words else ""
    if expression:
        return [LicenseExpression(expression)]
    return [DisjunctiveLicense(name=text) for text in dict.fromkeys(words)]


def _model(number: int, model: SbomModel) -> CycloneDxComponent:
    return CycloneDxComponent(
        name=model.name,
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=f"model-{number}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=model.sha256)] if model.sha256 else None,
        licenses=_licenses((model.license,)) if model.license else None,
        properties=[Property(name="nautiloid:model:format", value=model.form)],
        evidence=ComponentEvidence(occurrences=[Occurrence(location=f"/{model.path.lstrip('/')}")]),
    )


def _image_purl(sbom: Sbom) -> PackageURL | None:
    """Name the image as purl's ``oci`` type wants: by the last step of its name, and its digest."""
    if not sbom.digest:
        return None
    name = sbom.name.partition("@")[0].rpartition("/")[2].partition(":")[0]
    return PackageURL("oci", None, name.lower(), sbom.digest) if name else None
