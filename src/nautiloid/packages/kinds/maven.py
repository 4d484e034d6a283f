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

from nautiloid.buffer import Buffer, stream_over
from nautiloid.packages.component import Component, Found
from nautiloid.packages.kind import LanguageKind
from nautiloid.packages.purl import purl
from nautiloid.packages.zip_archive import inflate, open_zip
from nautiloid.versions.maven import version_key

_SUFFIXES = (".jar", ".war", ".ear", ".par", ".jpi", ".hpi")
_LARGEST = 1 << 30
_LARGEST_MEMBER = 64 << 20
_LARGEST_TOTAL = 512 << 20
_DEEPEST = 3
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
        return path.endswith(_SUFFIXES) and size <= _LARGEST

    def read(self, path: str, content: Buffer) -> list[Component]:
        """Return the archive itself and what is in it.

        Raises:
            UnreadableError: It is no zip archive, or inflates beyond all bounds.
        """
        return list(_Reader().read(content, path.rpartition("/")[2], f"/{path}", path, 0))


class _Reader:
    """Reads one outermost archive; counts what was inflated for it."""

    def __init__(self) -> None:
        self._left = _LARGEST_TOTAL

    def read(self, content: Buffer, file_name: str, where: str, path: str, depth: int) -> Iterator[Component]:
        with open_zip(stream_over(content)) as archive:
            yield from self._read(archive, archive.namelist(), file_name, where, path, depth)

    def _read(
        self, archive: zipfile.ZipFile, names: list[str], file_name: str, where: str, path: str, depth: int
    ) -> Iterator[Component]:
        stem = file_name.rpartition(".")[0]
        poms = [self._pom(archive, name, where, path) for name in names if _POM.fullmatch(name)]
        known = [component for component in poms if component is not None]
        own = next((component for component in known if stem.startswith(component.name)), None)
        if own is None and len(known) == 1:
            own = known[0]
        main = own or self._named(archive, names, stem, where, path)
        if main is not None:
            yield main
        within = main.purl if main is not None else ""
        for component in known:
            if component is not own:
                yield replace(component, within=within)
        if depth < _DEEPEST:
            for name in names:
                if name.endswith(_SUFFIXES):
                    inner = self._inflate(archive, name)
                    for component in self.read(inner, name.rpartition("/")[2], f"{where}!/{name}", path, depth + 1):
                        yield replace(component, within=component.within or within)

    def _pom(self, archive: zipfile.ZipFile, name: str, where: str, path: str) -> Component | None:
        fields = _properties(self._inflate(archive, name).decode("utf-8", "replace"))
        match = _POM.fullmatch(name)
        group = fields.get("groupId") or (match[1] if match else "")
        artifact = fields.get("artifactId") or (match[2] if match else "")
        version = fields.get("version", "")
        return _component(group, artifact, version, f"{where}!/{name}", path, 1.0) if artifact and version else None

    def _named(self, archive: zipfile.ZipFile, names: list[str], stem: str, where: str, path: str) -> Component | None:
        """Take the manifest's word, and the file name's where it has none."""
        fields = {}
        if "META-INF/MANIFEST.MF" in names:
            text = self._inflate(archive, "META-INF/MANIFEST.MF").decode("utf-8", "replace")
            unfolded = text.replace("\r\n", "\n").replace("\n ", "")
            fields = dict(line.split(": ", 1) for line in unfolded.splitlines() if ": " in line)
        match = _FILE_NAME.fullmatch(stem)
        symbolic = fields.get("Bundle-SymbolicName", "").partition(";")[0] or fields.get("Automatic-Module-Name", "")
        name = match["name"] if match else fields.get("Implementation-Title") or symbolic.rpartition(".")[2]
        version = (fields.get("Implementation-Version") or fields.get("Bundle-Version") or
                   (match["version"] if match else ""))  # fmt: skip
        group = fields.get("Implementation-Vendor-Id") or symbolic
        if not name:
            return None
        return _component(group, name.strip().replace(" ", "-"), version.strip(), where, path, 0.8 if version else 0.5)

    def _inflate(self, archive: zipfile.ZipFile, name: str) -> bytes:
        content = inflate(archive, name, min(_LARGEST_MEMBER, self._left))
        self._left -= len(content)
        return content


def _properties(text: str) -> dict[str, str]:
    lines = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in lines}


def _component(group: str, name: str, version: str, evidence: str, path: str, confidence: float) -> Component:
    return Component(
        "maven", name, version, purl("maven", group, name, version), Found.JAR, evidence, confidence, files=(path,)
    )
