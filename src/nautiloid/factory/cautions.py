"""What to look at before building from a lock: what is allowed, but only because somebody said so."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from packaging.utils import canonicalize_name

from nautiloid.factory.definition import Definition
from nautiloid.factory.definition_file import SHIPPED, LoadedDefinition, resolve_source
from nautiloid.factory.lockfile import Lock
from nautiloid.factory.startup import startup_files
from nautiloid.factory.wheels.unpack import wheel_paths
from nautiloid.net.store import Store

# What they name is loaded before, or instead of, what a program asks for (ld.so(8), python(1)).
_LOADED_FIRST = ("LD_AUDIT", "LD_LIBRARY_PATH", "LD_PRELOAD", "PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP")


def cautions(lock: Lock, loaded: LoadedDefinition, store: Store) -> list[str]:
    """Return a line for each thing that a definition lets through and a reader may not expect, with its name.

    Args:
        lock: What was locked.
        loaded: Its definition, for where the local files lie.
        store: Holds the wheels; one that is not there is not looked into.

    Raises:
        IntegrityError: A wheel cannot be read.
    """
    definition = loaded.definition
    return [
        *_startup_of_wheels(lock, definition, store),
        *_startup_of_packages(lock, definition),
        *_own_startup(lock, definition),
        *_from_outside(lock, loaded),
        *_from_afar(lock),
        *_from_source(lock),
        *_without_support(lock),
        *_unwanted(lock),
        *_settings(definition),
        *map(str, loaded.given_way),
    ]


def _startup_of_wheels(lock: Lock, definition: Definition, store: Store) -> Iterator[str]:
    reasons = definition.python.startup if definition.python is not None else {}
    allowed: dict[str, str] = {canonicalize_name(name): because for name, because in reasons.items()}
    for wheel in lock.wheels:
        path = store.get(wheel.sha256) if wheel.name in allowed else None
        found = startup_files(wheel_paths(path, wheel, definition.site_packages)) if path is not None else ()
        if found:
            names = ", ".join(file.removeprefix(f"{definition.site_packages}/") for file in found)
            yield f"{names} of {wheel.name} may run code whenever Python starts: {allowed[wheel.name]}"


def _startup_of_packages(lock: Lock, definition: Definition) -> Iterator[str]:
    for deb in lock.debs:
        if deb.name in definition.debian.startup:
            because = definition.debian.startup[deb.name]
            yield f"the Debian package {deb.name} may run code whenever Python, or any program, starts: {because}"


def _own_startup(lock: Lock, definition: Definition) -> Iterator[str]:
    """Name what the definition itself puts where it runs; not what ships with Nautiloid."""
    own = [file for file in lock.files if not definition.files[file.index].source.startswith(SHIPPED)]
    placed = [*(file.to for file in own), *(weights.to for weights in lock.weights), *definition.links]
    for path in startup_files(posixpath.normpath(path).lstrip("/") for path in placed):
        yield f"/{path}, which the definition adds, may run code whenever Python, or any program, starts"


def _from_outside(lock: Lock, loaded: LoadedDefinition) -> Iterator[str]:
    outside: Counter[str] = Counter()
    for file in lock.files:
        local = loaded.definition.files[file.index]
        root, source = resolve_source(local, loaded.roots[file.index])
        real = (source / file.path).resolve()
        if not source.resolve().is_relative_to(root.resolve()):
            outside[local.source] += 1
        elif not real.is_relative_to(root.resolve()):
            outside[f"{local.source}/{file.path} -> {real}"] += 1
    for name, count in outside.items():
        yield f"takes {name}{f' ({count} files)' if count > 1 else ''} from outside of its directory"


def _from_afar(lock: Lock) -> Iterator[str]:
    for weights in lock.weights:
        if weights.url is not None:
            where = urlsplit(weights.url)
            # A query may hold what only its writer should know.
            place = f"{where.scheme}://{where.netloc}{where.path}"
            yield f"weights {weights.name} are what {place} gave when they were locked: nobody has signed them"


def _from_source(lock: Lock) -> Iterator[str]:
    python = lock.definition.python
    network = {source.key: source.network for source in python.sources} if python else {}
    for build in lock.builds:
        name = build.wheel.name
        if build.network:
            yield f"{name} was built with the network, so that nobody can tell from what: {network.get(name)}"
        if not build.reproducible:
            yield f"{name}, built twice from one source, gave other bytes: another machine cannot make the same wheel"


def _without_support(lock: Lock) -> Iterator[str]:
    others: dict[str, list[str]] = {}
    for deb in lock.debs:
        # pool/non-free/i/intel-mkl/..., and pool/updates/main/... in the security archive.
        area = deb.path.removeprefix("pool/").removeprefix("updates/").partition("/")[0]
        if area != "main":
            others.setdefault(area, []).append(deb.name)
    for area, names in others.items():
        yield f"from Debian's {area}, which its security team does not support: {', '.join(names)}"
    if lock.debs and lock.definition.debian.pockets == "release":
        yield "Debian's security fixes do not enter (debian.pockets: release)"


def _unwanted(lock: Lock) -> Iterator[str]:
    """Name what enters although the definition, or one that it extends, does without it."""
    never = lock.definition.debian.never
    for deb in lock.debs:
        if deb.name in never:
            needs = [f"{lock.named(need.component)} needs {need.soname}" for need in deb.libraries]
            because = ", ".join(needs) or "'debian.packages' asks for it"
            yield f"{deb.name} enters although 'debian.never' holds it ({never[deb.name]}): {because}"


def _settings(definition: Definition) -> Iterator[str]:
    image = definition.image
    if image.user.partition(":")[0] in ("", "0", "root"):
        yield f"its programs run as root (image.user: {image.user})"
    if image.setuid == "keep":
        yield "setuid and setgid bits stay (image.setuid: keep)"
    for name in _LOADED_FIRST:
        if name in image.env:
            yield f"{name}={image.env[name]} says what programs load first (image.env)"
