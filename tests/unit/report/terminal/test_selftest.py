"""A self-test as a person reads it."""

from __future__ import annotations

import pytest

from nautiloid.report.terminal.selftest import selftest_to_lines
from nautiloid.selftest.report import Outcome, SelfTestReport

from ..samples import HOSTILE
from .golden import text_of, too_wide

PASSED = Outcome("contract as 12345", "cannot write to /", passed=True, seconds=0.123)
FAILED = Outcome("imports", "torch", passed=False, detail="ImportError: libgomp.so.1:\n  No such file", seconds=2.5)
SLOW = Outcome("steps", "classify one picture of a penguin and compare the answer with the known one", passed=True)


def _text(*outcomes: Outcome, width: int | None = 100, not_run: tuple[str, ...] = ()) -> str:
    report = SelfTestReport("nautiloid/pytorch:latest", "bubblewrap", outcomes, not_run)
    return text_of(selftest_to_lines(report, width=width))


def test_every_check_has_a_line_with_its_outcome_and_time() -> None:
    *rows, sums = _text(PASSED, FAILED).splitlines()
    assert [row.split() for row in rows] == [
        ["Check", "Why", "Seconds"],
        ["ok", "contract", "as", "12345:", "cannot", "write", "to", "/", "0.12"],
        ["FAILED", "imports:", "torch", "ImportError:", "libgomp.so.1:", "No", "such", "file", "2.50"],
    ]
    assert sums == "nautiloid/pytorch:latest: 1 of 2 checks passed in bubblewrap"


def test_where_everything_passed_nothing_needs_a_reason() -> None:
    assert "Why" not in _text(PASSED, SLOW)
    assert "2 of 2 checks passed" in _text(PASSED, SLOW)


def test_what_was_not_run_is_said_before_the_sum() -> None:
    assert _text(PASSED, not_run=("steps: there is no GPU",)).splitlines()[-2] == "steps: there is no GPU"


@pytest.mark.parametrize("width", [80, 120])
def test_long_names_and_reasons_wrap(width: int) -> None:
    lines = selftest_to_lines(SelfTestReport("x", "", (PASSED, FAILED, SLOW)), width=width)
    assert too_wide(lines, width) == []
    assert "known one" in text_of(lines)


def test_hostile_text_commands_no_terminal() -> None:
    hostile = Outcome(HOSTILE, HOSTILE, passed=False, detail=HOSTILE)
    assert all(line.isprintable() for line in _text(hostile, not_run=(HOSTILE,)).splitlines())
