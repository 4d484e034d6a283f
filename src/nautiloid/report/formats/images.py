"""Forms of the list of images."""

from __future__ import annotations

import json

from nautiloid.oci.layout import Layout
from nautiloid.report.formats import Formats
from nautiloid.report.terminal.images import content_size

SCHEMA = 1


class Json:
    """Plain data."""

    name = "json"

    def write(self, result: Layout) -> str:
        """Return every name with its digest, platforms and size as JSON with a ``schema`` number."""
        images = []
        for name, entry in result.images():
            found = result.images_behind(entry)
            platforms = [str(image.config.platform) for image in found]
            images.append({"name": name, "digest": entry.digest, "platforms": platforms, "size": content_size(found)})
        return json.dumps({"schema": SCHEMA, "images": images}, indent=1, ensure_ascii=False) + "\n"


IMAGE_FORMATS = Formats[Layout](Json())
