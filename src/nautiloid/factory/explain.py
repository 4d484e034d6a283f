"""Why something is in an image, or is not: read from the lock alone."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from nautiloid.errors import UsageError
from nautiloid.factory.lockfile import Lock, LockedWheel


@dataclass(frozen=True)
class Explanation:
    """What the lock knows about one name.

    Attributes:
        headline: The verdict, such as ``libssl3 3.0.17 is in: ...``.
        lines: The grounds, one a line, nearest first.
    """

    headline: str
    lines: tuple[str, ...]


def explain(lock: Lock, name: str) -> tuple[Explanation, ...]:
    """Say why a Debian package or a Python distribution is in the image, or why not.

    Args:
        lock: The lock.
        name: Of a Debian package, a Python distribution (in any spelling), or weights.

    Returns:
        One explanation for each thing of that name: there may be a package and a distribution.

    Raises:
        UsageError: The lock has never heard of it.
    """
    found = (*_debian(lock, name), *_python(lock, name), *_weights(lock, name))
    if not found:
        known = [deb.name for deb in lock.debs] + [wheel.name for wheel in lock.wheels]
        near = difflib.get_close_matches(name, known, 3)
        raise UsageError(
            f"{name} is not in the image '{lock.definition.name}', and nothing in it wants it",
            f"Did you mean {' or '.join(near)}?" if near else "",
        )
    return found


def added_for_libraries(lock: Lock, before: Collection[str] = ()) -> list[str]:
    """Return a line for each Debian package that was added because files need a library of it.

    Args:
        lock: The lock that was made.
        before: The packages that were there before.
    """
    lines = []
    for deb in lock.debs:
        if deb.name in before:
            continue
        needing: dict[str, list[str]] = {}
        for need in deb.libraries:
            needing.setdefault(lock.named(need.component), []).append(need.soname)
        if needing:
            who, sonames = next(iter(needing.items()))
            others = f"{who} and {len(needing) - 1} more need" if len(needing) > 1 else f"{who} needs"
            lines.append(f"{deb.name} {deb.version} is added: {others} {', '.join(sonames)}")
    return lines


def _debian(lock: Lock, name: str) -> Iterator[Explanation]:
    packages = {deb.name: deb for deb in lock.debs}
    if name in packages:
        lines = list(_chain(lock, name))
        if name in lock.definition.debian.never:
            lines.append(f"although the definition says never: {lock.definition.debian.never[name]}")
        yield Explanation(f"{name} {packages[name].version} is in (Debian package)", tuple(lines))
    elif name in lock.definition.debian.never:
        excused = [item for item in lock.excused if name in _alternatives(item.relation)]
        lines = [f"{item.package or 'the definition'} does without {item.relation}" for item in excused]
        because = lock.definition.debian.never[name]
        yield Explanation(f"{name} never enters: {because}", tuple(lines or ["nothing in the image wants it"]))


def _chain(lock: Lock, name: str) -> Iterator[str]:
    """Follow each package to the one that brought it, up to the definition or to what needs its libraries."""
    packages = {deb.name: deb for deb in lock.debs}
    deb = packages[name]
    while deb.wanted_by and not deb.libraries:
        yield f"{deb.wanted_by} {packages[deb.wanted_by].version} depends on {deb.relation}"
        deb = packages[deb.wanted_by]
    for need in deb.libraries:
        where = f"in {need.path}" if need.path else "which it opens by name when it runs"
        yield f"{lock.named(need.component)} needs {need.soname} of {deb.name}, {where}"
    if not deb.libraries:
        yield f"the definition asks for {deb.relation}"


def _alternatives(relation: str) -> set[str]:
    return {alternative.split("(")[0].partition(":")[0].strip() for alternative in relation.split("|")}


def _python(lock: Lock, name: str) -> Iterator[Explanation]:
    wanted = canonicalize_name(name)
    wheels = {wheel.name: wheel for wheel in lock.wheels}
    if wanted in wheels:
        wheel = wheels[wanted]
        yield Explanation(f"{wanted} {wheel.version} is in ({wheel.filename})", tuple(_dependents(lock, wheel)))
    for dropped in lock.dropped:
        if dropped.name == wanted:
            yield Explanation(f"{wanted} {dropped.version} was resolved and left out: {dropped.because}", ())
    python = lock.definition.python
    for pattern, because in python.never.items() if python else ():
        if fnmatch.fnmatchcase(wanted, pattern):
            yield Explanation(f"{wanted} never enters ({pattern}): {because}", ())


def _dependents(lock: Lock, wheel: LockedWheel) -> Iterator[str]:
    """Name every distribution that needs it, and then what brought those, each once."""
    wheels = {other.name: other for other in lock.wheels}
    seen, agenda = {wheel.name}, [wheel]
    while agenda:
        current = agenda.pop(0)
        if not current.wanted_by:
            yield f"the definition asks for {current.name}"
        for dependent in current.wanted_by:
            yield f"{dependent} needs {current.name}"
            if dependent in wheels and dependent not in seen:
                seen.add(dependent)
                agenda.append(wheels[dependent])


def _weights(lock: Lock, name: str) -> Iterator[Explanation]:
    for weights in lock.weights:
        if weights.name == name:
            origin = weights.url or (f"{weights.member} of {weights.wheel.filename}" if weights.wheel else "")
            yield Explanation(f"{name} is in (weights, {weights.license})", (f"the definition takes {origin}",))
