"""Commands that keep images and bring them elsewhere."""

from __future__ import annotations

from nautiloid.cli.groups import Command, Group


def _images() -> Command:
    from nautiloid.cli.images import images  # noqa: PLC0415

    return images


def _tag() -> Command:
    from nautiloid.cli.images import tag  # noqa: PLC0415

    return tag


def _push() -> Command:
    from nautiloid.cli.push import push  # noqa: PLC0415

    return push


def _pull() -> Command:
    from nautiloid.cli.pull import pull  # noqa: PLC0415

    return pull


def _copy() -> Command:
    from nautiloid.cli.copy import copy  # noqa: PLC0415

    return copy


MOVE = Group(
    "Move",
    {
        "images": _images,
        "tag": _tag,
        "push": _push,
        "pull": _pull,
        "copy": _copy,
    },
)
