"""A scan as JUnit XML: one test a vulnerable package, which CI systems show and count."""

from __future__ import annotations

from xml.etree import ElementTree

from nautiloid.report.words import for_xml
from nautiloid.vulns.model import Finding, ScanResult


def scan_to_junit(result: ScanResult) -> str:
    """Return the result as JUnit XML; a suppressed finding is a skipped test, what was not checked is an error."""
    clean = not result.findings and not result.gaps
    suite = ElementTree.Element(
        "testsuite",
        name=for_xml(result.name),
        tests=str(len(result.findings) + len(result.gaps) + clean),
        failures=str(len(result.open)),
        errors=str(len(result.gaps)),
        skipped=str(len(result.suppressed)),
    )
    for gap in result.gaps:
        case = ElementTree.SubElement(suite, "testcase", classname="scan", name=for_xml(gap))
        ElementTree.SubElement(case, "error", message=for_xml(f"not known to be clean: {gap}"))
    if clean:
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
            failure.text = for_xml("\n".join(filter(None, (finding.summary, finding.doubt, *finding.references))))
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _message(finding: Finding) -> str:
    fix = f"fixed in {finding.fixed}" if finding.fixed else str(finding.state)
    return f"{finding.severity.word}: {finding.package} {finding.version}, {fix}"
