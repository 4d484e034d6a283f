"""Forms of an update, with what changelogs say about it."""

from __future__ import annotations

from nautiloid.report.formats import Formats
from nautiloid.updating.lock_update import LockUpdate


class Json:
    """Plain data."""

    name = "json"

    def write(self, result: LockUpdate) -> str:
        """Return the update as JSON with a ``schema`` number."""
        from nautiloid.report.release_notes import update_to_json  # noqa: PLC0415

        return update_to_json(result.update, result.changelogs)


class Markdown:
    """Release notes."""

    name = "markdown"

    def write(self, result: LockUpdate) -> str:
        """Return what moved and what that fixes."""
        from nautiloid.report.release_notes import update_to_markdown  # noqa: PLC0415

        return update_to_markdown(result.update, result.changelogs)


UPDATE_FORMATS = Formats[LockUpdate](Json(), Markdown())
