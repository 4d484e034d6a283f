"""Forms of a self-test."""

from __future__ import annotations

from nautiloid.report.formats import Formats
from nautiloid.report.words import for_xml
from nautiloid.selftest.report import SelfTestReport


class Json:
    """Plain data."""

    name = "json"

    def write(self, result: SelfTestReport) -> str:
        """Return every check and its outcome."""
        return result.to_json()


class JUnit:
    """What CI servers show."""

    name = "junit"

    def write(self, result: SelfTestReport) -> str:
        """Return a test case for each check; what a container printed may hold what XML cannot."""
        return for_xml(result.to_junit())


SELFTEST_FORMATS = Formats[SelfTestReport](Json(), JUnit())
