"""Commands that find vulnerabilities and get rid of them."""

from __future__ import annotations

from nautiloid.cli.groups import Command, Group


def _scan() -> Command:
    from nautiloid.cli.scan import scan  # noqa: PLC0415

    return scan


def _db() -> Command:
    from nautiloid.cli.db import db  # noqa: PLC0415

    return db


def _vex() -> Command:
    from nautiloid.cli.vex import vex  # noqa: PLC0415

    return vex


def _patch() -> Command:
    from nautiloid.cli.patch import patch  # noqa: PLC0415

    return patch


def _update() -> Command:
    from nautiloid.cli.update import update  # noqa: PLC0415

    return update


def _notes() -> Command:
    from nautiloid.cli.update import notes  # noqa: PLC0415

    return notes


def _automate() -> Command:
    from nautiloid.cli.automate import automate  # noqa: PLC0415

    return automate


KEEP_SAFE = Group(
    "Keep safe",
    {
        "scan": _scan,
        "db": _db,
        "vex": _vex,
        "patch": _patch,
        "update": _update,
        "notes": _notes,
        "automate": _automate,
    },
)
