"""Build: bring the lock up to date, make the image, test it, name it, attach its SBOMs, hand it on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nautiloid.debian.mirrors import Mirrors
from nautiloid.factory.build import BuildResult, build_image, find_built
from nautiloid.net.fetch import Fetcher
from nautiloid.oci.model import Descriptor
from nautiloid.oci.reference import CATALOG_PREFIX, parse_name
from nautiloid.run.engine import Engine
from nautiloid.selftest.report import SelfTestReport
from nautiloid.workflows.attaching import attach_known
from nautiloid.workflows.engines import engine_for_tests, load_into, save_archive
from nautiloid.workflows.locking import Pinned, lock_places
from nautiloid.workflows.release import candidate_name, release
from nautiloid.workflows.workspace import Workspace


@dataclass(frozen=True)
class BuildOrder:
    """What to build, and what to do with it.

    Attributes:
        definition: A catalog image, a YAML file, or a directory with ``nautiloid.yaml``.
        architectures: Debian's names with commas between them; None: what the definition says.
        lock: Where the lock lies; None: the usual place.
        tag: The image's name; None: ``nautiloid/NAME:latest``.
        archive: Where one tar for Docker and OCI tools goes; None: nowhere.
        load: The engine that gets the image; None: none.
        test: Whether the image must pass its self-test before it gets its name.
        rebuild: Build even when nothing has changed.
        locked: Take the lock as it is, and refuse one that is not up to date.
        offline: Use only what the cache holds.
        outside: What the definition may take beside what lies in its directory.
    """

    definition: str
    architectures: str | None = None
    lock: Path | None = None
    tag: str | None = None
    archive: Path | None = None
    load: str | None = None
    test: bool = True
    rebuild: bool = False
    locked: bool = False
    offline: bool = False
    outside: tuple[Path, ...] = ()
    mirrors: Mirrors = field(default_factory=Mirrors)


@dataclass(frozen=True)
class Built:
    """What a build made, or found to be there already.

    Attributes:
        reference: The name in the image store.
        images: The manifest of each processor's image.
        results: What there is to say about each build; none where nothing had changed.
        tests: The self-test; None where there was none.
        index: Digest of the index over several images; empty for one image.
    """

    reference: str
    images: tuple[Descriptor, ...]
    results: tuple[BuildResult, ...] = ()
    tests: SelfTestReport | None = None
    index: str = ""

    @property
    def idle_rules(self) -> tuple[str, ...]:
        """Slim rules that matched nothing."""
        return tuple(effect.rule for result in self.results for effect in result.effects if effect.files == 0)


def build(order: BuildOrder, workspace: Workspace) -> Built:
    """Build the image of a definition; its lock is brought up to date first, with as little moved as the edit needs.

    Raises:
        StaleLockError: The lock is not up to date, and must be.
        NautiloidError: Something cannot be had or is not what the lock says, the image fails its self-test (its name
            then means the image before it), or the engine refuses it.
    """
    places = lock_places(order.definition, order.architectures, order.lock, order.outside)
    reference = parse_name(order.tag or f"{CATALOG_PREFIX}{places[0].loaded.definition.name}")
    with workspace.fetching(offline=order.offline) as fetcher:
        pinned = [place.pinned(fetcher, order.mirrors, locked=order.locked) for place in places]
        built = build_locked(
            pinned, reference, workspace, fetcher, mirrors=order.mirrors, test=order.test, rebuild=order.rebuild
        )
    if order.archive is not None:
        save_archive(reference, order.archive, workspace)
    if order.load is not None:
        load_into(order.load, reference, workspace)
    return built


def build_locked(
    pinned: Sequence[Pinned],
    reference: str,
    workspace: Workspace,
    fetcher: Fetcher,
    *,
    mirrors: Mirrors | None = None,
    test: bool = True,
    rebuild: bool = False,
    engine: Engine | None = None,
) -> Built:
    """Build the images that locks describe, unless they are there, and bind several into an index.

    Args:
        pinned: Each definition with its lock.
        reference: What the result is called.
        workspace: Where it goes.
        fetcher: Brings what the cache lacks.
        mirrors: The user's own choice of mirrors.
        test: Whether the result must pass its self-test before it gets its name.
        rebuild: Build even when nothing has changed.
        engine: What the self-test runs in; None: whichever works here.

    Raises:
        NautiloidError: See ``build``.
    """
    store = workspace.images
    kept = [] if rebuild else [find_built(store, reference, one.lock) for one in pinned]
    there = tuple(descriptor for descriptor in kept if descriptor is not None)
    if len(there) == len(pinned):
        built = Built(reference, there, index=store.digest_of(reference) or "" if len(there) > 1 else "")
    else:
        built = _make(pinned, reference, workspace, fetcher, mirrors or Mirrors(), engine, test=test)
    for descriptor, one in zip(built.images, pinned, strict=True):
        attach_known(store, descriptor, one.lock, reference)
    return built


def _make(
    pinned: Sequence[Pinned],
    reference: str,
    workspace: Workspace,
    fetcher: Fetcher,
    mirrors: Mirrors,
    engine: Engine | None,
    *,
    test: bool,
) -> Built:
    store, candidate = workspace.images, candidate_name(reference)
    results = tuple(
        build_image(
            one.lock,
            one.loaded,
            store,
            workspace.cache,
            fetcher,
            reference=candidate,
            replaces=reference,
            mirrors=mirrors,
        )
        for one in pinned
    )
    images = tuple(result.descriptor for result in results)
    index = store.add_index(images, candidate).digest if len(images) > 1 else ""
    if not test:
        store.rename(candidate, reference)
        return Built(reference, images, results, None, index)
    report = release(reference, store, engine or engine_for_tests(workspace), workspace.progress)
    return Built(reference, images, results, report, index)
