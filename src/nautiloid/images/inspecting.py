"""From what a user types to an inspection, wherever the image lies.

``docker://NAME`` reads from a registry, ``docker-daemon:NAME`` from a local engine, ``dir:PATH`` (or the path of a
directory that is no OCI layout) a root filesystem; ``oci:``, ``oci-archive:`` and ``docker-archive:`` are skopeo's
spellings of paths. Everything else is what ``open_image`` takes: names of the local store, digests, layouts, archives.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nautiloid.errors import UsageError
from nautiloid.images.docker_daemon import open_daemon_image
from nautiloid.images.registry_image import open_registry_image
from nautiloid.images.root_filesystem import read_root
from nautiloid.inspection.examine import Examiner
from nautiloid.inspection.image import inspect_entries, inspect_image
from nautiloid.inspection.inventory import Inspection
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import Platform
from nautiloid.oci.source import ImageSource, open_image
from nautiloid.progress import SILENT, Progress
from nautiloid.registry.settings import SessionSettings

_REGISTRY = ("docker://", "registry://")
_DAEMON = ("docker-daemon://", "docker-daemon:")
_FILES = ("oci-archive:", "docker-archive:", "oci:")
_DIRECTORY = "dir:"


def inspect_anything(
    name: str,
    store: Layout,
    platform: Platform | None = None,
    settings: SessionSettings | None = None,
    progress: Progress = SILENT,
) -> Inspection:
    """Inspect whatever a name stands for.

    Args:
        name: See the module's text.
        store: Where names and digests are looked up.
        platform: Which image of an index; None is this machine's.
        settings: How to talk to registries.
        progress: Counts layers and bytes.

    Raises:
        NautiloidError: There is no such image, or it cannot be read.
    """
    root = _root_filesystem(name)
    if root is not None:
        with progress.task(f"Read {root}"):
            entries, skipped = read_root(root, Examiner())
            return inspect_entries(entries, name, skipped, lambda _, onlooker: read_root(root, onlooker)[0])
    with open_anywhere(name, store, platform, settings, progress) as source:
        return inspect_image(source, name, progress)


@contextmanager
def open_anywhere(
    name: str,
    store: Layout,
    platform: Platform | None = None,
    settings: SessionSettings | None = None,
    progress: Progress = SILENT,
) -> Iterator[ImageSource]:
    """Lend the image that a name stands for; see ``inspect_anything``.

    Raises:
        UsageError: It stands for a root filesystem, which has no layers and no configuration.
    """
    if (root := _root_filesystem(name)) is not None:
        raise UsageError(f"{root} is a directory tree and no image", "It can be inspected, compared and scanned.")
    if remote := _after(name, _REGISTRY):
        with open_registry_image(remote, platform, settings or SessionSettings()) as source:
            yield source
    elif local := _after(name, _DAEMON):
        with open_daemon_image(local, platform, progress) as source:
            yield source
    else:
        path = _after(name, _FILES)
        if "://" in name:
            raise UsageError(
                f"{name!r} has a scheme that nobody here knows.",
                "Known: docker://NAME, docker-daemon:NAME, dir:PATH, oci:PATH, oci-archive:PATH, docker-archive:PATH.",
            )
        with open_image(_as_path(path) if path else name, store, platform) as source:
            yield source


def _after(name: str, schemes: tuple[str, ...]) -> str:
    return next((name.removeprefix(scheme) for scheme in schemes if name.startswith(scheme)), "")


def _as_path(text: str) -> str:
    """Make sure that a relative path is taken for one."""
    return text if text.startswith(("/", "./", "../", "~")) else f"./{text}"


def _root_filesystem(name: str) -> Path | None:
    if name.startswith(_DIRECTORY):
        return Path(name.removeprefix(_DIRECTORY)).expanduser()
    path = Path(name).expanduser()
    looks_like_path = name.startswith(("/", "./", "../", "~")) or name in (".", "..")
    if (
        looks_like_path
        and path.is_dir()
        and not (path / "oci-layout").is_file()
        and not (path / "index.json").is_file()
    ):
        return path
    return None
