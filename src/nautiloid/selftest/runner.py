"""Run an image's self-test: look at its files, then start it hardened, as several users."""

from __future__ import annotations

from nautiloid.inspection.image import inspect_image
from nautiloid.oci.layout import Layout
from nautiloid.oci.source import open_image
from nautiloid.progress import SILENT, Progress
from nautiloid.run.engine import Engine
from nautiloid.selftest.looking import look
from nautiloid.selftest.plan import read_plan
from nautiloid.selftest.readiness import reason_not_to_run
from nautiloid.selftest.report import SelfTestReport
from nautiloid.selftest.starting import USERS, run_as
from nautiloid.selftest.trying_app import try_app


def run_selftest(name: str, store: Layout, engine: Engine | None, progress: Progress = SILENT) -> SelfTestReport:
    """Test an image.

    Args:
        name: What the user typed for it.
        store: The local image store.
        engine: Runs it; None looks at the files only.
        progress: Hears of the steps.

    Raises:
        NautiloidError: There is no such image, or it cannot be read.
    """
    with open_image(name, store) as source:
        config = source.image.config
        plan = read_plan(config)
        surface = inspect_image(source, name, progress).surface
    outcomes = list(look(plan, surface))
    reason = reason_not_to_run(engine, config.platform, surface)
    if reason or engine is None:
        return SelfTestReport(name, "", tuple(outcomes), (reason,))
    ready = engine.make_ready(name, store, progress)
    with progress.task("Test the image", total=len(USERS) + 1) as task:
        for user in USERS:
            outcomes += run_as(user, engine, ready, plan)
            task.advance(1)
        app = try_app(engine, ready, plan)
        task.advance(1)
    return SelfTestReport(name, engine.name, (*outcomes, *app.outcomes), app.remarks)
