"""What the files alone say of an image."""

from __future__ import annotations

import pytest

from nautiloid.inspection.inventory import Surface
from nautiloid.selftest.looking import look
from nautiloid.selftest.plan import TestPlan as Plan

SURFACE = Surface(shells=("bin/sh",), package_managers=("usr/bin/pip",), setuid=("usr/bin/su",))


@pytest.mark.parametrize(
    ("plan", "failures"),
    [
        (Plan(), {"no setuid or setgid file", "no shell", "no package manager"}),
        (Plan(package_manager=True), {"no setuid or setgid file", "no shell"}),
        (Plan(shell=True), {"no setuid or setgid file"}),
        (Plan(shell=True, setuid=True), set()),
    ],
)
def test_only_what_is_meant_to_be_there_may_be_there(plan: Plan, failures: set[str]) -> None:
    assert {outcome.name for outcome in look(plan, SURFACE) if not outcome.passed} == failures
