"""Compares two images' lists of layers: which are the same, and why the others are not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from nautiloid.inspection.image_tree import Listing, Listings, layer_names
from nautiloid.oci.source import ImageSource


@dataclass(frozen=True, slots=True)
class LayerState:
    """A layer as one image has it; ``size`` is its compressed bytes."""

    name: str
    digest: str
    diff_id: str
    size: int


@dataclass(frozen=True, slots=True)
class LayerPair:
    """A layer of A and the one of B that takes its place; None where there is none.

    Attributes:
        why: What makes the two differ; empty for the same layer.
    """

    before: LayerState | None
    after: LayerState | None
    why: str = ""

    @property
    def same(self) -> bool:
        """Tell whether both are the same blob."""
        return self.before is not None and self.after is not None and self.before.digest == self.after.digest


@dataclass(frozen=True)
class LayerChanges:
    """All layers of both images.

    Attributes:
        pairs: In the order of B, then what only A has.
        shared: Compressed bytes of B's layers that A has too: what a push or pull of B does not move.
        moved: Compressed bytes of B's other layers.
    """

    pairs: tuple[LayerPair, ...]
    shared: int
    moved: int

    @property
    def same(self) -> bool:
        """Tell whether both lists are the same, in order."""
        before = [pair.before.digest for pair in self.pairs if pair.before]
        after = [pair.after.digest for pair in self.pairs if pair.after]
        return before == after


def layer_states(source: ImageSource) -> tuple[LayerState, ...]:
    """Return an image's layers, lowest first."""
    diff_ids = source.image.config.diff_ids
    return tuple(
        LayerState(name, layer.digest, diff_ids[position] if position < len(diff_ids) else "", layer.size)
        for position, (name, layer) in enumerate(zip(layer_names(source), source.image.manifest.layers, strict=True))
    )


def layer_changes(before: ImageSource, after: ImageSource, listings: Listings) -> LayerChanges:
    """Pair the layers by content, then by name, and explain what is left.

    Args:
        before: Image A.
        after: Image B.
        listings: What was read of the layers, for the explanations.
    """
    old, new = list(layer_states(before)), layer_states(after)
    digests = {state.digest for state in old}
    partners: list[LayerState | None] = [None] * len(new)
    for same in (_same_blob, _same_content, _same_name):
        for place, state in enumerate(new):
            if partners[place] is None and (match := next((one for one in old if same(one, state)), None)):
                partners[place] = match
                old.remove(match)
    pairs = [LayerPair(a, b, _why(a, b, listings)) for a, b in zip(partners, new, strict=True)]
    pairs += [LayerPair(state, None, "only in A") for state in old]
    shared = sum(state.size for state in new if state.digest in digests)
    return LayerChanges(tuple(pairs), shared, sum(state.size for state in new) - shared)


def _same_blob(a: LayerState, b: LayerState) -> bool:
    return a.digest == b.digest


def _same_content(a: LayerState, b: LayerState) -> bool:
    return a.diff_id != "" and a.diff_id == b.diff_id


def _same_name(a: LayerState, b: LayerState) -> bool:
    return a.name == b.name


def _why(a: LayerState | None, b: LayerState, listings: Listings) -> str:
    if a is None:
        return "only in B"
    if _same_blob(a, b):
        return ""
    if _same_content(a, b):
        return "same tar, compressed otherwise"
    one, other = listings.known.get(a.diff_id), listings.known.get(b.diff_id)
    return _tar_difference(one, other) if one and other else "another content"


def _tar_difference(one: Listing, other: Listing) -> str:
    """Say why two tars differ: their files, or only how they are written."""
    a, b = one.entries, other.entries
    if a == b:
        return "same entries, another tar format or padding"
    if Counter(a) == Counter(b):
        return "same entries in another order"
    if [replace(entry, names=("", "")) for entry in a] == [replace(entry, names=("", "")) for entry in b]:
        return "same entries, the owners' names are spelled otherwise"
    differing = {entry.path for entry in set(a) ^ set(b)}
    return f"{len(differing)} paths differ"
