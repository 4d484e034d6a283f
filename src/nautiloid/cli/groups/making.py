"""Commands that make images."""

from __future__ import annotations

from nautiloid.cli.groups import Command, Group


def _catalog() -> Command:
    from nautiloid.cli.catalog import catalog  # noqa: PLC0415

    return catalog


def _init() -> Command:
    from nautiloid.cli.init import init  # noqa: PLC0415

    return init


def _lock() -> Command:
    from nautiloid.cli.lock import lock  # noqa: PLC0415

    return lock


def _add() -> Command:
    from nautiloid.cli.edit import add  # noqa: PLC0415

    return add


def _remove() -> Command:
    from nautiloid.cli.edit import remove  # noqa: PLC0415

    return remove


def _build() -> Command:
    from nautiloid.cli.build import build  # noqa: PLC0415

    return build


def _slim() -> Command:
    from nautiloid.cli.slim import slim  # noqa: PLC0415

    return slim


MAKE = Group(
    "Make",
    {
        "catalog": _catalog,
        "init": _init,
        "add": _add,
        "remove": _remove,
        "lock": _lock,
        "build": _build,
        "slim": _slim,
    },
)
