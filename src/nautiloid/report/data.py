"""Inspections and comparisons as JSON: plain data for other programs, and back again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter, ValidationError

from nautiloid.errors import UsageError
from nautiloid.inspect.comparison import Comparison
from nautiloid.inspect.inventory import Inspection

SCHEMA = 1
"""Grows when a field changes its meaning or goes away."""

_INSPECTION = TypeAdapter(Inspection)


def inspection_to_json(inspection: Inspection) -> str:
    """Return an inspection as JSON with a ``schema`` number."""
    return json.dumps({"schema": SCHEMA, **asdict(inspection)}, indent=1, ensure_ascii=False) + "\n"


def inspection_from_json(text: str) -> Inspection:
    """Read back what ``inspection_to_json`` wrote.

    Raises:
        UsageError: It is something else.
    """
    try:
        data = json.loads(text)
        if not isinstance(data, dict) or data.pop("schema", None) != SCHEMA:
            raise UsageError(f"this is not an inspection of schema {SCHEMA}", "Inspect the image again.")
        return _INSPECTION.validate_python(data)
    except (ValueError, ValidationError) as error:
        raise UsageError(f"this is not an inspection: {error}", "Inspect the image again.") from error


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
