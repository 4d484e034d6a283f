"""Replacing a Python distribution by a fixed wheel in an overlay.

Sources: "Recording installed projects" and "Core metadata" (packaging.python.org). The smallest version that fixes
every finding is taken. It is refused where its own requirements, or those of others on it, would no longer hold, and
where its console scripts differ: those were made when it was installed.
"""

from __future__ import annotations

import csv
import io
import posixpath
import re
import tarfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.parser import HeaderParser

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from nautiloid.errors import NautiloidError
from nautiloid.factory.lockfile import LockedWheel
from nautiloid.factory.rootfs.tree import Tree
from nautiloid.factory.wheels.resolver import ResolutionError, ResolvedWheel, fetch_wheels, resolve
from nautiloid.factory.wheels.target import Target
from nautiloid.factory.wheels.unpack import add_wheel, rewrite_record
from nautiloid.net.store import Store
from nautiloid.patching.contents import Contents
from nautiloid.patching.overlay import Overlay
from nautiloid.progress import SILENT, Progress
from nautiloid.streams import blocks_of

_METADATA = re.compile(r"(?P<site>.+)/(?P<directory>[^/]+\.dist-info)/METADATA")
_PYTHON = re.compile(r"(?:^|/)python(3\.\d+)/")


class UnfitWheelError(NautiloidError):
    """A distribution cannot be replaced without breaking something."""


@dataclass(frozen=True)
class InstalledDistribution:
    """One installed distribution.

    Attributes:
        site: The directory that it is installed in.
        directory: Path of its ``.dist-info``.
        requires: Its ``Requires-Dist``.
    """

    name: str
    version: str
    site: str
    directory: str
    requires: tuple[str, ...]


def installed_distributions(contents: Contents) -> tuple[InstalledDistribution, ...]:
    """Return every distribution that has its metadata in an image."""
    found = []
    for path, content in contents.texts.items():
        match = _METADATA.fullmatch(path)
        if match is not None and "/_vendor/" not in path:
            metadata = HeaderParser().parsestr(content.decode(errors="replace"))
            name, version = metadata.get("Name", ""), metadata.get("Version", "")
            requires = tuple(metadata.get_all("Requires-Dist") or ())
            directory = f"{match['site']}/{match['directory']}"
            found.append(InstalledDistribution(canonicalize_name(name), version, match["site"], directory, requires))
    return tuple(found)


