"""Look into all that a lock names, as a build would, for the libraries that its files need and nothing brings."""

from __future__ import annotations

import hashlib
import json
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from nautiloid.atomic import write_text
from nautiloid.debian.mirrors import Mirrors
from nautiloid.factory import slim
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.gathering import gather
from nautiloid.factory.inputs import Inputs
from nautiloid.factory.libraries.answered import library_needs, refuse_old
from nautiloid.factory.libraries.opened import missing_opened, opened_table
from nautiloid.factory.lockfile import LibraryNeed, Lock
from nautiloid.factory.rootfs.elf_index import ELF_NOTES, read_all_elf
from nautiloid.net.fetch import Download, Fetcher

_NOTES = "surveys-1"


def survey(lock: Lock, loaded: LoadedDefinition, fetcher: Fetcher, mirrors: Mirrors) -> tuple[LibraryNeed, ...]:
    """Return the libraries that the image of a lock would lack: once for each component that needs one, sorted.

    The answer is kept in the cache: as long as the archive, the wheels and the files stay what they are, a lock costs
    no second look.

    Args:
        lock: Its wheels and weights are in the store.
        loaded: Its definition, for where the local files lie.
        fetcher: Brings the Debian packages.
        mirrors: Where they are.

    Raises:
        OldLibraryError: Nothing is missing, but a library is too old for what needs it.
        NautiloidError: An input cannot be had, or does not go with the others.
    """
    notes = fetcher.store.surroundings / _NOTES / f"{_key(lock)}.json"
    known = _recall(notes)
    if known is None:
        known = _look(lock, _inputs(lock, loaded, fetcher, mirrors), fetcher)
        notes.parent.mkdir(parents=True, exist_ok=True)
        write_text(notes, json.dumps([need.model_dump() for need in known]))
    return known


def _key(lock: Lock) -> str:
    """Return a name for all that the answer depends on: not on when a lock was made."""
    timeless = lock.model_copy(update={"timestamp": datetime(2000, 1, 1, tzinfo=UTC), "releases": ()})
    return hashlib.sha256(f"{timeless.digest} {opened_table()}".encode()).hexdigest()


def _recall(notes: Path) -> tuple[LibraryNeed, ...] | None:
    try:
        return tuple(LibraryNeed.model_validate(need) for need in json.loads(notes.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _look(lock: Lock, inputs: Inputs, fetcher: Fetcher) -> tuple[LibraryNeed, ...]:
    cache = fetcher.store.surroundings
    with tempfile.TemporaryDirectory(prefix="lock-", dir=cache) as scratch, ExitStack() as open_files:
        tree, _ = gather(lock, inputs, Path(scratch), open_files, fetcher.progress)
        # What stripping takes away is not what a linker reads, and it takes seconds.
        rules = [rule for rule in lock.definition.slim if rule.action != "strip"]
        slim.apply_rules(tree, rules, cache / "stripped")
        facts = read_all_elf(tree, cache / ELF_NOTES, Path(scratch))
        needs = {(need.soname, need.component): need for need in missing_opened(tree, lock)}
        needs |= {(need.soname, need.component): need for need in library_needs(tree, facts, lock)}
        if not needs:
            refuse_old(tree, facts, lock)
        return tuple(needs[key] for key in sorted(needs))


def _inputs(lock: Lock, loaded: LoadedDefinition, fetcher: Fetcher, mirrors: Mirrors) -> Inputs:
    """Return where the inputs lie: all but the Debian packages were brought to the store to be locked."""
    debs = [Download(deb.path, mirrors.of(deb.archive), deb.sha256, deb.size, deb.name) for deb in lock.debs]
    stored = fetcher.fetch_all(debs, title="Fetch Debian packages")
    wheels = [*lock.wheels, *(weights.wheel for weights in lock.weights if weights.wheel)]
    hashes = [wheel.sha256 for wheel in wheels] + [
        weights.sha256 for weights in lock.weights if weights.url is not None
    ]
    stored |= {sha256: fetcher.store.path_of(sha256) for sha256 in hashes}
    return Inputs(stored, tuple(loaded.source_of(index) for index in range(len(lock.definition.files))))
