"""The image that sources are built in: the catalog's Python with a shell and pip, and the packages that builds ask for.

It is locked and built like any other image, from the suite of the image that the wheels are for, so that what is
compiled finds the same C library there. Its own lock goes into the lock of that image, and lets it be had again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from nautiloid.debian.mirrors import Mirrors
from nautiloid.errors import UsageError
from nautiloid.factory.build import build_image, find_built
from nautiloid.factory.definition import Definition
from nautiloid.factory.definition_file import LoadedDefinition, load_definition
from nautiloid.factory.lockfile import Lock, LockError
from nautiloid.net.fetch import Fetcher
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import Platform
from nautiloid.run.bubblewrap import BubblewrapEngine
from nautiloid.sourcing.container import BuildContainer

_CATALOG = {("bookworm", "3.11"): "python-dev", ("trixie", "3.13"): "python-trixie-dev"}
_COMPILERS = {"/usr/bin/cc": "gcc", "/usr/bin/c++": "g++"}
_NAME = "nautiloid/builder"


def builder_definition(definition: Definition) -> LoadedDefinition:
    """Return the definition of the image in which a definition's sources are built.

    Raises:
        UsageError: There is none for its suite, Python and processor that runs here.
    """
    python = definition.python
    base = _CATALOG.get((definition.debian.suite, python.version)) if python else None
    if python is None or base is None:
        raise UsageError(
            f"nothing is built from source for {definition.debian.suite}"
            + (f" with Python {python.version}" if python else ""),
            "It is for " + " and ".join(f"{suite} with Python {version}" for suite, version in _CATALOG) + ".",
        )
    here = Platform.of_this_machine().architecture
    if definition.architecture != here:
        raise UsageError(
            f"what is for {definition.architecture} is not built from source on {here}",
            f"Lock it on a machine with {definition.architecture}.",
        )
    loaded = load_definition(base, definition.architecture)
    packages = sorted({package for source in python.sources for package in source.packages})
    links = _COMPILERS if "build-essential" in packages else {}
    shipped = loaded.definition
    assert shipped.python is not None  # noqa: S101 - the catalog's
    changed = shipped.model_copy(
        update={
            "debian": shipped.debian.model_copy(update={"packages": (*shipped.debian.packages, *packages)}),
            # It is started a few times and thrown away.
            "python": shipped.python.model_copy(update={"bytecode": ()}),
            "links": {**shipped.links, **links},
        }
    )
    return replace(loaded, definition=changed)


def does_for(builder: Lock, definition: Definition) -> bool:
    """Tell whether the sources of a definition can be built in an image that was locked for an earlier one."""
    has, python, its_python = builder.definition, definition.python, builder.definition.python
    if python is None or its_python is None:
        return False
    wanted = {package for source in python.sources for package in source.packages}
    return wanted <= set(has.debian.packages) and (
        (has.debian.suite, has.architecture, its_python.version)
        == (definition.debian.suite, definition.architecture, python.version)
    )


def loaded_builder(lock: Lock) -> LoadedDefinition:
    """Return the definition of a builder that a lock has; a lock may be a stranger's.

    Raises:
        LockError: It takes files of this machine.
    """
    files = lock.definition.files
    if any(not file.source.startswith("catalog:") for file in files):
        raise LockError("the lock's builder takes files of this machine", "Make a new one with 'nautiloid lock'.")
    return LoadedDefinition(lock.definition, Path(), tuple(Path() for _ in files))


@contextmanager
def build_container(
    lock: Lock, loaded: LoadedDefinition, cache: Path, fetcher: Fetcher, mirrors: Mirrors
) -> Iterator[BuildContainer]:
    """Lend the container of a builder's lock, whose image is built where it is not there yet.

    Args:
        lock: The builder's.
        loaded: Its definition.
        cache: Nautiloid's cache directory, which keeps the image.
        fetcher: The way to downloads.
        mirrors: The user's own choice of mirrors.

    Raises:
        UsageError: bubblewrap does not work here.
        NautiloidError: The image cannot be built.
    """
    images = Layout(cache / "builders")
    engine = BubblewrapEngine(images, cache)
    if not (works := engine.available()):
        raise UsageError(f"nothing is built from source without bubblewrap: {works.reason}", works.remedy)
    reference = f"{_NAME}:{lock.digest[:16]}"
    with fetcher.progress.task("Make ready what sources are built in"):
        found = find_built(images, reference, lock)
        if found is None:
            found = build_image(lock, loaded, images, cache, fetcher, reference=reference, mirrors=mirrors).descriptor
    with TemporaryDirectory(prefix="sources-", dir=cache) as scratch:
        yield BuildContainer(engine, reference, found.digest, fetcher.store, Path(scratch))
