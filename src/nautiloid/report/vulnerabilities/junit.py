"""A scan as JUnit XML: one test a vulnerable package, which CI systems show and count."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from nautiloid.vulns.model import Finding, ScanResult

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def scan_to_junit(result: ScanResult) -> str:
    """Return the result as JUnit XML; a suppressed finding is a skipped test."""
    suite = ElementTree.Element(
        "testsuite",
        name=_clean(result.name),
        tests=str(max(len(result.findings), 1)),
        failures=str(len(result.open)),
        skipped=str(len(result.suppressed)),
    )
    if not result.findings:
        ElementTree.SubElement(suite, "testcase", classname="scan", name="no known vulnerability")
    for finding in result.findings:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=_clean(f"{finding.ecosystem}.{finding.package}"),
            name=_clean(f"{finding.identity} in {finding.package} {finding.version}"),
        )
        if finding.suppressed is not None:
            ElementTree.SubElement(case, "skipped", message=_clean(finding.suppressed.reason))
        else:
            failure = ElementTree.SubElement(case, "failure", message=_clean(_message(finding)))
            failure.text = _clean("\n".join((finding.summary, *finding.references)))
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _message(finding: Finding) -> str:
    fix = f"fixed in {finding.fixed}" if finding.fixed else str(finding.state)
    return f"{finding.severity.word}: {finding.package} {finding.version}, {fix}"


def _clean(text: str) -> str:
    """Leave out what XML 1.0 cannot hold."""
    return _NOT_XML.sub("?", text)
