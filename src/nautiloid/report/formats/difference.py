"""Forms of the difference between two images."""

from __future__ import annotations

import json

from nautiloid.inspection.difference import Difference
from nautiloid.report.formats import Formats


class Json:
    """Plain data."""

    name = "json"

    def write(self, result: Difference) -> str:
        """Return every difference."""
        return json.dumps(result.to_data(), indent=1) + "\n"


DIFFERENCE_FORMATS = Formats[Difference](Json())
