"""What differs between two locks of one definition, and which vulnerabilities that fixes or brings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from packaging.utils import canonicalize_name

from nautiloid.factory.lockfile import Lock
from nautiloid.packages.purl import parse_purl
from nautiloid.vulns.model import Finding, ScanResult
from nautiloid.vulns.severity import Severity

LockedKind = Literal["deb", "wheel", "weights", "files"]


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """One vulnerability that a change is about."""

    identity: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class LockChange:
    """One locked thing that moves.

    Attributes:
        before: Its version (of weights and files, the beginning of their hash); empty for what is new.
        after: The same in the new lock; empty for what goes.
        source: Source package of a deb; empty for the rest.
        fixes: What it no longer has, the gravest first.
        brings: What it did not have before.
    """

    kind: LockedKind
    name: str
    before: str
    after: str
    source: str = ""
    fixes: tuple[Vulnerability, ...] = ()
    brings: tuple[Vulnerability, ...] = ()

    def __str__(self) -> str:
        """Return it as one line: ``+ numpy 2.4.1``, ``- pillow 12.0``, ``idna 3.10 -> 3.11``."""
        kind = {"deb": " (Debian package)", "wheel": ""}.get(self.kind, f" ({self.kind})")
        if not self.before:
            return f"+ {self.name} {self.after}{kind}"
        if not self.after:
            return f"- {self.name} {self.before}{kind}"
        return f"{self.name} {self.before} -> {self.after}{kind}"


def changes_between(old: Lock, new: Lock) -> tuple[LockChange, ...]:
    """Return what moves from one lock to the other, sorted by kind and name."""
    sources = {deb.name: deb.source for lock in (old, new) for deb in lock.debs}
    before, after = dict(_locked(old)), dict(_locked(new))
    found = []
    for kind, name in sorted(before.keys() | after.keys()):
        was, will = before.get((kind, name)), after.get((kind, name))
        if was != will:
            source = sources.get(name, "") if kind == "deb" else ""
            version, version_after = (one[0] if one else "" for one in (was, will))
            if version == version_after:
                # The same version with other bytes is a change, and one to look at.
                version, version_after = (f"{one[0]} ({one[1][:8]})" if one else "" for one in (was, will))
            found.append(LockChange(kind, name, version, version_after, source))
    return tuple(found)


def with_vulnerabilities(changes: tuple[LockChange, ...], old: ScanResult, new: ScanResult) -> tuple[LockChange, ...]:
    """Say of each change which vulnerabilities it fixes and brings.

    Args:
        changes: Between two locks.
        old: The scan of the one.
        new: The scan of the other, against the same database.
    """
    had, has = _by_package(old), _by_package(new)
    judged = []
    for change in changes:
        key = (change.kind, change.name)
        before, after = had.get(key, {}), has.get(key, {})
        gone = _sorted(before[name] for name in before.keys() - after.keys())
        new_ones = _sorted(after[name] for name in after.keys() - before.keys())
        judged.append(replace(change, fixes=gone, brings=new_ones))
    return tuple(judged)


def fixed(changes: tuple[LockChange, ...]) -> tuple[Vulnerability, ...]:
    """Return every vulnerability that some change fixes, once, the gravest first."""
    return _sorted({one.identity: one for change in changes for one in change.fixes}.values())


def _locked(lock: Lock) -> Iterator[tuple[tuple[LockedKind, str], tuple[str, str]]]:
    for deb in lock.debs:
        yield ("deb", deb.name), (deb.version, deb.sha256)
    for wheel in lock.wheels:
        yield ("wheel", canonicalize_name(wheel.name)), (wheel.version, wheel.sha256)
    for weights in lock.weights:
        yield ("weights", weights.name), (weights.sha256[:12], weights.sha256)
    for file in lock.files:
        yield ("files", file.to), (file.sha256[:12], f"{file.sha256}{file.mode:o}")


def _by_package(result: ScanResult) -> Mapping[tuple[LockedKind, str], dict[str, Vulnerability]]:
    found: dict[tuple[LockedKind, str], dict[str, Vulnerability]] = {}
    for finding in result.open:
        for part in finding.parts:
            purl = parse_purl(part.purl)
            kind: LockedKind = "wheel" if purl is not None and purl.type == "pypi" else "deb"
            name = canonicalize_name(part.name) if kind == "wheel" else part.name
            found.setdefault((kind, name), {})[finding.identity] = _vulnerability(finding)
    return found


def _vulnerability(finding: Finding) -> Vulnerability:
    return Vulnerability(finding.identity, finding.severity)


def _sorted(found: Iterable[Vulnerability]) -> tuple[Vulnerability, ...]:
    return tuple(sorted(found, key=lambda one: (-one.severity, one.identity)))
