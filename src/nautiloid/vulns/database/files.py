"""Bring advisories in from files: OSV's zip exports, CISA's and FIRST's lists, or a whole database for sealed networks.

A whole database travels as ``db export`` wrote it: the SQLite file, compressed with zstd, which checks itself.
"""

from __future__ import annotations

import csv
import gzip
import io
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import zstandard

from nautiloid import bounds
from nautiloid.atomic import atomic_file
from nautiloid.documents.strict_json import loads_bounded
from nautiloid.errors import IntegrityError, UsageError, quotable
from nautiloid.progress import SILENT, Progress
from nautiloid.regular_file import open_regular
from nautiloid.vulns.database.schema import DatabaseError, is_current, replace_with, replacing
from nautiloid.vulns.database.writer import remove_source, state_source, write_records

_ZSTD = b"\x28\xb5\x2f\xfd"
_SQLITE = b"SQLite format 3\0"


def import_file(database: Path, file: Path, name: str = "", progress: Progress = SILENT) -> str:
    """Take a file into the database, and return a line that says what it was.

    Args:
        database: The database; made when there is none.
        file: An OSV zip (or a single OSV record), CISA's known exploited vulnerabilities (JSON), EPSS scores (CSV, also
            gzip), or what ``export_database`` wrote.
        name: Under which an OSV export is kept, and replaces what is kept under it. Empty: the directory of an
            ``all.zip``, else the file's own name.
        progress: Counts records.

    Raises:
        UsageError: It is none of these.
        IntegrityError: It is damaged; the database stays as it was.
        DatabaseError: The database cannot be written.
    """
    try:
        with open_regular(file) as stream:
            start = stream.read(4096)
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    if start.startswith((_ZSTD, _SQLITE)):
        replace_with(database, lambda new: _unpack(file, new, compressed=start.startswith(_ZSTD)), progress)
        return f"the whole database of {file.name}"
    if zipfile.is_zipfile(file):
        with replacing(database, progress) as connection:
            return _import_zip(connection, file, name or _source_name(file), progress)
    content = _content(file)
    with replacing(database, progress) as connection:
        if content.lstrip()[:1] == b"{":
            return _import_json(connection, content, name or file.stem)
        return f"{write_epss(connection, content)} EPSS scores"


def export_database(database: Path, file: Path) -> None:
    """Write the whole database to one file for another machine.

    Raises:
        DatabaseError: There is none.
    """
    if not is_current(database):
        raise DatabaseError(f"there is no advisory database at {database}", "Get one with 'nautiloid db update'.")
    with database.open("rb") as plain, atomic_file(file) as packed:
        zstandard.ZstdCompressor(level=9, write_checksum=True).copy_stream(plain, packed)


def records_of(file: Path, progress: Progress = SILENT) -> Iterator[bytes]:
    """Yield the records of an OSV export.

    Raises:
        IntegrityError: The zip is truncated, or a member's checksum differs.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if member.filename.endswith(".json")]
            with progress.task(f"Index {_source_name(file)}", total=len(members)) as task:
                for member in members:
                    with archive.open(member) as stored:
                        record = stored.read(bounds.ADVISORY + 1)
                    yield record if len(record) <= bounds.ADVISORY else b""  # none is so large: counted as malformed
                    task.advance(1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise IntegrityError(f"{file.name} is damaged: {error}", "Fetch it again.") from error


def write_exploited(connection: sqlite3.Connection, content: bytes) -> int:
    """Replace CISA's list; see ``write_epss``.

    Raises:
        IntegrityError: It is not in CISA's format.
    """
    try:
        rows = [
            (str(entry["cveID"]), str(entry.get("dateAdded", "")), str(entry.get("dueDate", "")),
             int(entry.get("knownRansomwareCampaignUse") == "Known"))
            for entry in loads_bounded(content)["vulnerabilities"]
        ]  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IntegrityError(
            f"this is not CISA's list of known exploited vulnerabilities: {quotable(str(error))}"
        ) from error
    connection.execute("DELETE FROM exploited")
    connection.executemany("INSERT OR REPLACE INTO exploited VALUES (?,?,?,?)", rows)
    return len(rows)


def write_epss(connection: sqlite3.Connection, content: bytes) -> int:
    """Replace the EPSS scores, and return how many there are now.

    Raises:
        IntegrityError: It is not FIRST's CSV.
    """
    lines = io.StringIO(content.decode("utf-8", "replace"))
    table = csv.DictReader(line for line in lines if not line.startswith("#"))
    try:
        rows = [(row["cve"], float(row["epss"]), float(row["percentile"])) for row in table]
    except (KeyError, ValueError, TypeError, csv.Error) as error:
        raise IntegrityError(
            f"these are not EPSS scores: {quotable(repr(error))}", "Expected columns: cve, epss, percentile."
        ) from error
    if not rows:
        raise UsageError("this is no file of advisories", "Known: OSV zip or JSON, CISA KEV JSON, EPSS CSV, db export.")
    connection.execute("DELETE FROM epss")
    connection.executemany("INSERT OR REPLACE INTO epss VALUES (?,?,?)", rows)
    return len(rows)


def _import_zip(connection: sqlite3.Connection, file: Path, name: str, progress: Progress) -> str:
    return _replace_source(connection, name, records_of(file, progress), file.name)


def _import_json(connection: sqlite3.Connection, content: bytes, name: str) -> str:
    try:
        data = loads_bounded(content)
    except ValueError as error:
        raise IntegrityError(f"this is not JSON: {error}") from error
    if "catalogVersion" in data and "vulnerabilities" in data:
        return f"{write_exploited(connection, content)} known exploited vulnerabilities"
    return _replace_source(connection, name, [content], name)


def _replace_source(connection: sqlite3.Connection, name: str, records: Iterable[bytes], origin: str) -> str:
    remove_source(connection, name)
    tally = write_records(connection, name, records)
    if not tally.records:
        raise UsageError(f"{origin} holds no OSV record", "Known: OSV zip or JSON, CISA KEV JSON, EPSS CSV, db export.")
    state_source(connection, name, tally, origin=origin)
    return f"{tally.records} advisories as '{name}', {tally.withdrawn} of them withdrawn, {tally.malformed} malformed"


def _content(file: Path) -> bytes:
    try:
        with open_regular(file) as stored:
            packed = stored.read(2) == b"\x1f\x8b"
            stored.seek(0)
            content = (gzip.GzipFile(fileobj=stored) if packed else stored).read(bounds.ADVISORY_LIST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise IntegrityError(f"{file.name} is damaged: {error}") from error
    if len(content) > bounds.ADVISORY_LIST:
        raise IntegrityError(f"{file.name} holds more than {bounds.ADVISORY_LIST >> 20} MiB, which no such list does")
    return content


def _source_name(file: Path) -> str:
    return file.resolve().parent.name if file.name == "all.zip" else file.stem


def _unpack(file: Path, new: Path, *, compressed: bool) -> None:
    if not compressed:
        shutil.copyfile(file, new)
        return
    try:
        with file.open("rb") as packed, new.open("wb") as plain:
            zstandard.ZstdDecompressor(max_window_size=bounds.ZSTD_WINDOW).copy_stream(packed, plain)
    except zstandard.ZstdError as error:
        raise IntegrityError(f"{file.name} is damaged: {error}") from error
