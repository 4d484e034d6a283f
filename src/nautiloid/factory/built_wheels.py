"""The wheels of a lock that were built from source, on their way into it and into the resolver."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from packaging.utils import canonicalize_name

from nautiloid.errors import UsageError
from nautiloid.factory.definition import Python
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.lockfile import LockedBuild, LockedSource
from nautiloid.factory.package_sources import PackageSource
from nautiloid.factory.packing import pack, source_directory
from nautiloid.net.store import Store


def check_built(python: Python, builds: Sequence[LockedBuild]) -> None:
    """Refuse to resolve a definition as if what it has as source came from an index.

    Raises:
        UsageError: A source was not built.
    """
    names = {canonicalize_name(build.wheel.name) for build in builds}
    if missing := [source.name for source in python.sources if source.key not in names]:
        raise UsageError(
            f"{', '.join(missing)} must be built from source first", "'nautiloid lock' and 'nautiloid build' do that."
        )


@contextmanager
def laid_out(builds: Sequence[LockedBuild], store: Store) -> Iterator[Mapping[str, Path]]:
    """Lend a directory for each built wheel, by its name, where pip finds the file.

    Raises:
        UsageError: One is not in the cache.
    """
    with tempfile.TemporaryDirectory(prefix="nautiloid-built-") as scratch:
        places: dict[str, Path] = {}
        for build in builds:
            stored = store.get(build.wheel.sha256)
            if stored is None:
                raise UsageError(
                    f"{build.wheel.filename} is not in the cache", "'nautiloid build' makes it again from its source."
                )
            place = Path(scratch) / str(len(places))
            place.mkdir()
            shutil.copyfile(stored, place / build.wheel.filename)
            places[canonicalize_name(build.wheel.name)] = place
        yield places


def is_edited(source: PackageSource, locked: LockedSource, loaded: LoadedDefinition) -> bool:
    """Tell whether a source that is a directory of the project holds other files than those that were locked.

    Raises:
        UsageError: There is no such directory.
    """
    return source.path is not None and pack(source_directory(source, loaded)) != locked.sha256
