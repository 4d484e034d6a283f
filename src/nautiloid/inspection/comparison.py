"""Two or more inspections side by side: the same measures, counted by one definition, and what came and went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nautiloid.errors import UsageError
from nautiloid.inspection.inventory import Inspection


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of a comparison.

    Attributes:
        key: A stable name, such as ``executables``; ``--fail-on`` and JSON use it.
        title: What a table calls it.
        unit: ``items`` or ``bytes``.
        values: One for each image, the base of the comparison first.
    """

    key: str
    title: str
    unit: str
    values: tuple[int, ...]

    def change(self, position: int) -> float | None:
        """Return the change of image ``position`` from the first in per cent; None from nothing to something."""
        base, value = self.values[0], self.values[position]
        if base == value:
            return 0.0
        return (value - base) / base * 100 if base else None


@dataclass(frozen=True, slots=True)
class ComponentChange:
    """A component that differs between the first image and another.

    Attributes:
        before: Version in the first image; empty where it is not there.
        after: Version in the other.
    """

    kind: str
    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Changes:
    """What one image has that the first has not, and the other way round; sorted."""

    image: str
    components: tuple[ComponentChange, ...]
    executables_added: tuple[str, ...]
    executables_removed: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Images side by side.

    Attributes:
        images: The first is what the others are measured against.
        measures: In the order in which they are shown.
        changes: One for each image but the first.
    """

    images: tuple[Inspection, ...]
    measures: tuple[Measure, ...]
    changes: tuple[Changes, ...]

    def measure(self, key: str) -> Measure:
        """Return one row.

        Raises:
            UsageError: There is none of that name.
        """
        for measure in self.measures:
            if measure.key == key:
                return measure
        known = ", ".join(measure.key for measure in self.measures)
        raise UsageError(f"there is no measure {key!r}", f"Choose one of: {known}.")


_COUNTS: tuple[tuple[str, str, str, Callable[[Inspection], int]], ...] = (
    ("packages", "Packages", "items", lambda image: len(image.packages)),
    ("debian-packages", "Debian packages", "items", lambda image: len(image.of_kind("deb"))),
    ("python-distributions", "Python distributions", "items", lambda image: len(image.of_kind("pypi"))),
    ("bundled", "Bundled components", "items", lambda image: len(image.bundled)),
    ("executables", "Executables", "items", lambda image: len(image.surface.executables)),
    ("shared-objects", "Shared objects", "items", lambda image: image.surface.shared_objects),
    ("shells", "Shells", "items", lambda image: len(image.surface.shells)),
    ("interpreters", "Interpreters", "items", lambda image: len(image.surface.interpreters)),
    ("package-managers", "Package managers", "items", lambda image: len(image.surface.package_managers)),
    ("compilers", "Compilers", "items", lambda image: len(image.surface.compilers)),
    ("network-clients", "Network clients", "items", lambda image: len(image.surface.network_clients)),
    ("setuid", "setuid and setgid files", "items", lambda image: len(image.surface.setuid)),
    ("findings", "Findings", "items", lambda image: sum(f.severity != "info" for f in image.findings)),
    ("files", "Files", "items", lambda image: image.files),
    ("size", "Size", "bytes", lambda image: image.size),
    ("compressed", "Compressed size", "bytes", lambda image: image.compressed),
)

MEASURES = tuple(key for key, *_ in _COUNTS)
"""The names of all measures."""


def compare(images: Sequence[Inspection]) -> Comparison:
    """Set images side by side; the first is the base.

    Args:
        images: Two or more, each made by this version of the inspection.
    """
    measures = tuple(Measure(key, title, unit, tuple(count(image) for image in images))
                     for key, title, unit, count in _COUNTS)  # fmt: skip
    changes = tuple(_changes(images[0], other) for other in images[1:])
    return Comparison(tuple(images), measures, changes)


def _changes(base: Inspection, other: Inspection) -> Changes:
    before, after = _versions(base), _versions(other)
    names = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    programs, others = ({file.path for file in image.surface.executables} for image in (base, other))
    return Changes(
        image=other.name,
        components=tuple(ComponentChange(*key, before.get(key, ""), after.get(key, "")) for key in names),
        executables_added=tuple(sorted(others - programs)),
        executables_removed=tuple(sorted(programs - others)),
    )


def _versions(image: Inspection) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], set[str]] = {}
    for component in image.components:
        found.setdefault((component.kind, component.name), set()).add(component.version or "?")
    return {key: ", ".join(sorted(versions)) for key, versions in found.items()}
