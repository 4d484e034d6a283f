"""A bill as SPDX 2.3 JSON (spdx.github.io/spdx-spec/v2.3).

The SPDX project's Python library validates what is written here, in the tests; writing needs no more than JSON.
"""

from __future__ import annotations

import json
import re
from typing import Any

from nautiloid.sbom.licenses import spdx_expression
from nautiloid.sbom.model import Bill, ModelPart, Part

MEDIA_TYPE = "application/spdx+json"

_NONE = "NOASSERTION"
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9.-]+")
_PURPOSE = "LIBRARY"


def to_spdx(bill: Bill) -> str:
    """Return the document; the same bill gives the same text."""
    identifiers = _identifiers(bill)
    packages = [_image(bill), *(_package(part, name) for part, name in zip(bill.parts, identifiers, strict=True))]
    packages += [_model(model, number) for number, model in enumerate(bill.models)]
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": bill.name,
        "documentNamespace": f"https://nautiloid.dev/spdx/{bill.serial}",
        "creationInfo": {
            "created": bill.moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": [f"Tool: {bill.tool.replace(' ', '-')}"],
        },
        "packages": packages,
        "relationships": _relationships(bill, identifiers),
    }
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _identifiers(bill: Bill) -> list[str]:
    return [
        f"SPDXRef-{number}-{_NOT_ALLOWED.sub('-', f'{part.component.kind}-{part.component.name}')}"
        for number, part in enumerate(bill.parts)
    ]


def _image(bill: Bill) -> dict[str, Any]:
    checksum = [{"algorithm": "SHA256", "checksumValue": bill.digest.partition(":")[2]}] if bill.digest else []
    notes = "\n".join(f"{name}: {value}" for name, value in sorted(bill.notes.items()))
    return {
        **_plain("SPDXRef-image", bill.name, bill.digest),
        "primaryPackagePurpose": "CONTAINER",
        **({"checksums": checksum} if checksum else {}),
        **({"comment": notes} if notes else {}),
    }


def _package(part: Part, identifier: str) -> dict[str, Any]:
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


def _model(model: ModelPart, number: int) -> dict[str, Any]:
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


def _comment(part: Part) -> str:
    component = part.component
    told = [f"confidence {component.confidence:g}", *(f"also found by {text}" for text in component.also)]
    if part.layer:
        told.append(f"layer {part.layer}")
    if component.within:
        told += [f"file /{path}" for path in component.files]
    return "\n".join([*told, *(f"{name}: {value}" for name, value in sorted(part.notes.items()))])


def _supplier(text: str) -> str:
    name = text.replace("\n", " ").strip().replace("<", "(").replace(">", ")")
    return f"Organization: {name}"


def _relationships(bill: Bill, identifiers: list[str]) -> list[dict[str, str]]:
    by_purl: dict[str, str] = {}
    for part, identifier in zip(bill.parts, identifiers, strict=True):
        if not part.component.within:
            by_purl.setdefault(part.component.purl, identifier)
    found = [_related("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-image")]
    for part, identifier in zip(bill.parts, identifiers, strict=True):
        holder = by_purl.get(part.component.within, "SPDXRef-image")
        found.append(_related(holder if holder != identifier else "SPDXRef-image", "CONTAINS", identifier))
    found += [_related("SPDXRef-image", "CONTAINS", f"SPDXRef-model-{number}") for number in range(len(bill.models))]
    return found


def _related(one: str, kind: str, other: str) -> dict[str, str]:
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
