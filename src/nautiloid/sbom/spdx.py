"""An SBOM as SPDX 2.3 JSON (spdx.github.io/spdx-spec/v2.3).

The SPDX project's Python library validates what is written here, in the tests; writing needs no more than JSON.
"""

from __future__ import annotations

import json
import re
from typing import Any

from nautiloid.sbom.licenses import spdx_expression
from nautiloid.sbom.model import Sbom, SbomComponent, SbomModel

MEDIA_TYPE = "application/spdx+json"

_NONE = "NOASSERTION"
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9.-]+")
_PURPOSE = "LIBRARY"


def to_spdx(sbom: Sbom) -> str:
    """Return the document; the same SBOM gives the same text."""
    identifiers = _identifiers(sbom)
    packages = [_image(sbom), *(_package(part, name) for part, name in zip(sbom.components, identifiers, strict=True))]
    packages += [_model(model, number) for number, model in enumerate(sbom.models)]
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": sbom.name,
        "documentNamespace": f"https://nautiloid.dev/spdx/{sbom.serial}",
        "creationInfo": {
            "created": sbom.moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": [f"Tool: {sbom.tool.replace(' ', '-')}"],
        },
        "packages": packages,
        "relationships": _relationships(sbom, identifiers),
    }
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _identifiers(sbom: Sbom) -> list[str]:
    return [
        f"SPDXRef-{number}-{_NOT_ALLOWED.sub('-', f'{part.component.kind}-{part.component.name}')}"
        for number, part in enumerate(sbom.components)
    ]


def _image(sbom: Sbom) -> dict[str, Any]:
    checksum = [{"algorithm": "SHA256", "checksumValue": sbom.digest.partition(":")[2]}] if sbom.digest else []
    notes = "\n".join(f"{name}: {value}" for name, value in sorted(sbom.notes.items()))
    return {
        **_plain("SPDXRef-image", sbom.name, sbom.digest),
        "primaryPackagePurpose": "CONTAINER",
        **({"checksums": checksum} if checksum else {}),
        **({"comment": notes} if notes else {}),
    }


def _package(part: SbomComponent, identifier: str) -> dict[str, Any]:
    component = part.component
    expression = spdx_expression(component.licenses) if component.licenses else ""
    words = "; ".join(component.licenses)
    entry = {
        **_plain(identifier, component.name, component.version),
        "primaryPackagePurpose": _PURPOSE,
        "licenseDeclared": expression or _NONE,
        "sourceInfo": f"{component.how}: {component.evidence}",
        "comment": _comment(part),
    }
    if words and not expression:
        entry["licenseComments"] = f"In the package's own words: {words}"
    if component.supplier:
        entry["supplier"] = _supplier(component.supplier)
    if part.sha256:
        entry["checksums"] = [{"algorithm": "SHA256", "checksumValue": part.sha256}]
    if component.purl:
        reference = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl"}
        entry["externalRefs"] = [{**reference, "referenceLocator": component.purl}]
    return entry


def _model(model: SbomModel, number: int) -> dict[str, Any]:
    entry = {
        **_plain(f"SPDXRef-model-{number}", model.name, ""),
        "primaryPackagePurpose": "FILE",
        "packageFileName": f"./{model.path.lstrip('/')}",
        "comment": f"model file, {model.form}",
    }
    if model.license:
        entry["licenseDeclared"] = spdx_expression([model.license]) or _NONE
    if model.sha256:
        entry["checksums"] = [{"algorithm": "SHA256", "checksumValue": model.sha256}]
    return entry


def _plain(identifier: str, name: str, version: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "SPDXID": identifier,
        "name": name,
        "downloadLocation": _NONE,
        "filesAnalyzed": False,
        "licenseConcluded": _NONE,
        "licenseDeclared": _NONE,
        "copyrightText": _NONE,
    }
    return {**found, "versionInfo": version} if version else found


def _comment(part: SbomComponent) -> str:
    component = part.component
    remarks = [f"confidence {component.confidence:g}", *(f"also found by {text}" for text in component.also)]
    if part.layer:
        remarks.append(f"layer {part.layer}")
    if component.within:
        remarks += [f"file /{path}" for path in component.files]
    return "\n".join([*remarks, *(f"{name}: {value}" for name, value in sorted(part.notes.items()))])


def _supplier(text: str) -> str:
    name = text.replace("\n", " ").strip().replace("<", "(").replace(">", ")")
    return f"Organization: {name}"


def _relationships(sbom: Sbom, identifiers: list[str]) -> list[dict[str, str]]:
    by_purl: dict[str, str] = {}
    for part, identifier in zip(sbom.components, identifiers, strict=True):
        if not part.component.within:
            by_purl.setdefault(part.component.purl, identifier)
    found = [_related("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-image")]
    for part, identifier in zip(sbom.components, identifiers, strict=True):
        holder = by_purl.get(part.component.within, "SPDXRef-image")
        found.append(_related(holder if holder != identifier else "SPDXRef-image", "CONTAINS", identifier))
    found += [_related("SPDXRef-image", "CONTAINS", f"SPDXRef-model-{number}") for number in range(len(sbom.models))]
    return found


def _related(one: str, kind: str, other: str) -> dict[str, str]:
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
