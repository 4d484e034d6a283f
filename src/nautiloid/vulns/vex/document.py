"""VEX documents of any format that is read: OpenVEX, CSAF, CycloneDX."""

from __future__ import annotations

from nautiloid.documents.strict_json import loads_bounded
from nautiloid.errors import UsageError
from nautiloid.vulns.vex.csaf import statements_of_csaf
from nautiloid.vulns.vex.cyclonedx import statements_of_cyclonedx
from nautiloid.vulns.vex.openvex import read_openvex
from nautiloid.vulns.vex.statement import Statement


def read_vex(content: bytes | str, origin: str) -> tuple[Statement, ...]:
    """Read the statements of a document, whichever format it has.

    Args:
        content: The document.
        origin: What reports call it.

    Raises:
        UsageError: It is none of the formats, or it breaks its format's rules.
    """
    try:
        data = loads_bounded(content)
    except ValueError as error:
        raise UsageError(
            f"{origin} is not JSON: {error}", "VEX is read as OpenVEX, CSAF 2 or CycloneDX JSON."
        ) from error
    if isinstance(data, dict) and data.get("bomFormat") == "CycloneDX":
        return tuple(statements_of_cyclonedx(data, origin))
    if isinstance(data, dict) and isinstance(data.get("document"), dict) and "csaf_version" in data["document"]:
        return tuple(statements_of_csaf(data, origin))
    return read_openvex(content, origin)
