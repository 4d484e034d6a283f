"""Commands that run images."""

from __future__ import annotations

from nautiloid.cli.groups import Command, Group
from nautiloid.cli.groups.program import BeforeProgram


def _up() -> Command:
    from nautiloid.cli.up import up  # noqa: PLC0415

    return up


def _run() -> Command:
    from nautiloid.cli.run import run  # noqa: PLC0415

    return run


def _ps() -> Command:
    from nautiloid.cli.containers import ps  # noqa: PLC0415

    return ps


def _logs() -> Command:
    from nautiloid.cli.containers import logs  # noqa: PLC0415

    return logs


def _stop() -> Command:
    from nautiloid.cli.containers import stop  # noqa: PLC0415

    return stop


def _rm() -> Command:
    from nautiloid.cli.containers import rm  # noqa: PLC0415

    return rm


def _debug() -> Command:
    from nautiloid.cli.containers import debug  # noqa: PLC0415

    return debug


def _test() -> Command:
    from nautiloid.cli.test import test  # noqa: PLC0415

    return test


def _lab() -> Command:
    from nautiloid.cli.lab import lab  # noqa: PLC0415

    return lab


RUN = Group(
    "Run",
    {
        "up": _up,
        "run": _run,
        "ps": _ps,
        "logs": _logs,
        "stop": _stop,
        "rm": _rm,
        "debug": _debug,
        "test": _test,
        "lab": _lab,
    },
    # What follows the image belongs to the program in it.
    {"run": {"allow_interspersed_args": False}, "debug": {"allow_interspersed_args": False}},
    {"up": BeforeProgram},
)
