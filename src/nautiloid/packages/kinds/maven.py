"""Java libraries: jars, what is packed into them, and what was shaded into one.

Sources: the JAR file specification (``MANIFEST.MF``), Maven's ``META-INF/maven/*/*/pom.properties``, OSGi's
``Bundle-SymbolicName``. A jar may hold jars; depth, bytes and entries are bounded, so that a zip bomb is only a note.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from nautiloid import bounds
from nautiloid.buffer import Buffer, stream_over
from nautiloid.packages.component import Component, Found
from nautiloid.packages.kind import LanguageKind
from nautiloid.packages.purl import purl
from nautiloid.packages.unreadable import UnreadableError, read_whole
from nautiloid.packages.zip_archive import open_zip, read_member, unpacked_name, wanted_members
from nautiloid.packages.zip_layout import disagreements
from nautiloid.versions.maven import version_key

_SUFFIXES = (".jar", ".war", ".ear", ".par", ".jpi", ".hpi")
_MANIFEST = "META-INF/MANIFEST.MF"
_POM = re.compile(r"META-INF/maven/([^/]+)/([^/]+)/pom\.properties")
_FILE_NAME = re.compile(r"(?P<name>.+?)-(?P<version>\d[\w.+-]*)")


class Maven(LanguageKind):
    """Java archives."""

    name = "Java"
    purl_types = ("maven",)
    ecosystems: ClassVar = {"Maven": version_key}
    separator = ":"

    def wants(self, path: str, size: int) -> bool:
        """Tell whether a file is a Java archive."""
        del size
        return _is_archive(path)

    def read(self, path: str, content: Buffer) -> list[Component]:
        """Return the archive itself and what is in it.

        Raises:
            UnreadableError: It is no zip archive.
            PartlyUnreadError: Something in it cannot be read or inflates beyond all bounds, or another reader may find
                something else in it.
        """
        reader = _Reader()
        found = list(reader.read(content, path.rpartition("/")[2], f"/{path}", path, 0))
        return read_whole(found, reader.faults)


class _Reader:
    """Reads one outermost archive; counts what was inflated for it.

    Attributes:
        faults: What could not be read, or not be told for certain.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._left = bounds.ARCHIVE_MEMBERS_READ

    def read(self, content: Buffer, file_name: str, where: str, path: str, depth: int) -> Iterator[Component]:
        with open_zip(stream_over(content)) as archive:
            inside = where.partition("!/")[2]
            members, odd = wanted_members(archive, _is_read)
            odd += disagreements(archive, content)
            self.faults += [f"{inside}: {fault}" if inside else fault for fault in odd]
            told = [(unpacked_name(info), self._inflate(archive, info, content)) for info in members
                    if not _is_archive(unpacked_name(info))]  # fmt: skip
            known = [(name, inflated) for name, inflated in told if inflated is not None]
            main, shaded = self._told(known, file_name, where, path)
            within = main.purl if main is not None else ""
            yield from (main,) if main is not None else ()
            yield from (replace(component, within=within) for component in shaded)
            # One after the other: together they may be larger than the memory.
            for info in (info for info in members if _is_archive(unpacked_name(info))):
                inflated = self._inflate(archive, info, content)
                if inflated is not None:
                    for component in self._nested(unpacked_name(info), inflated, where, path, depth + 1):
                        yield replace(component, within=component.within or within)

    def _told(
        self, members: list[tuple[str, bytes]], file_name: str, where: str, path: str
    ) -> tuple[Component | None, list[Component]]:
        """Return what an archive says that it is, and what was shaded into it."""
        stem = file_name.rpartition(".")[0]
        poms = [self._pom(name, content, where, path) for name, content in members if _POM.fullmatch(name)]
        known = [component for component in poms if component is not None]
        own = next((component for component in known if stem.startswith(component.name)), None)
        if own is None and len(known) == 1:
            own = known[0]
        return own or self._named(members, stem, where, path), [one for one in known if one is not own]

    def _nested(self, name: str, content: bytes, where: str, path: str, depth: int) -> Iterator[Component]:
        if depth > bounds.ARCHIVE_DEPTH:
            self.faults.append(f"{name} lies in more than {bounds.ARCHIVE_DEPTH} archives")
            return
        try:
            yield from self.read(content, name.rpartition("/")[2], f"{where}!/{name}", path, depth)
        except UnreadableError as error:
            self.faults.append(f"{name}: {error}")

    def _pom(self, name: str, content: bytes, where: str, path: str) -> Component | None:
        fields = _properties(content.decode("utf-8", "replace"))
        match = _POM.fullmatch(name)
        group = fields.get("groupId") or (match[1] if match else "")
        artifact = fields.get("artifactId") or (match[2] if match else "")
        version = fields.get("version", "")
        return _component(group, artifact, version, f"{where}!/{name}", path, 1.0) if artifact and version else None

    def _named(self, members: list[tuple[str, bytes]], stem: str, where: str, path: str) -> Component | None:
        """Take the manifest's word, and the file name's where it has none."""
        fields = {}
        manifest = dict(members).get(_MANIFEST)
        if manifest is not None:
            text = manifest.decode("utf-8", "replace")
            unfolded = text.replace("\r\n", "\n").replace("\n ", "")
            fields = dict(line.split(": ", 1) for line in unfolded.splitlines() if ": " in line)
        match = _FILE_NAME.fullmatch(stem[: bounds.FILE_NAME])
        symbolic = fields.get("Bundle-SymbolicName", "").partition(";")[0] or fields.get("Automatic-Module-Name", "")
        name = match["name"] if match else fields.get("Implementation-Title") or symbolic.rpartition(".")[2]
        version = (fields.get("Implementation-Version") or fields.get("Bundle-Version") or
                   (match["version"] if match else ""))  # fmt: skip
        group = fields.get("Implementation-Vendor-Id") or symbolic
        if not name:
            return None
        return _component(group, name.strip().replace(" ", "-"), version.strip(), where, path, 0.8 if version else 0.5)

    def _inflate(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, content: Buffer) -> bytes | None:
        try:
            inflated = read_member(archive, info, content, min(bounds.ARCHIVE_MEMBER, self._left))
        except UnreadableError as error:
            self.faults.append(str(error))
            return None
        self._left -= len(inflated)
        return inflated


def _is_archive(name: str) -> bool:
    return name.lower().endswith(_SUFFIXES)


def _is_read(name: str) -> bool:
    """Tell whether a member says what an archive is, or is one itself."""
    return name == _MANIFEST or _is_archive(name) or _POM.fullmatch(name) is not None


def _properties(text: str) -> dict[str, str]:
    lines = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in lines}


def _component(group: str, name: str, version: str, evidence: str, path: str, confidence: float) -> Component:
    return Component(
        "maven", name, version, purl("maven", group, name, version), Found.JAR, evidence, confidence, files=(path,)
    )
