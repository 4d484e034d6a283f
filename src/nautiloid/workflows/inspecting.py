"""Inspect whatever a user names, with the user's own surroundings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from nautiloid.inspection.comparison import Comparison
from nautiloid.inspection.comparison import compare as compare_inspections
from nautiloid.inspection.inventory import Inspection
from nautiloid.oci.model import Platform
from nautiloid.oci.source import ImageSource
from nautiloid.registry.settings import SessionSettings
from nautiloid.workflows.workspace import Workspace


@dataclass(frozen=True)
class ImageChoice:
    """Which image is meant where a name stands for several, and how to talk to registries."""

    platform: Platform | None = None
    settings: SessionSettings = field(default_factory=SessionSettings)

    @classmethod
    def of(cls, platform: str | None = None, ca_files: Sequence[Path | str] = (), *, plain_http: bool = False) -> Self:
        """Return the choice that texts name.

        Args:
            platform: Such as ``linux/arm64``.
            ca_files: Certificate authorities to trust as well.
            plain_http: Speak HTTP without TLS.

        Raises:
            UsageError: There is no such platform.
        """
        wanted = Platform.parse(platform) if platform else None
        return cls(wanted, SessionSettings(tuple(Path(file) for file in ca_files), plain_http))


def inspect(name: str, workspace: Workspace, choice: ImageChoice | None = None) -> Inspection:
    """Say all that is known of an image, wherever it lies.

    Args:
        name: A name of the store, a digest, a path, ``docker://NAME``, ``docker-daemon:NAME``, ``dir:PATH``.
        workspace: Where names are looked up.
        choice: Which image of an index; by default this machine's.

    Raises:
        NautiloidError: There is no such image, or it cannot be read.
    """
    # Not before it is needed: a scan of an SBOM talks to no registry.
    from nautiloid.images.inspecting import inspect_anything  # noqa: PLC0415

    chosen = choice or ImageChoice()
    return inspect_anything(name, workspace.images, chosen.platform, chosen.settings, workspace.progress)


def compare(names: Sequence[str], workspace: Workspace, choice: ImageChoice | None = None) -> Comparison:
    """Inspect images, all in one run, and measure the others against the first.

    Args:
        names: Of the images; see ``inspect``.
        workspace: Where names are looked up.
        choice: Which image of an index.

    Raises:
        NautiloidError: One of them is not there, or cannot be read.
    """
    return compare_inspections([inspect(name, workspace, choice) for name in names])


@contextmanager
def open_named(name: str, workspace: Workspace, choice: ImageChoice | None = None) -> Iterator[ImageSource]:
    """Lend an image, wherever it lies; see ``inspect``."""
    from nautiloid.images.inspecting import open_anywhere  # noqa: PLC0415

    chosen = choice or ImageChoice()
    with open_anywhere(name, workspace.images, chosen.platform, chosen.settings, workspace.progress) as source:
        yield source
