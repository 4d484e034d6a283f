"""Whether an image can be started for its self-test on this machine."""

from __future__ import annotations

from nautiloid.inspection.inventory import Surface
from nautiloid.oci.model import Platform
from nautiloid.run.engine import Engine


def reason_not_to_run(engine: Engine | None, platform: Platform, surface: Surface) -> str:
    """Return why the image's checks cannot be run on this machine; empty where they can.

    Args:
        engine: What would run them; None: nothing works here.
        platform: What the image is for.
        surface: Its files.
    """
    here = Platform.of_this_machine()
    if (platform.os, platform.architecture) != (here.os, here.architecture):
        return f"nothing was started: the image is for {platform}, and this machine is {here}"
    if engine is None:
        return "nothing was started: no container engine works here"
    if not any(file.path.startswith("usr/bin/python3") for file in surface.executables):
        return "nothing was started: the image has no Python to run the checks with"
    return ""
