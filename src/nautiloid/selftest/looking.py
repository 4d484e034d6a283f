"""The checks of a self-test that need no engine: what may not lie in an image."""

from __future__ import annotations

from collections.abc import Iterator

from nautiloid.inspection.inventory import Surface
from nautiloid.selftest.plan import TestPlan
from nautiloid.selftest.report import Outcome


def look(plan: TestPlan, surface: Surface) -> Iterator[Outcome]:
    """Judge an image by its files alone.

    Args:
        plan: Says what it is meant to have.
        surface: What it offers to an attacker.
    """
    if not plan.setuid:
        yield _judged("no setuid or setgid file", surface.setuid)
    if not plan.shell:
        yield _judged("no shell", surface.shells)
    if not (plan.shell or plan.package_manager):
        yield _judged("no package manager", surface.package_managers)


def _judged(name: str, found: tuple[str, ...]) -> Outcome:
    return Outcome("files", name, not found, ", ".join(f"/{path}" for path in found[:10]))
