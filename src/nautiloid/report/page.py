"""What every HTML report shares: hostile text is escaped, numbers are spelled alike, and no request leaves the page."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from nautiloid.report import words


def page_environment() -> Environment:
    """Return the templates of ``report/templates`` with their filters.

    Every name in an image is hostile text. Jinja2 escapes all of it, nothing of it reaches a script, and a content
    security policy in the file allows nothing but what the file itself brings.
    """
    environment = Environment(
        loader=PackageLoader("nautiloid.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters["bytes"] = words.size
    environment.filters["shown"] = words.printable
    return environment
