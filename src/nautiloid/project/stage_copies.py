"""What ``COPY --from`` another stage means for an image that is assembled, not built in stages.

Files that the other stage has of the project come from the project; Python packages that it installs come as wheels.
What else it makes (compiled programs, pages of a front end) is not carried over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from nautiloid.project.copies import Copy

INSTALLERS = re.compile(r"(^|/)(uvx?|pip[\d.]*|poetry)$")
"""Programs that wheels make unnecessary: ``COPY --from=ghcr.io/astral-sh/uv /uv /bin/``."""


def copied_from(root: Path, copies: Sequence[Copy], asked: Copy) -> Iterator[Copy]:
    """Yield the project's files that a stage hands on, and where they then go.

    Args:
        root: The project's directory.
        copies: What that stage has of the project.
        asked: What is copied, as paths of the stage.
    """
    source = PurePosixPath(asked.source)
    for copy in copies:
        is_file = (root / copy.source).is_file()
        to = asked.to / source.name if asked.into and is_file else asked.to
        if is_file and source in (copy.to, copy.to / PurePosixPath(copy.source).name):
            yield Copy(copy.source, to, into=False, origin=asked.origin)
        elif copy.to.is_relative_to(source):
            yield Copy(copy.source, asked.to / copy.to.relative_to(source), copy.into, asked.origin)
        elif source.is_relative_to(copy.to):
            inner = PurePosixPath(copy.source) / source.relative_to(copy.to)
            if (root / inner).exists():
                yield Copy(str(inner), asked.to, asked.into, asked.origin)
