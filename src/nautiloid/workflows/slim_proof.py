"""Prove that a slimmed image does the same: build it, test it, and let both images do the work."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from nautiloid import catalog
from nautiloid.atomic import write_text
from nautiloid.errors import UsageError
from nautiloid.oci.layout import Layout
from nautiloid.oci.reference import CATALOG_PREFIX
from nautiloid.run.answers import ask, differences
from nautiloid.run.bubblewrap import BubblewrapEngine
from nautiloid.slimming.rules import slim_definition
from nautiloid.workflows.build import build_locked
from nautiloid.workflows.locking import lock_places
from nautiloid.workflows.slim import Slimming, Traced


@dataclass(frozen=True)
class Proof:
    """Whether the slimmed image does the same.

    Attributes:
        name: Of the slimmed image.
        before: Compressed bytes.
        differences: Where its answers differ; empty when they do not.
        unsteady: Where the answers differ from one run of the full image to the next: those prove nothing.
    """

    name: str
    before: int
    after: int
    differences: tuple[str, ...]
    unsteady: tuple[str, ...]


def prove(slimming: Slimming, traced: Traced) -> Proof:
    """Write the slimmed definition, build and test its image, and let both images do the work.

    Args:
        slimming: Of the full image.
        traced: What its trace has shown.

    Raises:
        WorkError: The slimmed image fails its self-test.
        NautiloidError: It cannot be built.
    """
    workspace, full = slimming.workspace, slimming.profile
    (place,) = lock_places(str(_write(slimming, traced)), outside=slimming.order.outside)
    name = f"{CATALOG_PREFIX}{place.loaded.definition.name}:latest"
    build_locked([place.resolve(slimming.fetcher)], name, workspace, slimming.fetcher, test=False)
    engine = BubblewrapEngine(workspace.images, workspace.cache)
    slimming.must_pass(name, engine, "The slimmed image")
    with workspace.progress.task("Compare the answers"):
        again, after = ask(engine, full), ask(engine, replace(full, image=name))
    unsteady = tuple(differences(traced.answers, again))
    different = tuple(item for item in differences(again, after) if item not in unsteady)
    return Proof(name, _size(workspace.images, full.image), _size(workspace.images, name), different, unsteady)


def _write(slimming: Slimming, traced: Traced) -> Path:
    order, loaded = slimming.order, slimming.pinned.loaded
    if order.destination is None:
        raise UsageError("there is no place for the slimmed definition", "Name it with --apply.")
    extends = order.definition if catalog.find(order.definition) else _relative(loaded.path, order.destination)
    because = f"not used by: {' '.join(order.args)}"[:200]
    name = f"{loaded.definition.name}-slim"
    write_text(order.destination, slim_definition(extends, name, because, slimming.site, traced.removable.proposals))
    return order.destination


def _relative(path: Path, destination: Path) -> str:
    """Return the path as seen from the new definition's directory, so that both can move together."""
    return Path(os.path.relpath(path.resolve(), destination.resolve().parent)).as_posix()


def _size(images: Layout, name: str) -> int:
    return sum(layer.size for layer in images.resolve(name).manifest.layers)
