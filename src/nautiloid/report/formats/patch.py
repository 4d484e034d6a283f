"""Forms of what patching did."""

from __future__ import annotations

import json
from dataclasses import asdict

from nautiloid.patching.result import PatchResult
from nautiloid.report.formats import Formats
from nautiloid.report.vulnerabilities.counts import count

SCHEMA = 1
"""Grows when a field changes its meaning or goes away."""


class Json:
    """Plain data."""

    name = "json"

    def write(self, result: PatchResult) -> str:
        """Return what was done as JSON with a ``schema`` number."""
        data = {
            "schema": SCHEMA,
            "image": f"{result.reference}@{result.image.digest}" if result.image is not None else "",
            "layer_size": result.size,
            "patched": [asdict(one) for one in result.patched],
            "refused": [asdict(one) for one in result.refused],
            "notes": result.notes,
            "before": asdict(count(result.before)),
            "after": asdict(count(result.after)) if result.after is not None else None,
        }
        return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


PATCH_FORMATS = Formats[PatchResult](Json())
