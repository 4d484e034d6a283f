"""Commands that run images."""

from __future__ import annotations

from nautiloid.cli.groups import Command, Group


def _run() -> Command:
    from nautiloid.cli.run import run  # noqa: PLC0415

    return run


def _test() -> Command:
    from nautiloid.cli.test import test  # noqa: PLC0415

    return test


def _lab() -> Command:
    from nautiloid.cli.lab import lab  # noqa: PLC0415

    return lab


RUN = Group(
    "Run",
    {
        "run": _run,
        "test": _test,
        "lab": _lab,
    },
    # What follows the image belongs to the program in it.
    {"run": {"allow_interspersed_args": False}},
)
