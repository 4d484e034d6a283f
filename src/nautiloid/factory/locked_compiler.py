"""Lock the Python that compiles a foreign image's modules: the very same release, for a processor that runs here."""

from __future__ import annotations

from nautiloid.debian.mirrors import Mirrors
from nautiloid.debian.solver import Closure
from nautiloid.errors import UsageError
from nautiloid.factory.definition import Definition
from nautiloid.factory.locked_debs import locked_debs, read_archive
from nautiloid.factory.lockfile import LockedDeb
from nautiloid.net.fetch import Fetcher

COMPILER_ARCHITECTURE = "amd64"


def lock_compiler(
    definition: Definition, closure: Closure, fetcher: Fetcher, mirrors: Mirrors
) -> tuple[LockedDeb, ...]:
    """Lock the amd64 twin of a foreign image's Python, for compiling its modules without emulation.

    Raises:
        UsageError: The archive has the two in different versions at this moment.
    """
    python = definition.python
    if python is None or not python.bytecode or definition.architecture == COMPILER_ARCHITECTURE:
        return ()
    names = [f"python{python.version}-minimal", f"libpython{python.version}-stdlib"]
    twin = definition.model_copy(update={"architecture": COMPILER_ARCHITECTURE})
    found = read_archive(twin, fetcher, mirrors).closure(names)
    ours = {package.name: package.source_version for package in closure.packages}
    theirs = {package.name: package.source_version for package in found.packages}
    if ours.get(names[0]) != theirs[names[0]]:
        raise UsageError(
            f"{names[0]} is {ours.get(names[0])} for {definition.architecture}, but {theirs[names[0]]} for "
            f"{COMPILER_ARCHITECTURE}, so the image's modules cannot be compiled here",
            "Wait until the archive has both in one version, or set 'bytecode: null' (a slower start).",
        )
    return locked_debs(found)
