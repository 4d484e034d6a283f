"""What of an image could not be read, and so may hold more than was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nautiloid.inspection.facts import Listed, Unread
from nautiloid.inspection.file_tree import TreeFile
from nautiloid.inspection.inventory import Skipped
from nautiloid.inspection.layer_listing import LayerEntry
from nautiloid.packages.component import Component
from nautiloid.packages.kinds import KINDS
from nautiloid.packages.os_release import PATHS as OS_RELEASE
from nautiloid.packages.os_release import Distribution

_SYSTEM_KINDS = frozenset(purl_type for kind in KINDS if kind.of_system for purl_type in kind.purl_types)


def find_unread(
    files: Mapping[str, TreeFile],
    records: Mapping[str, bytes],
    distribution: Distribution,
    components: tuple[Component, ...],
    traces: Sequence[tuple[int, LayerEntry]],
) -> tuple[Skipped, ...]:
    """Return files that are damaged or unknown in their form, and a distribution without any package.

    Args:
        files: The finished file system.
        records: The package records among them, by path.
        distribution: What the image says it is made of.
        components: What was found.
        traces: What was seen in entries of all layers, with their layers.
    """
    found = []
    for path, file in files.items():
        facts = file.entry.facts if file.entry is not None else None
        if isinstance(facts, Unread):
            found.append(Skipped(f"/{path}", facts.reason, file.layer))
        elif isinstance(facts, Listed) and facts.unread:
            found.append(Skipped(f"/{path}", facts.unread, file.layer))
    found += [
        Skipped(f"/{entry.path}", trace.reason, layer)
        for layer, entry in traces
        for trace in entry.traces
        if isinstance(trace, Unread)
    ]
    for kind in KINDS:
        found += [Skipped(f"/{path}", reason, files[path].layer) for path, reason in kind.unreadable(records)]
    if distribution.identity and not any(component.kind in _SYSTEM_KINDS for component in components):
        release = next(path for path in OS_RELEASE if path in records)
        reason = f"names {distribution.name or distribution.identity}, of which no package was found"
        found.append(Skipped(f"/{release}", reason, files[release].layer))
    return tuple(found)
