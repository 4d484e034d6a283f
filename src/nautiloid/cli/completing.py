"""What a shell completes for images, definitions and containers; where nothing can be read, nothing is offered."""

from __future__ import annotations

from pathlib import Path

from nautiloid import catalog
from nautiloid.errors import NautiloidError
from nautiloid.oci.layout import Layout
from nautiloid.places import images_directory


def images(incomplete: str) -> list[str]:
    """Return the names of the local store; ``:latest`` need not be typed, and bash would break words there."""
    try:
        named = [name for name, _ in Layout(images_directory()).images()]
    except (NautiloidError, OSError):
        return []
    return [name for name in (name.removesuffix(":latest") for name in named) if name.startswith(incomplete)]


def definitions(incomplete: str) -> list[str]:
    """Return the catalog's names, and the YAML files that go on like what was typed."""
    place = Path(incomplete).parent
    written = incomplete[: len(incomplete) - len(incomplete.rpartition("/")[2])]
    files = [f"{written}{path.name}" for path in sorted(place.glob("*.y*ml")) if path.suffix in (".yaml", ".yml")]
    return [name for name in (*catalog.names(), *files) if name.startswith(incomplete)]


def containers(incomplete: str) -> list[str]:
    """Return the names of containers."""
    from nautiloid.containers.known import all_containers  # noqa: PLC0415 - it brings the engines along

    try:
        return [one.name for one in all_containers() if one.name.startswith(incomplete)]
    except (NautiloidError, OSError):
        return []


def targets(incomplete: str) -> list[str]:
    """Return what can be looked into: containers, and images."""
    return [*containers(incomplete), *images(incomplete)]
