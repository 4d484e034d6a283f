"""What the lab made, for programs and for people."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

from nautiloid.atomic import write_text
from nautiloid.lab.result import LabResult
from nautiloid.report.data import comparison_to_json
from nautiloid.report.html import comparison_to_html
from nautiloid.report.vulnerabilities.counts import count


def write_lab_report(result: LabResult, work: Path) -> None:
    """Write ``report.json``, and ``report.html`` where images were compared."""
    data = {"schema": 1, **asdict(replace(result, comparison=None, scans=()))}
    data["vulnerabilities"] = [asdict(count(scan)) for scan in result.scans]
    del data["scans"]
    del data["inspection"]["usage"], data["inspection"]["components"]
    if result.comparison is not None:
        data["comparison"] = json.loads(comparison_to_json(result.comparison))
        page = comparison_to_html(result.comparison, "The lab: hardened against control", result.scans)
        write_text(work / "report.html", page)
    write_text(work / "report.json", json.dumps(data, indent=1) + "\n")
