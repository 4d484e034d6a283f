"""Which packages bring a library, by the file name that the dynamic linker looks for: the archive's Contents indices.

An index is a hundred megabytes of text, one line a file: its path without leading slash, white space, and the packages
that have it, each as ``[[area/]section/]name`` with commas between them. It is read as a stream; what is kept of it are
the libraries in the linker's own directories. Format: Debian repository format, "Contents indices".
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from nautiloid import bounds
from nautiloid.atomic import write_text
from nautiloid.debian.archive import Pocket, fetch_index
from nautiloid.debian.release import Release
from nautiloid.errors import IntegrityError
from nautiloid.net.fetch import Fetcher

Libraries = Mapping[str, Sequence[str]]
"""File names of libraries, each with the packages that bring it; sorted."""

_NOTES = "libraries-1"
_BLOCK = 1 << 20
# Links and libraries that only building and debugging ask for; what runs never looks for them by these names.
_NOT_FOR_RUNNING = frozenset({"libdevel", "devel", "debug", "cross"})


def library_packages(
    pocket: Pocket, release: Release, component: str, architecture: str, triplet: str, *, fetcher: Fetcher,
    mirrors: Sequence[str],
) -> Libraries:  # fmt: skip
    """Return the libraries that a pocket's component has in the directories of the dynamic linker.

    The answer is kept beside the store by the hash of the index, so that an index is fetched and read once.

    Args:
        pocket: Where to look.
        release: Its verified Release, which promises the index.
        component: ``main`` and its like.
        architecture: Debian's name of the processor.
        triplet: Its multiarch directory (``x86_64-linux-gnu``).
        fetcher: Does the download.
        mirrors: Base URLs of the pocket's archive.

    Raises:
        FetchError: No mirror has the index.
        IntegrityError: It cannot be read.
    """
    path = f"{component}/Contents-{architecture}.gz"
    if path not in release.files:
        return {}
    notes = fetcher.store.surroundings / _NOTES / f"{release.files[path].sha256}.json"
    known = _recall(notes)
    if known is None:
        title = f"the list of files in {pocket.suite}"
        index = fetch_index(pocket, release, path, fetcher=fetcher, mirrors=mirrors, title=title)
        with fetcher.progress.task(f"Read {title}"):
            known = read_libraries(index, triplet)
        notes.parent.mkdir(parents=True, exist_ok=True)
        write_text(notes, json.dumps(known, sort_keys=True))
    return known


def read_libraries(index: Path, triplet: str) -> dict[str, list[str]]:
    """Read the libraries out of a Contents index.

    Args:
        index: Compressed by gzip.
        triplet: Name of the multiarch directory.

    Raises:
        IntegrityError: It is damaged, or no such index.
    """
    line = re.compile(
        rb"^(?:usr/)?lib/(?:%s/)?([^/\s]+\.so(?:\.[^/\s]+)?)[ \t]+(\S+)$" % re.escape(triplet.encode()), re.MULTILINE
    )
    found: dict[str, set[str]] = {}
    try:
        for block in _lines(index):
            for name, packages in line.findall(block):
                for qualified in packages.decode().split(","):
                    *section, package = qualified.split("/")
                    if not section or section[-1] not in _NOT_FOR_RUNNING:
                        found.setdefault(name.decode(), set()).add(package)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise IntegrityError(f"A list of files cannot be read: {error}") from error
    return {name: sorted(packages) for name, packages in sorted(found.items())}


def _lines(index: Path) -> Iterator[bytes]:
    """Yield the text in blocks that end where a line ends."""
    rest, done = b"", 0
    with gzip.open(index) as stream:
        while block := stream.read(_BLOCK):
            done += len(block)
            whole, newline, after = (rest + block).rpartition(b"\n")
            if len(after) > bounds.CONTENTS_LINE or done > bounds.CONTENTS:
                raise IntegrityError("A list of files cannot be read: it has lines, or is itself, of no end")
            yield whole + newline
            rest = after
    yield rest


def _recall(notes: Path) -> dict[str, list[str]] | None:
    try:
        known = json.loads(notes.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return known if isinstance(known, dict) else None
