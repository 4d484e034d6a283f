"""Commands that say what is in images."""

from __future__ import annotations

from nautiloid.cli.groups import Command, Group


def _inspect() -> Command:
    from nautiloid.cli.inspect import inspect  # noqa: PLC0415

    return inspect


def _compare() -> Command:
    from nautiloid.cli.compare import compare  # noqa: PLC0415

    return compare


def _diff() -> Command:
    from nautiloid.cli.diff import diff  # noqa: PLC0415

    return diff


def _model() -> Command:
    from nautiloid.cli.model import model  # noqa: PLC0415

    return model


def _sbom() -> Command:
    from nautiloid.cli.sbom import sbom  # noqa: PLC0415

    return sbom


LOOK = Group(
    "Look",
    {
        "inspect": _inspect,
        "compare": _compare,
        "diff": _diff,
        "model": _model,
        "sbom": _sbom,
    },
)
