"""Which containers there are."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from nautiloid.containers.container import Container
from nautiloid.report.tables import Column, render_table

SCHEMA = 1


def containers_to_lines(containers: Sequence[Container], *, width: int | None) -> list[Text]:
    """Return one line a container: name, image, engine, whether it runs, since when, and its ports."""
    columns = [
        Column("Container", fixed=True),
        Column("Image", wrap=True),
        Column("Engine", fixed=True),
        Column("State", fixed=True),
        Column("Started", fixed=True),
        Column("Ports", wrap=True),
    ]
    rows = [
        [one.name, one.image, one.engine, _state(one), f"{one.started:%Y-%m-%d %H:%M}", ", ".join(one.ports)]
        for one in containers
    ]
    return render_table(columns, rows, width=width)


def container_as_json(one: Container) -> dict[str, object]:
    """Return a container for programs to read."""
    return {
        "schema": SCHEMA,
        "name": one.name,
        "image": one.image,
        "engine": one.engine,
        "running": one.runs if one.runs or not one.damaged else None,
        "damaged": one.damaged,
        "exit_code": one.exit_code,
        "started": one.started.isoformat(),
        "ports": list(one.ports),
    }


def _state(one: Container) -> str:
    if one.runs:
        return "runs (record damaged)" if one.damaged else "runs"
    if one.damaged:
        return "not known: record damaged"
    return "ended" if one.exit_code is None else f"ended ({one.exit_code})"
