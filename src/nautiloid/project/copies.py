"""What goes from the project into an image, as a Dockerfile says it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Copy:
    """One source of a ``COPY``: a path or glob of the project, and where it goes.

    Attributes:
        source: Relative to the project.
        to: Absolute path in the image.
        into: ``to`` is a directory that receives the source by its name (a directory's contents go in either case).
        origin: The line that says so.
    """

    source: str
    to: PurePosixPath
    into: bool
    origin: str
