"""Forms of an SBOM."""

from __future__ import annotations

from nautiloid.inspection.inventory import Inspection
from nautiloid.report.formats import Formats


class CycloneDx:
    """CycloneDX 1.6, as JSON."""

    name = "cyclonedx"

    def write(self, result: Inspection) -> str:
        """Return the SBOM of what was inspected."""
        from nautiloid.sbom.cyclonedx import to_cyclonedx  # noqa: PLC0415
        from nautiloid.sbom.model import sbom_of_inspection  # noqa: PLC0415

        return to_cyclonedx(sbom_of_inspection(result))


class Spdx:
    """SPDX 2.3, as JSON."""

    name = "spdx"

    def write(self, result: Inspection) -> str:
        """Return the SBOM of what was inspected."""
        from nautiloid.sbom.model import sbom_of_inspection  # noqa: PLC0415
        from nautiloid.sbom.spdx import to_spdx  # noqa: PLC0415

        return to_spdx(sbom_of_inspection(result))


SBOM_FORMATS = Formats[Inspection](CycloneDx(), Spdx())
