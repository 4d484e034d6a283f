"""A scan as SARIF 2.1.0, which code hosts show beside the code.

Source: docs.oasis-open.org/sarif/sarif/v2.1.0, and GitHub's "SARIF support for code scanning" for
``security-severity``. What VEX or an ignore file lifts is a result with a suppression, not a missing one.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote

from nautiloid.vulns.model import Finding, ScannedComponent, ScanResult
from nautiloid.vulns.severity import Severity

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {
    Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.UNKNOWN: "warning",
    Severity.LOW: "note", Severity.NONE: "note",
}  # fmt: skip
_SCORES = {Severity.CRITICAL: 9.5, Severity.HIGH: 8.0, Severity.MEDIUM: 5.5, Severity.LOW: 2.0}


def scan_to_sarif(result: ScanResult) -> str:
    """Return the result as SARIF: a rule for each vulnerability, a result for each package that has it."""
    rules = {finding.identity: finding for finding in reversed(result.findings)}
    order = {identity: number for number, identity in enumerate(sorted(rules))}
    tool, _, version = result.tool.partition(" ")
    run = {
        "tool": {
            "driver": {
                "name": tool,
                "version": version,
                "rules": [_rule(rules[identity]) for identity in order],
            }
        },
        "results": [_result(finding, result, order[finding.identity]) for finding in result.findings],
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {"level": "error" if text in result.gaps else "warning", "message": {"text": text}}
                    for text in result.warnings
                ],
            }
        ],
        "properties": {"database": {source.name: source.as_of for source in result.sources}},
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False) + "\n"


def _rule(finding: Finding) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": finding.identity,
        "shortDescription": {"text": finding.summary or finding.identity},
        "help": {"text": "\n".join((finding.summary or finding.identity, *finding.references))},
        "properties": {"tags": ["security", "vulnerability", finding.severity.word], "aliases": finding.identities},
    }
    score = finding.rating.score if finding.rating.score is not None else _SCORES.get(finding.severity)
    if score is not None:
        rule["properties"]["security-severity"] = f"{score:.1f}"
    if finding.references:
        rule["helpUri"] = finding.references[0]
    return rule


def _result(finding: Finding, result: ScanResult, rule: int) -> dict[str, Any]:
    verb = "may have" if finding.doubt else "has"
    fix = f"; fixed in {finding.fixed}" if finding.fixed else f"; {finding.state}"
    holders = sorted({part.within for part in finding.parts if part.within})
    doubt = f" ({finding.doubt})" if finding.doubt else ""
    inside = f" (bundled in {', '.join(holders)})" if holders else ""
    print_of = f"{finding.identity} {finding.ecosystem} {finding.package}"
    found: dict[str, Any] = {
        "ruleId": finding.identity,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.package} {finding.version}{inside} {verb} {finding.identity}{fix}{doubt}"},
        "locations": _locations(finding, result),
        "partialFingerprints": {"vulnerability/v1": hashlib.sha256(print_of.encode()).hexdigest()},
    }
    if finding.doubt:
        found["properties"] = {"uncertain": finding.doubt}
    if finding.suppressed is not None:
        found["suppressions"] = [
            {"kind": "external", "justification": f"{finding.suppressed.status}: {finding.suppressed.reason}"}
        ]
    return found


def _locations(finding: Finding, result: ScanResult) -> list[dict[str, Any]]:
    """Return a location for each file and line that says that the package is there."""
    places: dict[tuple[str, int], list[ScannedComponent]] = {}
    for part in finding.parts:
        places.setdefault((part.file or result.name, max(part.line, 1)), []).append(part)
    return [
        {
            "physicalLocation": {
                # What begins with a slash would be taken for a file of the machine that shows the report.
                "artifactLocation": {"uri": quote(file.lstrip("/"))},
                "region": {"startLine": line},
            },
            "logicalLocations": [{"fullyQualifiedName": part.purl or part.name, "kind": "package"} for part in parts],
        }
        for (file, line), parts in places.items()
    ]