class WheelPatcher:
    """Replaces distributions in an overlay.

    Args:
        contents: The image.
        overlay: Receives the changes.
        store: Receives the wheels.
        architecture: Debian's name of the image's processor.
        suite: The image's release, which decides the C library; empty where nobody knows.
    """

    def __init__(
        self,
        contents: Contents,
        overlay: Overlay,
        store: Store,
        architecture: str,
        suite: str,
        progress: Progress = SILENT,
    ) -> None:
        self._contents, self._overlay, self._store = contents, overlay, store
        self._architecture, self._suite, self._progress = architecture, suite, progress
        self._installed = {one.directory: one for one in installed_distributions(contents)}

    def replace(self, directory: str, fixed: str) -> str:
        """Replace one distribution and return its new version.

        Args:
            directory: Path of its ``.dist-info``.
            fixed: The version from which on every finding is fixed.

        Raises:
            UnfitWheelError: It must not be replaced; the message says why.
            NautiloidError: The wheel cannot be fetched, or is damaged.
        """
        old = self._installed.get(directory)
        record = f"{directory}/RECORD"
        if old is None or record not in self._contents.texts:
            raise UnfitWheelError("nothing records which files are its own")
        if f"{directory}/direct_url.json" in self._contents.texts:
            raise UnfitWheelError("it was installed from somewhere else than an index (direct_url.json)")
        target = self._target(old)
        chosen = self._choose(old, fixed, target)
        self._check_requirements(old, chosen, target)
        (wheel,) = fetch_wheels([chosen], target, self._store, self._progress)
        self._exchange(old, wheel)
        self._installed[directory] = InstalledDistribution(
            old.name, chosen.version, old.site, old.directory, chosen.requires
        )
        return chosen.version

    def _target(self, old: InstalledDistribution) -> Target:
        python = _PYTHON.search(f"{old.site}/")
        if python is None:
            raise UnfitWheelError(f"nothing tells which Python /{old.site} belongs to")
        if not self._suite:
            raise UnfitWheelError("nothing tells which C library the image has")
        return Target(python[1], self._architecture, self._suite)

    def _choose(self, old: InstalledDistribution, fixed: str, target: Target) -> ResolvedWheel:
        failure: ResolutionError | None = None
        for wanted in (f"{old.name}=={fixed}", f"{old.name}>={fixed}"):
            try:
                found = resolve([wanted], target, {}, dependencies=False)
            except ResolutionError as error:
                failure = error
            else:
                return next(wheel for wheel in found if canonicalize_name(wheel.name) == old.name)
        raise UnfitWheelError(f"no wheel of {fixed} or newer fits Python {target.python}") from failure

    def _check_requirements(self, old: InstalledDistribution, new: ResolvedWheel, target: Target) -> None:
        versions = {one.name: one.version for one in self._installed.values()}
        environment = {**target.marker_environment(), "extra": ""}
        for requirement in _needed(new.requires, environment):
            version = versions.get(canonicalize_name(requirement.name))
            if not _holds(requirement, version) and not self._failed_before(old, requirement, versions, environment):
                raise UnfitWheelError(
                    f"{new.version} needs {requirement}, and {version or 'nothing of it'} is installed"
                )
        for other in self._installed.values():
            for requirement in _needed(other.requires, environment):
                named = canonicalize_name(requirement.name) == old.name
                if named and _holds(requirement, old.version) and not _holds(requirement, new.version):
                    raise UnfitWheelError(f"{other.name} needs {requirement}, which {new.version} is not")

    @staticmethod
    def _failed_before(
        old: InstalledDistribution, wanted: Requirement, versions: Mapping[str, str], environment: Mapping[str, str]
    ) -> bool:
        return any(
            one.name == wanted.name and not _holds(one, versions.get(canonicalize_name(one.name)))
            for one in _needed(old.requires, environment)
        )

    def _exchange(self, old: InstalledDistribution, wheel: LockedWheel) -> None:
        tree = Tree()
        with add_wheel(tree, self._store.path_of(wheel.sha256), wheel, old.site, "python") as archive:
            mine = list(self._recorded(old))
            scripts = [path for path in mine if not path.startswith(f"{old.site}/")]
            self._check_scripts(old, archive)
            rewrite_record(tree, wheel, old.site)
            for path in mine:
                if path not in scripts:
                    self._overlay.remove(path)
            for entry in tree.files():
                info = tarfile.TarInfo(entry.path)
                info.mode, info.mtime = entry.mode, self._overlay.mtime
                assert entry.content is not None  # noqa: S101 - a regular file
                with entry.content.open() as stream:
                    self._overlay.put(info, self._with_scripts(blocks_of(stream), entry.path, old, scripts))

    def _with_scripts(
        self, chunks: Iterator[bytes], path: str, old: InstalledDistribution, scripts: Sequence[str]
    ) -> Iterator[bytes]:
        """Pass a file on; the new RECORD also names the console scripts that stay."""
        yield from chunks
        if path.endswith(".dist-info/RECORD"):
            for script in scripts:
                yield f"{posixpath.relpath(script, old.site)},,\n".encode()

    def _recorded(self, old: InstalledDistribution) -> Iterator[str]:
        text = self._contents.texts[f"{old.directory}/RECORD"].decode(errors="replace")
        for row in csv.reader(io.StringIO(text)):
            path = posixpath.normpath(posixpath.join(old.site, row[0])) if row else ".."
            if not path.startswith("..") and path in self._contents.files:
                yield path

    def _check_scripts(self, old: InstalledDistribution, archive: zipfile.ZipFile) -> None:
        new = next((name for name in archive.namelist() if name.endswith(".dist-info/entry_points.txt")), None)
        before = self._contents.files.get(f"{old.directory}/entry_points.txt")
        after = archive.read(new) if new else b""
        text = self._contents.texts.get(f"{old.directory}/entry_points.txt", b"")
        if (before is not None or new is not None) and text.split() != after.split():
            raise UnfitWheelError("its entry points differ, and its console scripts would have to be made anew")


def _needed(requires: Sequence[str], environment: Mapping[str, str]) -> Iterator[Requirement]:
    for text in requires:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate(dict(environment)):
            yield requirement


def _holds(requirement: Requirement, version: str | None) -> bool:
    if version is None:
        return False
    try:
        return requirement.specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return False
