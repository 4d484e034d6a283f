"""Forms in which results are written for programs: one class each, found by name.

A new form of a report is a ``ReportFormat``, and its place in the ``Formats`` of what it reports: ``scan``,
``inspection``, ``comparison``, ``update``, ``patch``, ``selftest``, ``sbom``, ``difference``. Forms import what they
write with when they write: some of them bring whole libraries along, and a run of the program uses one.
"""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
Reported_contra = TypeVar("Reported_contra", contravariant=True)


class ReportFormat(Protocol[Reported_contra]):
    """One form of a report."""

    @property
    def name(self) -> str:
        """What ``--format`` calls it."""
        ...

    def write(self, result: Reported_contra) -> str:
        """Return the whole document; it ends with a line break."""
        ...


class Formats(Generic[T]):
    """The forms in which one thing is reported."""

    def __init__(self, *formats: ReportFormat[T]) -> None:
        self._formats = {one.name: one for one in formats}

    @property
    def names(self) -> tuple[str, ...]:
        """Their names, in the order of the help."""
        return tuple(self._formats)

    def write(self, name: str, result: T) -> str:
        """Return the result in the form of that name."""
        return self._formats[name].write(result)
