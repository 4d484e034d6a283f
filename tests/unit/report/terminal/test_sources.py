"""Where advisories come from, and how old they are, as a person reads it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nautiloid.report.terminal.sources import sources_to_lines
from nautiloid.vulns.model import AdvisorySource

from ..samples import HOSTILE
from .golden import text_of


def _source(name: str, as_of: str) -> AdvisorySource:
    return AdvisorySource(name, "https://example.org", as_of, as_of, 123_456, 12, 1, 0)


def _days_ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days, hours=1)).isoformat()


@pytest.mark.parametrize(("days", "age"), [(0, "today"), (1, "1 day"), (30, "30 days"), (None, "unknown")])
def test_an_age_is_told_in_days(days: int | None, age: str) -> None:
    as_of = "some day" if days is None else _days_ago(days)
    assert text_of(sources_to_lines([_source("Debian", as_of)], width=120)).splitlines()[1].endswith(f"  {age}")


def test_what_is_old_stands_out() -> None:
    lines = sources_to_lines([_source("Debian", _days_ago(30)), _source("PyPI", _days_ago(0))], width=120)
    assert ["yellow" in {str(span.style) for span in line.spans} for line in lines] == [False, True, False]


def test_numbers_are_told_of_every_source() -> None:
    row = text_of(sources_to_lines([_source("Debian:12", "2026-07-14T04:00:00Z")], width=None)).splitlines()[1]
    assert row.split()[:5] == ["Debian:12", "123,456", "12", "1", "2026-07-14"]


def test_a_database_without_sources_has_no_table() -> None:
    assert sources_to_lines([], width=80) == []


def test_hostile_text_commands_no_terminal() -> None:
    assert all(line.plain.isprintable() for line in sources_to_lines([_source(HOSTILE, HOSTILE)], width=80))
