"""rpm packages, from its database: SQLite (``rpmdb.sqlite``) or ndb (``Packages.db``).

Sources: rpm's ``lib/backend/sqlite.c`` and ``lib/backend/ndb/rpmpkg.c`` for the containers, and rpm's header format
(rpm.org, "RPM V4 header") for what is in them. The Berkeley database of older releases is recognised, and said to be
left unread.
"""

from __future__ import annotations

import re
import sqlite3
import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from packageurl import PackageURL

from nautiloid import bounds
from nautiloid.buffer import Buffer
from nautiloid.packages.component import Component, Found
from nautiloid.packages.kind import Coordinates, PackageKind
from nautiloid.packages.os_release import Distribution
from nautiloid.packages.purl import parse_purl, purl
from nautiloid.packages.releases import ecosystem_of, plain_release, stated_distribution
from nautiloid.packages.unreadable import PartlyUnreadError, UnreadableError
from nautiloid.versions.rpm import version_key

_PLACES = ("var/lib/rpm/", "usr/lib/sysimage/rpm/", "usr/share/rpm/")
_FILES = ("rpmdb.sqlite", "Packages.db", "Packages")
_ECOSYSTEMS = {
    "almalinux": "AlmaLinux", "rocky": "Rocky Linux", "rockylinux": "Rocky Linux", "rhel": "Red Hat",
    "redhat": "Red Hat",
}  # fmt: skip
_BY_SOURCE = frozenset({"Rocky Linux"})
_RED_HAT = re.compile(r"(?:enterprise_linux|rhel[a-z_]{0,40}):(\d+)")
_ENTERPRISE = re.compile(r"\.el(\d+)")

_NAME, _VERSION, _RELEASE, _EPOCH, _VENDOR, _LICENSE, _ARCH, _SOURCE = 1000, 1001, 1002, 1003, 1011, 1014, 1022, 1044
_DIR_INDEXES, _BASE_NAMES, _DIR_NAMES = 1116, 1117, 1118
_WANTED = frozenset({
    _NAME, _VERSION, _RELEASE, _EPOCH, _VENDOR, _LICENSE, _ARCH, _SOURCE, _DIR_INDEXES, _BASE_NAMES, _DIR_NAMES,
})  # fmt: skip
_PLAIN_TABLE = re.compile(r"CREATE TABLE\b(?!.*\bGENERATED\b)(?!.*\bAS\s*\()", re.IGNORECASE | re.DOTALL)
_INT32, _STRING, _STRING_ARRAY, _I18N = 4, 6, 8, 9

_NDB_MAGIC, _SLOT_MAGIC, _BLOB_MAGIC = b"RpmP", b"Slot", b"BlbS"
_NDB_PAGE, _NDB_SLOT, _NDB_BLOCK = 4096, 16, 16

Header = dict[int, list[str] | list[int]]


