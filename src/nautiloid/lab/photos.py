"""The photos of the lab: the user's own, the cached copy, or a download that is checked photo by photo.

The lab's photos lie in its public demo repository. Nautiloid ships no photo, only a manifest of their sha256
(``photos.json``): whatever the archive's layout is, a file belongs to the data set when its hash does. Where none of
it can be had, the workload draws a set of its own; the lab says so.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from nautiloid.errors import NautiloidError, UsageError
from nautiloid.net.fetch import Fetcher

ARCHIVE_URL = "https://github.com/chainguard-dev/pytorch-getting-started/archive/refs/heads/main.tar.gz"
DATA_SET = "octopus-penguin-whale"
TEST_IMAGES = "inference-images"
_ARCHIVE_LIMIT = 512 << 20
_PHOTO_LIMIT = 64 << 20


@dataclass(frozen=True)
class Photos:
    """A directory that holds ``octopus-penguin-whale/{train,val}`` and ``inference-images``, and where it came from."""

    directory: Path
    origin: str


def find_photos(given: Path | None, cache: Path, fetcher: Fetcher) -> Photos | None:
    """Return the photos, or None when they must be drawn.

    Args:
        given: The user's own directory; else ``NAUTILOID_DATA`` is asked.
        cache: Nautiloid's cache directory, for the downloaded copy.
        fetcher: Downloads the lab's archive; ``NAUTILOID_PHOTOS_URL`` names another one.

    Raises:
        UsageError: The user's own directory does not hold what it must.
    """
    own = given or (Path(os.environ["NAUTILOID_DATA"]) if os.environ.get("NAUTILOID_DATA") else None)
    if own is not None:
        return Photos(_checked(own), "your own")
    kept = cache / "photos"
    if kept.is_dir():
        return Photos(kept, "the cached copy of the lab's photos")
    try:
        archive = _download(fetcher)
        collect_photos(archive, read_manifest(), kept)
    except NautiloidError as error:
        fetcher.progress.note(f"The lab's photos cannot be had ({error.message.splitlines()[0].rstrip(':')}).")
        return None
    return Photos(kept, "the lab's photos, downloaded and verified")


def read_manifest() -> dict[str, str]:
    """Return the shipped manifest: sha256 -> path below the photos directory."""
    text = resources.files("nautiloid.lab").joinpath("photos.json").read_text(encoding="utf-8")
    return {entry["sha256"]: path for path, entry in json.loads(text).items()}


def collect_photos(archive: bytes, manifest: dict[str, str], destination: Path) -> None:
    """Take the photos that the manifest names out of a tar.gz, all of them or none.

    Raises:
        NautiloidError: The archive cannot be read, or photos are missing from it.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination.parent) as scratch:
        found = Path(scratch) / "photos"
        missing = dict(manifest)
        for data in _members(archive):
            path = missing.pop(hashlib.sha256(data).hexdigest(), None)
            if path is not None:
                (found / path).parent.mkdir(parents=True, exist_ok=True)
                (found / path).write_bytes(data)
        if missing:
            raise NautiloidError(
                f"{len(missing)} of {len(manifest)} photos are missing from the archive or were changed"
            )
        try:
            found.rename(destination)
        except OSError:
            # Another process finished first: its copy was checked as well.
            shutil.rmtree(found)


def _members(archive: bytes) -> Iterator[bytes]:
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isreg() and member.size <= _PHOTO_LIMIT else None
                if content is not None:
                    yield content.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise NautiloidError(f"the photo archive cannot be read: {error}") from error


def _download(fetcher: Fetcher) -> bytes:
    base, _, path = os.environ.get("NAUTILOID_PHOTOS_URL", ARCHIVE_URL).rpartition("/")
    with fetcher.progress.task("Fetch the lab's photos"):
        return fetcher.fetch_unpinned(path, [base], _ARCHIVE_LIMIT)


def _checked(directory: Path) -> Path:
    for needed in (f"{DATA_SET}/train", f"{DATA_SET}/val", TEST_IMAGES):
        if not (directory / needed).is_dir():
            raise UsageError(
                f"{directory} holds no {needed}",
                f"The photos' directory holds {DATA_SET}/train, {DATA_SET}/val (a folder a class) and {TEST_IMAGES}.",
            )
    return directory.resolve()
