"""The tables, and how a database file is made: beside the old one, under a lock, and renamed when it is complete.

A scan that has the old file open goes on reading it: renaming does not touch what is open.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from nautiloid.atomic import atomic_path
from nautiloid.errors import NautiloidError
from nautiloid.places import cache_directory
from nautiloid.progress import Progress

VERSION = 3
"""Grows when the tables change, or ``packages.native_projects``, which decides what is kept; a database of another
version is not read."""

_TABLES = """
CREATE TABLE source(
    name TEXT PRIMARY KEY, origin TEXT, etag TEXT, as_of TEXT, fetched TEXT, records INTEGER, withdrawn INTEGER,
    malformed INTEGER, faults INTEGER, ecosystems TEXT);
CREATE TABLE record(
    id INTEGER PRIMARY KEY, identity TEXT, source TEXT, modified TEXT, published TEXT, withdrawn TEXT, summary TEXT,
    urgency TEXT, vectors TEXT, aliases TEXT, upstream TEXT, refs TEXT, UNIQUE(identity, source));
CREATE TABLE affected(record INTEGER, ecosystem TEXT, release TEXT, name TEXT, spec BLOB);
CREATE INDEX affected_by_package ON affected(name, ecosystem, release);
CREATE INDEX affected_by_record ON affected(record);
CREATE TABLE alias(identity TEXT, record INTEGER, PRIMARY KEY(identity, record)) WITHOUT ROWID;
CREATE INDEX alias_by_record ON alias(record);
CREATE TABLE exploited(identity TEXT PRIMARY KEY, added TEXT, due TEXT, ransomware INTEGER) WITHOUT ROWID;
CREATE TABLE epss(identity TEXT PRIMARY KEY, probability REAL, percentile REAL) WITHOUT ROWID;
"""


class DatabaseError(NautiloidError):
    """The advisory database is missing, damaged, too old, or cannot be written."""


def default_path() -> Path:
    """Return where the database lies: ``NAUTILOID_DB``, or ``advisories.db`` in Nautiloid's cache."""
    chosen = os.environ.get("NAUTILOID_DB")
    return Path(chosen) if chosen else cache_directory() / "advisories.db"


@contextmanager
def replacing(path: Path, progress: Progress) -> Iterator[sqlite3.Connection]:
    """Lend a copy of the database to write into; it takes the old one's place when the block ends well.

    Two that want to write do so one after the other. Whatever goes wrong, the old database stays as it was.

    Raises:
        DatabaseError: It cannot be written, such as on a full disk.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path, progress), _named_errors(path), atomic_path(path) as temporary:
        if is_current(path):
            shutil.copyfile(path, temporary)
        with closing(sqlite3.connect(temporary, isolation_level=None)) as connection:
            # No journal: what is interrupted is thrown away as a whole.
            connection.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;")
            if not _has_tables(connection):
                connection.executescript(f"{_TABLES} PRAGMA user_version={VERSION};")
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")
        with temporary.open("rb") as written:
            os.fsync(written.fileno())


def replace_with(path: Path, fill: Callable[[Path], None], progress: Progress) -> None:
    """Put a finished database file in the old one's place, after looking at it.

    Args:
        path: The database.
        fill: Writes the new file.
        progress: Hears of waiting.

    Raises:
        DatabaseError: The new file is no database of this version.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path, progress), tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as scratch:
        new = Path(scratch) / path.name
        with _named_errors(path):
            fill(new)
            if not is_current(new):
                raise DatabaseError("this is no advisory database of this version of Nautiloid")
            with closing(sqlite3.connect(new)) as connection:
                found = connection.execute("PRAGMA quick_check").fetchone()
            if found != ("ok",):
                raise DatabaseError(f"the new database is damaged: {found[0]}")
            new.replace(path)


def is_current(path: Path) -> bool:
    """Tell whether a file is a database of this version."""
    if not path.is_file() or not path.stat().st_size:
        return False
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            return bool(connection.execute("PRAGMA user_version").fetchone() == (VERSION,) and _has_tables(connection))
    except sqlite3.DatabaseError:
        return False


def _has_tables(connection: sqlite3.Connection) -> bool:
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")}
    return {"source", "record", "affected", "alias", "exploited", "epss"} <= names


@contextmanager
def _alone(path: Path, progress: Progress) -> Iterator[None]:
    lock = FileLock(path.with_name(f"{path.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        progress.note("Another update of the advisory database is running; waiting for it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DatabaseError(
            f"cannot write the advisory database {path}: {reason}",
            "The old one, if there was any, is still in use. Make room, or choose another place with NAUTILOID_DB.",
        ) from error
