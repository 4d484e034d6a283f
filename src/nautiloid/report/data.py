"""Comparisons as JSON: plain data for other programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from nautiloid.inspection.comparison import Comparison

SCHEMA = 1
"""Grows when a field changes its meaning or goes away."""


def comparison_to_json(comparison: Comparison) -> str:
    """Return a comparison as JSON: the measures, what changed, and which images were compared."""
    data: Mapping[str, Any] = {
        "schema": SCHEMA,
        "images": [
            {"name": image.name, "digest": image.digest, "tool": image.tool, "distribution": image.distribution}
            for image in comparison.images
        ],
        "measures": [
            {
                **asdict(measure),
                "change": [measure.change(position) for position in range(len(measure.values))],
            }
            for measure in comparison.measures
        ],
        "changes": [asdict(changes) for changes in comparison.changes],
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"
