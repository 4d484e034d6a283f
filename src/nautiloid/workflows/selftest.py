"""Test an image in an engine."""

from __future__ import annotations

from nautiloid.run.select import choose_engine
from nautiloid.selftest.report import SelfTestReport
from nautiloid.selftest.runner import run_selftest
from nautiloid.workflows.workspace import Workspace


def test(image: str, workspace: Workspace, engine: str = "auto") -> SelfTestReport:
    """Run an image's self-test, and say how every check went.

    Args:
        image: A name, a digest, a path of an OCI layout or an image tar.
        workspace: Where names are looked up.
        engine: ``docker``, ``podman``, ``bubblewrap`` or ``auto``.

    Raises:
        NautiloidError: There is no such image or engine.
    """
    return run_selftest(image, workspace.images, choose_engine(engine, workspace.images), workspace.progress)
