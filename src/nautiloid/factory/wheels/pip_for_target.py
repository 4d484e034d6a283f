"""pip, made to believe that it runs where the image will run.

pip's ``--platform`` and ``--python-version`` choose among files, but environment markers (``platform_machine ==
"x86_64"``, ``python_version >= "3.13"``) it asks of the interpreter that it runs in: an image for ARM would get what
the host's processor needs. So pip is started in a process of its own in which Python's ``platform`` module answers for
the target. pip itself stays as it is.

    python -m nautiloid.factory.wheels.pip_for_target 3.13.5 aarch64 install --dry-run ...

Source of what markers are made of: the dependency specifiers specification (PEP 508, "Environment Markers").
"""

from __future__ import annotations

import os
import platform
import runpy
import sys


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


def main() -> None:
    """Run pip with the arguments that follow the target's Python and machine."""
    python, machine, *arguments = sys.argv[1:]
    pretend(python, machine)
    sys.argv = ["pip", *arguments]
    runpy.run_module("pip", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
