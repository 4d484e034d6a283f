"""A scan as JSON: plain data for other programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from nautiloid.vulns.model import Finding, ScanResult

SCHEMA = 1
"""Grows when a field changes its meaning or goes away."""


def scan_to_json(result: ScanResult) -> str:
    """Return the result as JSON with a ``schema`` number; severities are spelled as words."""
    data = {
        "schema": SCHEMA,
        "name": result.name,
        "digest": result.digest,
        "distribution": result.distribution,
        "tool": result.tool,
        "summary": {
            "vulnerabilities": result.vulnerabilities,
            "fixable": result.fixable,
            "suppressed": len(result.suppressed),
            "uncertain": result.uncertain,
            "severities": {severity.word: count for severity, count in result.by_severity().items()},
            "parts": result.parts,
            "checked": result.checked,
            "uncovered": dict(result.uncovered),
            "libraries": dict(result.libraries),
        },
        "findings": [_finding(finding) for finding in result.findings],
        "unevaluated": [asdict(item) for item in result.unevaluated],
        "ended": result.ended,
        "database": [
            {**asdict(source), "families": source.ecosystems, "age_days": source.age.days} for source in result.sources
        ],
        "warnings": result.warnings,
        "gaps": result.gaps,
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _finding(finding: Finding) -> dict[str, Any]:
    data = asdict(finding)
    data["rating"]["severity"] = finding.severity.word
    data["family"] = finding.ecosystem  # as schema 1 called it
    return {"id": data.pop("identity"), **data}
