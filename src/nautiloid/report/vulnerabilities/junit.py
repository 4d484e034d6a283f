"""A scan as JUnit XML: one test a vulnerable package, which CI systems show and count."""

from __future__ import annotations

from xml.etree import ElementTree

from nautiloid.report.words import for_xml
from nautiloid.vulns.model import Finding, ScanResult


def scan_to_junit(result: ScanResult) -> str:
    """Return the result as JUnit XML; a suppressed finding is a skipped test."""
    suite = ElementTree.Element(
        "testsuite",
        name=for_xml(result.name),
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
            classname=for_xml(f"{finding.ecosystem}.{finding.package}"),
            name=for_xml(f"{finding.identity} in {finding.package} {finding.version}"),
        )
        if finding.suppressed is not None:
            ElementTree.SubElement(case, "skipped", message=for_xml(finding.suppressed.reason))
        else:
            failure = ElementTree.SubElement(case, "failure", message=for_xml(_message(finding)))
            failure.text = for_xml("\n".join((finding.summary, *finding.references)))
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _message(finding: Finding) -> str:
    fix = f"fixed in {finding.fixed}" if finding.fixed else str(finding.state)
    return f"{finding.severity.word}: {finding.package} {finding.version}, {fix}"
