"""Forms of a comparison."""

from __future__ import annotations

from nautiloid.inspection.comparison import Comparison
from nautiloid.report.formats import Formats


class Json:
    """Plain data."""

    name = "json"

    def write(self, result: Comparison) -> str:
        """Return the comparison as JSON with a ``schema`` number."""
        from nautiloid.report.data import comparison_to_json  # noqa: PLC0415

        return comparison_to_json(result)


class Html:
    """One page for a browser."""

    name = "html"

    def write(self, result: Comparison) -> str:
        """Return a page that needs nothing from elsewhere."""
        from nautiloid.report.html import comparison_to_html  # noqa: PLC0415

        return comparison_to_html(result)


class Markdown:
    """What code hosts show."""

    name = "markdown"

    def write(self, result: Comparison) -> str:
        """Return the measures as a table."""
        from nautiloid.report.markdown import comparison_to_markdown  # noqa: PLC0415

        return comparison_to_markdown(result)


COMPARISON_FORMATS = Formats[Comparison](Json(), Html(), Markdown())
