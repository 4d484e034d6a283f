"""pip, made to believe that it runs where the image will run.

pip's ``--platform`` and ``--python-version`` choose among files, but environment markers (``platform_machine ==
"x86_64"``, ``python_version >= "3.13"``) it asks of the interpreter that it runs in: an image for ARM would get what
the host's processor needs. So pip is started in a process of its own in which Python's ``platform`` module answers for
the target. pip itself stays as it is, unless a definition names indexes (see ``pip_routes``): then the third argument
is a file with the routes, and ``-`` otherwise. Where each distribution was found goes into a file beside it.

    python -m nautiloid.factory.wheels.pip_for_target 3.13.5 aarch64 - install --dry-run ...

Source of what markers are made of: the dependency specifiers specification (PEP 508, "Environment Markers").
"""

from __future__ import annotations

import atexit
import json
import os
import platform
import runpy
import sys
from pathlib import Path


def pretend(python: str, machine: str) -> None:
    """Make the standard library answer for the target; only for a process that does nothing else.

    Args:
        python: Version of the image's Python, in three numbers.
        machine: The kernel's name of the processor, such as ``aarch64``.
    """
    major, minor, patch = python.split(".")
    answers = {
        "machine": machine,
        "system": "Linux",
        "release": "",
        "version": "",
        "python_version": python,
        "python_version_tuple": (major, minor, patch),
    }
    for question, answer in answers.items():
        setattr(platform, question, lambda answer=answer: answer)
    sys.platform, os.name = "linux", "posix"


def keep_to(routes: Path) -> None:
    """Make pip ask for each distribution where it may come from; only for a process that does nothing else."""
    # It imports half of pip, which must not happen before the target's answers are in place.
    from nautiloid.factory.wheels.pip_routes import Router, install  # noqa: PLC0415
    from nautiloid.factory.wheels.routes import CHOSEN  # noqa: PLC0415

    router = Router.read(routes)
    install(router)
    atexit.register(lambda: routes.with_suffix(CHOSEN).write_text(json.dumps(router.chosen), encoding="utf-8"))


def main() -> None:
    """Run pip, or ``source`` of our own, with the arguments that follow Python, machine and the file of routes."""
    python, machine, routes, *arguments = sys.argv[1:]
    pretend(python, machine)
    if routes != "-":
        keep_to(Path(routes))
    if arguments[:1] == ["source"]:
        from nautiloid.factory.wheels.pip_source import download  # noqa: PLC0415 - see above

        sys.exit(download(arguments[1:]))
    sys.argv = ["pip", *arguments]
    runpy.run_module("pip", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
