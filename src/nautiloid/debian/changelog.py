"""The changelog that a Debian package brings: what changed since a version, and which CVEs that names.

Format: deb-changelog(5); where it lies: Debian Policy section 12.7.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from nautiloid import bounds
from nautiloid.debian.deb import DebFile
from nautiloid.errors import IntegrityError
from nautiloid.versions.debian import version_key
from nautiloid.versions.errors import InvalidVersionError

_HEADER = re.compile(r"^\w[-+0-9a-zA-Z.]*\s+\((?P<version>[^()\s]+)\)(?:\s+[-+0-9a-zA-Z.]+)+;", re.MULTILINE)
_CVE = re.compile(r"\bCVE-\d{4}-\d{4,}\b")


@dataclass(frozen=True)
class ChangelogEntry:
    """What changed in one version of a source package."""

    version: str
    text: str

    @property
    def cves(self) -> tuple[str, ...]:
        """The CVEs that it names, in order, each once."""
        return tuple(dict.fromkeys(_CVE.findall(self.text)))


def read_changelog(deb: DebFile) -> str:
    """Return the changelog of a package; empty where it brings none (its directory may be another package's).

    Raises:
        IntegrityError: The package is damaged.
    """
    name = deb.control.require("Package")
    places = re.compile(rf"usr/share/doc/{re.escape(name)}/(?:changelog\.Debian(?:\.[a-z0-9-]+)?|changelog)\.gz")
    found: dict[str, bytes] = {}
    for member, content in deb.members():
        if places.fullmatch(member.path) and member.size <= bounds.CHANGELOG:
            found[member.path] = b"".join(content)
    # A native package has one changelog, its own; any other has upstream's under the plain name.
    ours = sorted(found, key=lambda path: (not path.endswith("changelog.Debian.gz"), "Debian" not in path, path))
    if not ours:
        return ""
    try:
        decompressor = zlib.decompressobj(wbits=31)
        return decompressor.decompress(found[ours[0]], bounds.CHANGELOG).decode(errors="replace")
    except zlib.error as error:
        raise IntegrityError(f"{deb.path.name}: its changelog cannot be decompressed: {error}") from error


def parse_changelog(text: str) -> Iterator[ChangelogEntry]:
    """Yield the entries of a changelog, the newest first; what stands before the first one is passed over."""
    headers = list(_HEADER.finditer(text))
    for number, header in enumerate(headers):
        end = headers[number + 1].start() if number + 1 < len(headers) else len(text)
        yield ChangelogEntry(header["version"], text[header.end() : end].strip("\n"))


def entries_since(text: str, version: str) -> tuple[ChangelogEntry, ...]:
    """Return the entries of versions that are newer than one; those whose version nobody can compare are left out.

    Raises:
        InvalidVersionError: ``version`` itself is none.
    """
    bound = version_key(version)
    found = []
    for entry in parse_changelog(text):
        try:
            if version_key(entry.version) > bound:
                found.append(entry)
        except InvalidVersionError:
            continue
    return tuple(found)
