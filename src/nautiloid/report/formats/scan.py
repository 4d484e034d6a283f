"""Forms of a scan."""

from __future__ import annotations

from nautiloid.report.formats import Formats
from nautiloid.vulns.model import ScanResult


class Json:
    """Plain data."""

    name = "json"

    def write(self, result: ScanResult) -> str:
        """Return the scan as JSON with a ``schema`` number."""
        from nautiloid.report.vulnerabilities.data import scan_to_json  # noqa: PLC0415

        return scan_to_json(result)


class Sarif:
    """What code hosts show beside the code (SARIF 2.1.0)."""

    name = "sarif"

    def write(self, result: ScanResult) -> str:
        """Return a SARIF log with one run."""
        from nautiloid.report.vulnerabilities.sarif import scan_to_sarif  # noqa: PLC0415

        return scan_to_sarif(result)


class CycloneDx:
    """What tools around SBOMs read (CycloneDX 1.6)."""

    name = "cyclonedx"

    def write(self, result: ScanResult) -> str:
        """Return components with their vulnerabilities, and how they were judged."""
        from nautiloid.report.vulnerabilities.cyclonedx_vex import scan_to_cyclonedx  # noqa: PLC0415

        return scan_to_cyclonedx(result)


class Html:
    """One page for a browser."""

    name = "html"

    def write(self, result: ScanResult) -> str:
        """Return a page that needs nothing from elsewhere."""
        from nautiloid.report.vulnerabilities.html import scan_to_html  # noqa: PLC0415

        return scan_to_html(result)


class JUnit:
    """What CI servers show as tests."""

    name = "junit"

    def write(self, result: ScanResult) -> str:
        """Return a test case for each package, failed where something counts."""
        from nautiloid.report.vulnerabilities.junit import scan_to_junit  # noqa: PLC0415

        return scan_to_junit(result)


SCAN_FORMATS = Formats[ScanResult](Json(), Sarif(), CycloneDx(), Html(), JUnit())
