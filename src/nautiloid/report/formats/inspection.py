"""Forms of an inspection."""

from __future__ import annotations

from nautiloid.inspection.inventory import Inspection
from nautiloid.report.formats import Formats
from nautiloid.report.formats.sbom import CycloneDx, Spdx


class Json:
    """Plain data, from which an inspection can be read again."""

    name = "json"

    def write(self, result: Inspection) -> str:
        """Return the inspection as JSON with a ``schema`` number."""
        from nautiloid.inspection.document import inspection_to_json  # noqa: PLC0415

        return inspection_to_json(result)


class Html:
    """One page for a browser."""

    name = "html"

    def write(self, result: Inspection) -> str:
        """Return a page that needs nothing from elsewhere."""
        from nautiloid.report.html import inspection_to_html  # noqa: PLC0415

        return inspection_to_html(result)


class Markdown:
    """What code hosts show."""

    name = "markdown"

    def write(self, result: Inspection) -> str:
        """Return the measures and what is weak, as tables."""
        from nautiloid.report.markdown import inspection_to_markdown  # noqa: PLC0415

        return inspection_to_markdown(result)


INSPECTION_FORMATS = Formats[Inspection](Json(), CycloneDx(), Spdx(), Html(), Markdown())
