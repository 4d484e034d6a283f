"""Bring the database up to date: only what changed where the host says what did, whole exports otherwise."""

from __future__ import annotations

import gzip
import io
import sqlite3
import tempfile
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nautiloid import bounds
from nautiloid.errors import IntegrityError, UsageError
from nautiloid.progress import SILENT, Progress
from nautiloid.vulns.database.exports import EPSS, EXPLOITED, Exports, FeedError, MissingError
from nautiloid.vulns.database.files import records_of, write_epss, write_exploited
from nautiloid.vulns.database.schema import replacing
from nautiloid.vulns.database.writer import Tally, remove_records, remove_source, state_source, write_records

USUAL = ("PyPI", "Debian", "Ubuntu", "Alpine", "AlmaLinux", "Wolfi", "Chainguard", "GIT", "OSS-Fuzz")
"""Ecosystems that are fetched when nobody names any: what AI images are made of.

``GIT`` and ``OSS-Fuzz`` are OSV's names for records about upstream projects in C and C++, which wheels bundle.
"""

_MOST_SINGLE_RECORDS = 400
_CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Lists:
    """Where lists beside OSV come from; an empty URL leaves one out."""

    exploited: str = EXPLOITED
    epss: str = EPSS


def update_database(
    database: Path,
    ecosystems: Sequence[str],
    exports: Exports,
    lists: Lists | None = None,
    *,
    whole: bool = False,
    progress: Progress = SILENT,
) -> list[str]:
    """Bring the named ecosystems up to date, and return a line about each.

    Args:
        database: The database; made when there is none.
        ecosystems: As OSV spells them, without a release.
        exports: Where from.
        lists: Where the lists of exploited vulnerabilities come from; one that cannot be reached is passed over.
        whole: Fetch whole exports, also where changes would do.
        progress: Counts bytes and records.

    Raises:
        UsageError: The host has no such ecosystem.
        FeedError: The host cannot be reached.
        IntegrityError: What arrived is damaged.
        DatabaseError: The database cannot be written. Whatever is raised, the database stays as it was.
    """
    said = []
    with (
        tempfile.TemporaryDirectory(prefix="nautiloid-db-") as scratch,
        replacing(database, progress) as connection,
    ):
        for ecosystem in ecosystems:
            update = _Update(connection, ecosystem, exports, progress)
            line = None if whole else update.changes_only()
            said.append(f"{ecosystem}: {line or update.whole(Path(scratch), anew=whole)}")
        for name, url, write in (
            ("exploited vulnerabilities (CISA)", (lists or Lists()).exploited, write_exploited),
            ("EPSS scores", (lists or Lists()).epss, write_epss),
        ):
            if url:
                try:
                    said.append(f"{name}: {write(connection, _unpacked(exports.document(url)))}")
                except (FeedError, IntegrityError, UsageError) as error:
                    said.append(f"{name}: left as they were, {error.message}")
    return said


class _Update:
    """One ecosystem on its way into the database."""

    def __init__(self, connection: sqlite3.Connection, ecosystem: str, exports: Exports, progress: Progress) -> None:
        self._connection = connection
        self._ecosystem = ecosystem
        self._exports = exports
        self._progress = progress

    def changes_only(self) -> str | None:
        """Fetch what changed, and say so; None where the whole export is the better way."""
        query = "SELECT identity, modified FROM record WHERE source=?"
        known: dict[str, str] = dict(self._connection.execute(query, (self._ecosystem,)).fetchall())
        if not known:
            return None
        try:
            stated = self._exports.changes(self._ecosystem)
        except MissingError:
            return None
        changed = [identity for identity, modified in stated.items() if known.get(identity) != modified]
        gone = [identity for identity in known if identity not in stated]
        if not stated or len(changed) > _MOST_SINGLE_RECORDS:
            return None
        with (
            ThreadPoolExecutor(_CONNECTIONS) as threads,
            self._progress.task(f"Fetch changes of {self._ecosystem}", total=len(changed)) as task,
        ):
            contents = []
            for content in threads.map(lambda identity: self._exports.record(self._ecosystem, identity), changed):
                contents.append(content)
                task.advance(1)
        remove_records(self._connection, self._ecosystem, [*changed, *gone])
        tally = write_records(self._connection, self._ecosystem, contents)
        self._state(tally, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), self._etag())
        return f"{len(changed)} advisories changed, {len(gone)} removed" if changed or gone else "nothing has changed"

    def whole(self, scratch: Path, *, anew: bool) -> str:
        """Fetch the whole export, if it is another one than the last."""
        file = scratch / "all.zip"
        try:
            fetched = self._exports.whole(self._ecosystem, file, "" if anew else self._etag(), self._progress)
        except MissingError as error:
            raise UsageError(
                f"{self._exports.base} has no ecosystem {self._ecosystem!r}",
                "Names are case-sensitive: PyPI, Debian ...",
            ) from error
        if fetched is None:
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            self._connection.execute("UPDATE source SET as_of=?, fetched=? WHERE name=?", (now, now, self._ecosystem))
            return "nothing has changed"
        remove_source(self._connection, self._ecosystem)
        tally = write_records(self._connection, self._ecosystem, records_of(file, self._progress))
        if not tally.records:
            raise IntegrityError(f"the export of {self._ecosystem} holds no advisory", "Try again later.")
        self._state(tally, fetched.as_of, fetched.etag)
        file.unlink()
        return f"{tally.records} advisories, {tally.withdrawn} of them withdrawn, {tally.malformed} malformed"

    def _etag(self) -> str:
        row = self._connection.execute("SELECT etag FROM source WHERE name=?", (self._ecosystem,)).fetchone()
        return str(row[0]) if row and row[0] else ""

    def _state(self, tally: Tally, as_of: str, etag: str) -> None:
        origin = f"{self._exports.base}/{self._ecosystem}"
        state_source(self._connection, self._ecosystem, tally, origin=origin, etag=etag, as_of=as_of)


def _unpacked(content: bytes) -> bytes:
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        with gzip.open(io.BytesIO(content)) as unpacked:
            plain = unpacked.read(bounds.ADVISORY_LIST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise IntegrityError(f"damaged: {error}") from error
    if len(plain) > bounds.ADVISORY_LIST:
        raise IntegrityError(f"unpacks to more than {bounds.ADVISORY_LIST} bytes")
    return plain
