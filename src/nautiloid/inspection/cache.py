"""Inspections that were made before: an image that has not changed need not be read again."""

from __future__ import annotations

import hashlib
from pathlib import Path

from nautiloid.atomic import write_text
from nautiloid.errors import UsageError
from nautiloid.inspection.document import SCHEMA, inspection_from_json, inspection_to_json
from nautiloid.inspection.image import inspect_image
from nautiloid.inspection.inventory import Inspection
from nautiloid.oci.source import ImageSource
from nautiloid.progress import SILENT, Progress
from nautiloid.version import TOOL


def inspect_once(source: ImageSource, name: str, cache: Path, progress: Progress = SILENT) -> Inspection:
    """Return the inspection of an image, from the cache where this version of Nautiloid made it before.

    Args:
        source: The image.
        name: What the inspection calls it.
        cache: Nautiloid's cache directory.
        progress: Counts layers when it must be read.
    """
    key = hashlib.sha256(f"{source.image.digest} {name} {TOOL} {SCHEMA}".encode()).hexdigest()
    kept = cache / "inspections" / f"{key}.json"
    try:
        return inspection_from_json(kept.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, UsageError):
        pass
    found = inspect_image(source, name, progress)
    write_text(kept, inspection_to_json(found))
    return found