class Rpm(PackageKind):
    """Packages of rpm: one database file holds them all."""

    name = "rpm"
    purl_types = ("rpm",)
    of_system = True
    ecosystems: ClassVar = dict.fromkeys(("AlmaLinux", "Rocky Linux", "Red Hat"), version_key)

    def wants(self, path: str, size: int) -> bool:
        """Tell whether a file is an rpm database."""
        del size
        directory, _, name = path.rpartition("/")
        return name in _FILES and f"{directory}/" in _PLACES

    @property
    def places(self) -> tuple[str, ...]:
        """Where rpm keeps its database."""
        return _PLACES

    def read(self, path: str, content: Buffer) -> list[Component]:
        """Return the installed packages; their purls name no distribution yet (see ``of_distribution``).

        Raises:
            UnreadableError: It is damaged, or a Berkeley database.
        """
        if len(content) > bounds.RPM_DATABASE:
            raise UnreadableError(f"an rpm database of over {bounds.RPM_DATABASE >> 20} MiB")
        whole = bytes(content)  # SQLite reads a database in memory or a file, and the file has no name here
        if whole.startswith(b"SQLite format 3\0"):
            blobs = _from_sqlite(whole)
        elif whole.startswith(_NDB_MAGIC):
            blobs = _from_ndb(whole)
        elif whole[12:16] in (b"\x61\x15\x06\x00", b"\x00\x06\x15\x61"):
            raise UnreadableError("an rpm database in Berkeley DB's format, which is not read")
        else:
            raise UnreadableError("an rpm database of an unknown format")
        found: list[Component] = []
        left = bounds.RPM_HEADERS
        for number, blob in enumerate(blobs):
            if number >= bounds.RPM_PACKAGES:
                raise PartlyUnreadError(f"an rpm database with more than {bounds.RPM_PACKAGES:,} packages", found)
            left -= len(blob)
            if left < 0:
                raise PartlyUnreadError(f"an rpm database with over {bounds.RPM_HEADERS >> 20} MiB of headers", found)
            header = _header(blob)
            if header.get(_NAME) and header[_NAME][0] != "gpg-pubkey":
                found.append(_component(header, path))
        return found

    def of_distribution(self, component: Component, distribution: Distribution) -> Component:
        """Name the distribution: only os-release knows it, not the database."""
        parsed = parse_purl(component.purl)
        if parsed is None or not distribution.identity:
            return component
        qualifiers = {**dict(parsed.qualifiers), "distro": distribution.qualifier}
        named = purl("rpm", distribution.identity, parsed.name, parsed.version or "", qualifiers)
        return replace(component, purl=named)

    def coordinates(self, purl: PackageURL, source: str = "", source_version: str = "") -> Coordinates | None:
        """Return the package's, by major release; the release may only be in the version (``.el9``).

        AlmaLinux and Red Hat name binary packages, Rocky Linux the source packages that they were built from (in OSV's
        exports, RLSA-2020-4641 names ``babel`` for ``python38-babel``).
        """
        del source_version
        ecosystem = ecosystem_of(purl, _ECOSYSTEMS)
        if ecosystem is None:
            return None
        version, epoch = purl.version or "", dict(purl.qualifiers or {}).get("epoch", "")
        version = f"{epoch}:{version}" if epoch and ":" not in version else version
        identity, stated = stated_distribution(purl)
        built_for = _ENTERPRISE.search(version)
        release = stated or (built_for[1] if built_for else "") or identity
        if ecosystem in _BY_SOURCE:
            stated_source = _source_name(dict(purl.qualifiers or {}).get("upstream", ""))
            return Coordinates(
                ecosystem, plain_release(release, parts=1), source or stated_source or purl.name, version
            )
        return Coordinates(ecosystem, plain_release(release, parts=1), purl.name, version)

    def split_release(self, release: str) -> str:
        """Red Hat's releases carry product and stream (``enterprise_linux:9::baseos``)."""
        found = _RED_HAT.search(release)
        return found[1] if found else release


def _from_sqlite(content: bytes) -> Iterator[bytes]:
    connection = sqlite3.connect(":memory:")
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1000
        return int(steps > bounds.RPM_STEPS)

    try:
        # A database in memory has no write-ahead log beside it: bytes 18 and 19 must not ask for one (1: rollback).
        connection.deserialize(content[:18] + b"\1\1" + content[20:])
        # The schema comes from the image: no function of ours, no extension, no value that is made up, and an end to
        # every query. A view or a virtual table of this name would be a program of whoever made the image.
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, bounds.RPM_HEADER)
        connection.set_progress_handler(count, 1000)
        kinds = connection.execute("SELECT type, sql FROM sqlite_schema WHERE name='Packages'").fetchall()
        if [kind for kind, _ in kinds] != ["table"] or not _PLAIN_TABLE.match(str(kinds[0][1])):
            raise UnreadableError("an rpm database whose packages are not in a table")
        rows = connection.execute("SELECT blob FROM Packages")
        yield from (blob for (blob,) in rows if isinstance(blob, bytes))
    except (sqlite3.Error, OverflowError, MemoryError) as error:
        raise UnreadableError(f"an rpm database that SQLite cannot read: {error}") from error
    finally:
        connection.close()


