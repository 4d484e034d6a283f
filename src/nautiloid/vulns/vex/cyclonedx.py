"""The VEX statements of a CycloneDX document: its vulnerabilities that have an analysis.

Source: CycloneDX 1.4 to 1.6, ``vulnerabilities[].analysis`` and ``affects``, and "BOM-Link" for references into other
documents (those are followed only where their fragment is itself a package URL).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from nautiloid import bounds
from nautiloid.errors import UsageError
from nautiloid.vulns.vex.loose_json import mapping, objects, text
from nautiloid.vulns.vex.statement import Justification, Product, Statement, Status

_STATES = {
    "resolved": Status.FIXED,
    "resolved_with_pedigree": Status.FIXED,
    "exploitable": Status.AFFECTED,
    "in_triage": Status.UNDER_INVESTIGATION,
    "false_positive": Status.NOT_AFFECTED,
    "not_affected": Status.NOT_AFFECTED,
}
_JUSTIFICATIONS = {
    "code_not_present": Justification.CODE_NOT_PRESENT,
    "code_not_reachable": Justification.NOT_IN_EXECUTE_PATH,
    "requires_configuration": Justification.NOT_CONTROLLABLE,
    "requires_dependency": Justification.NOT_CONTROLLABLE,
    "requires_environment": Justification.NOT_CONTROLLABLE,
    "protected_by_compiler": Justification.MITIGATED,
    "protected_at_runtime": Justification.MITIGATED,
    "protected_at_perimeter": Justification.MITIGATED,
    "protected_by_mitigating_control": Justification.MITIGATED,
}


def statements_of_cyclonedx(data: Mapping[str, Any], origin: str) -> Iterator[Statement]:
    """Yield a statement for each vulnerability that somebody has analysed.

    Args:
        data: The document.
        origin: What reports call it.

    Raises:
        UsageError: An analysis has a state that CycloneDX does not know.
    """
    subject = mapping(mapping(data.get("metadata")).get("component"))
    whole = tuple(_subject(subject))
    # A document about one image speaks of the parts of that image, and of no other.
    bound = tuple(name for name in whole if name.startswith(("sha256:", "pkg:oci/")))
    purls = dict(_purls(data.get("components"), 0))
    stamp = text(mapping(data.get("metadata")).get("timestamp"))
    for entry in objects(data.get("vulnerabilities")):
        analysis = mapping(entry.get("analysis"))
        state = text(analysis.get("state"))
        if not state:
            continue
        if state not in _STATES:
            raise UsageError(f"{origin}: {entry.get('id')} has the state {state!r}", f"Known: {', '.join(_STATES)}.")
        names = (text(entry.get("id")), *(text(one.get("id")) for one in objects(entry.get("references"))))
        products = []
        for target in objects(entry.get("affects")):
            reference = text(target.get("ref"))
            purl = purls.get(reference) or _linked(reference)
            if reference and reference == text(subject.get("bom-ref")):
                products.append(Product(whole))
            elif purl:
                products.append(Product(bound, (purl,)) if bound else Product((purl,)))
        yield Statement(
            tuple(dict.fromkeys(filter(None, names))),
            tuple(products),
            _STATES[state],
            str(_JUSTIFICATIONS.get(text(analysis.get("justification")), "")),
            text(analysis.get("detail")),
            text(analysis.get("lastUpdated")) or text(entry.get("updated")) or stamp,
            origin,
        )


def _subject(component: Mapping[str, Any]) -> Iterator[str]:
    for field in ("version", "purl", "name"):
        value = text(component.get(field))
        if value and (field != "version" or value.startswith("sha256:")):
            yield value
    for one in objects(component.get("hashes")):
        if one.get("alg") == "SHA-256" and component.get("type") == "container":
            yield f"sha256:{text(one.get('content'))}"


def _purls(components: Any, depth: int) -> Iterator[tuple[str, str]]:
    for one in objects(components):
        yield text(one.get("bom-ref")), text(one.get("purl"))
        if depth < bounds.VEX_COMPONENTS:
            yield from _purls(one.get("components"), depth + 1)


def _linked(reference: str) -> str:
    """Return the package URL that a reference is, or that a BOM-Link points at."""
    fragment = unquote(reference.partition("#")[2]) if reference.startswith("urn:cdx:") else reference
    return fragment if fragment.startswith("pkg:") else ""
