"""Where Nautiloid keeps things for whoever works with it, and who hears of long work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nautiloid import places
from nautiloid.oci.layout import Layout
from nautiloid.progress import SILENT, Progress

if TYPE_CHECKING:
    from nautiloid.net.fetch import Fetcher


@dataclass(frozen=True)
class Workspace:
    """The surroundings of a workflow.

    Attributes:
        images: The local image store.
        cache: What can be fetched or made again.
        progress: Who is told about long work.
    """

    images: Layout
    cache: Path
    progress: Progress = SILENT

    @classmethod
    def default(cls, progress: Progress = SILENT) -> Workspace:
        """Return the user's own, as the environment names it."""
        return cls(Layout(places.images_directory()), places.cache_directory(), progress)

    @classmethod
    def at(cls, images: Path | str, cache: Path | str, progress: Progress = SILENT) -> Workspace:
        """Return one with its image store and its cache in these directories; they are made when needed."""
        return cls(Layout(Path(images)), Path(cache), progress)

    @contextmanager
    def fetching(self, *, offline: bool = False) -> Iterator[Fetcher]:
        """Lend the way to downloads, which lands in this cache."""
        # An HTTP client takes a tenth of a second to import, and most commands do without one.
        from nautiloid.net.fetch import Fetcher  # noqa: PLC0415
        from nautiloid.net.store import Store  # noqa: PLC0415

        with Fetcher(Store(self.cache / "store"), self.progress, offline=offline) as fetcher:
            yield fetcher
