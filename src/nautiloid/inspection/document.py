"""Inspections as JSON: plain data for other programs, and back again."""

from __future__ import annotations

import json
from dataclasses import asdict

from pydantic import TypeAdapter, ValidationError

from nautiloid.documents.faults import faults_of
from nautiloid.errors import UsageError
from nautiloid.inspection.inventory import Inspection

SCHEMA = 2
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
    except ValidationError as error:
        raise UsageError(f"this is not an inspection: {faults_of(error)[0]}", "Inspect the image again.") from error
    except ValueError as error:
        raise UsageError(f"this is not an inspection: {error}", "Inspect the image again.") from error
