"""An image gets its name only when it has passed."""

from __future__ import annotations

from nautiloid.errors import NautiloidError
from nautiloid.oci.layout import Layout
from nautiloid.progress import SILENT, Progress
from nautiloid.run.engine import Engine
from nautiloid.selftest.report import SelfTestReport
from nautiloid.selftest.runner import run_selftest

_SUFFIX = "-untested"


class SelfTestError(NautiloidError):
    """An image failed its self-test, and its name still means the image before it."""


def candidate_name(reference: str) -> str:
    """Return the name that an image goes by until it has passed."""
    return f"{reference}{_SUFFIX}"


def release(reference: str, store: Layout, engine: Engine | None, progress: Progress = SILENT) -> SelfTestReport:
    """Test the candidate for a name, and give it the name.

    An image that has the name already, byte for byte, is not tested again.

    Raises:
        SelfTestError: A check failed; the candidate stays under its own name.
    """
    candidate = candidate_name(reference)
    if store.digest_of(candidate) == store.digest_of(reference):
        store.remove(candidate)
        return SelfTestReport(reference, "", (), ("it is, byte for byte, the image that has the name already",))
    try:
        report = run_selftest(candidate, store, engine, progress)
    finally:
        if engine is not None:
            engine.forget(candidate)
    if report.failures:
        shown = "\n".join(f"  {item.group}: {item.name}: {item.detail}" for item in report.failures[:20])
        raise SelfTestError(
            f"{len(report.failures)} of {len(report.outcomes)} checks failed; {reference} stays what it was:\n{shown}",
            f"The new image is {candidate}. Look into it with 'nautiloid test {candidate}'.",
        )
    store.rename(candidate, reference)
    return report