def _from_ndb(content: bytes) -> Iterator[bytes]:
    pages = _number(content, 12)
    for at in range(2 * _NDB_SLOT, min(pages * _NDB_PAGE, len(content) - _NDB_SLOT + 1), _NDB_SLOT):
        if content[at : at + 4] != _SLOT_MAGIC:
            continue
        package, block, blocks = (_number(content, at + place) for place in (4, 8, 12))
        if not package or not blocks:
            continue
        start = block * _NDB_BLOCK
        if content[start : start + 4] != _BLOB_MAGIC or _number(content, start + 4) != package:
            raise UnreadableError("an ndb database with a slot that leads nowhere")
        length = _number(content, start + 12)
        yield content[start + 16 : start + 16 + length]


def _number(content: bytes, at: int) -> int:
    if at + 4 > len(content):
        raise UnreadableError("an rpm database that ends too early")
    return int(struct.unpack_from("<I", content, at)[0])


def _header(blob: bytes) -> Header:
    """Read the tags of a header: counts, an index of (tag, type, offset, count), then the data."""
    if len(blob) < 8:
        raise UnreadableError("an rpm header that ends too early")
    count, length = struct.unpack_from(">II", blob)
    data = blob[8 + 16 * count : 8 + 16 * count + length]
    if count > bounds.RPM_TAGS or len(blob) < 8 + 16 * count + length:
        raise UnreadableError("an rpm header with a wrong length")
    found: Header = {}
    for number in range(count):
        tag, kind, offset, items = struct.unpack_from(">iIiI", blob, 8 + 16 * number)
        if tag not in _WANTED or tag in found or offset < 0 or offset > len(data):
            continue
        if items > bounds.RPM_FILES:
            raise UnreadableError(f"an rpm header with a list of {items:,} values")
        if kind in (_STRING, _STRING_ARRAY, _I18N):
            found[tag] = _strings(data, offset, 1 if kind == _STRING else items)
        elif kind == _INT32 and offset + 4 * items <= len(data):
            found[tag] = list(struct.unpack_from(f">{items}i", data, offset))
    return found


def _strings(data: bytes, offset: int, count: int) -> list[str]:
    """Return texts that follow each other, each with a zero behind it."""
    if count == 1:
        end = data.find(b"\0", offset)
        return [data[offset:end].decode("utf-8", "replace")] if end >= 0 else []
    return [text.decode("utf-8", "replace") for text in data[offset:].split(b"\0", count)[:-1]]


def _component(header: Header, path: str) -> Component:
    def text(tag: int) -> str:
        values = header.get(tag) or [""]
        return str(values[0])

    name = text(_NAME)
    version = f"{text(_VERSION)}-{text(_RELEASE)}"
    epoch = header.get(_EPOCH)
    qualifiers = {
        "arch": text(_ARCH),
        "epoch": str(epoch[0]) if epoch else "",
        "upstream": text(_SOURCE),
    }
    given = {key: value for key, value in qualifiers.items() if value != "0"}
    return Component(
        kind="rpm",
        name=name,
        version=f"{epoch[0]}:{version}" if epoch else version,
        purl=purl("rpm", "", name, version, given),
        how=Found.RPM,
        evidence=f"/{path}",
        source=_source_name(text(_SOURCE)) or name,
        source_version=version,
        licenses=(text(_LICENSE),) if text(_LICENSE) else (),
        supplier=text(_VENDOR),
        files=tuple(_files(header)),
    )


def _source_name(archive: str) -> str:
    """Return the name of a source package's file, such as ``bash`` of ``bash-5.1.8-6.el9.src.rpm``; empty for none."""
    stem = archive.removesuffix(".src.rpm").removesuffix(".nosrc.rpm")
    return stem.rsplit("-", 2)[0] if stem.count("-") >= 2 else ""


def _files(header: Header) -> Iterator[str]:
    directories, names, indexes = (header.get(tag) or [] for tag in (_DIR_NAMES, _BASE_NAMES, _DIR_INDEXES))
    for name, index in zip(names, indexes, strict=False):
        if isinstance(index, int) and 0 <= index < len(directories):
            yield f"{directories[index]}{name}".lstrip("/")
