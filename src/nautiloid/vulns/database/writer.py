"""Put OSV records into the tables."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from nautiloid.vulns.ecosystems import is_looked_up, normal_name, split_ecosystem
from nautiloid.vulns.osv import Advisory, Affected, MalformedRecordError, read_advisory

_NOT_SECURITY = ("ALBA-", "ALEA-", "RLBA-", "RLEA-", "RHBA-", "RHEA-")


@dataclass
class Tally:
    """What was met while records were written.

    Attributes:
        records: Read and kept, the withdrawn ones among them.
        malformed: Files that are no OSV record.
        faults: Parts of records that were left out.
        newest: The latest time of change that does not lie in the future; empty for none.
    """

    records: int = 0
    withdrawn: int = 0
    malformed: int = 0
    faults: int = 0
    newest: str = ""


def write_records(
    connection: sqlite3.Connection, source: str, contents: Iterable[bytes], now: datetime | None = None
) -> Tally:
    """Write records of one source; one that is no record is counted and passed over."""
    tally = Tally()
    limit = (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for content in contents:
        try:
            advisory = read_advisory(content)
        except MalformedRecordError:
            tally.malformed += 1
            continue
        _write(connection, source, advisory)
        tally.records += 1
        tally.withdrawn += bool(advisory.withdrawn)
        tally.faults += len(advisory.faults)
        if tally.newest < advisory.modified <= limit:
            tally.newest = advisory.modified
    return tally


def remove_source(connection: sqlite3.Connection, source: str) -> None:
    """Take away all records of a source."""
    for table in ("affected", "alias"):
        connection.execute(f"DELETE FROM {table} WHERE record IN (SELECT id FROM record WHERE source=?)", (source,))  # noqa: S608
    connection.execute("DELETE FROM record WHERE source=?", (source,))


def remove_records(connection: sqlite3.Connection, source: str, identities: Iterable[str]) -> None:
    """Take away some records of a source."""
    for identity in identities:
        found = connection.execute("SELECT id FROM record WHERE identity=? AND source=?", (identity, source)).fetchone()
        if found:
            for table, column in (("affected", "record"), ("alias", "record"), ("record", "id")):
                connection.execute(f"DELETE FROM {table} WHERE {column}=?", found)  # noqa: S608


def state_source(
    connection: sqlite3.Connection, name: str, tally: Tally, *, origin: str, etag: str = "", as_of: str = ""
) -> None:
    """Write down where a source comes from and of when it is; counts are taken from the tables."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    records, withdrawn = connection.execute(
        "SELECT count(*), coalesce(sum(withdrawn <> ''), 0) FROM record WHERE source=?", (name,)
    ).fetchone()
    found = connection.execute(
        "SELECT DISTINCT ecosystem FROM affected JOIN record ON record.id = affected.record WHERE source=?", (name,)
    )
    ecosystems = json.dumps(sorted(row[0] for row in found))
    connection.execute(
        "INSERT OR REPLACE INTO source VALUES (?,?,?,?,?,?,?,?,?,?)",
        (
            name,
            origin,
            etag,
            as_of or tally.newest or now,
            now,
            records,
            withdrawn,
            tally.malformed,
            tally.faults,
            ecosystems,
        ),
    )


def _write(connection: sqlite3.Connection, source: str, advisory: Advisory) -> None:
    known = connection.execute(
        "SELECT id, aliases, upstream FROM record WHERE identity=? AND source=?", (advisory.identity, source)
    ).fetchone()
    aliases, upstream = advisory.aliases, advisory.upstream
    if known:
        # One id in several files: the parts belong together.
        aliases = tuple(dict.fromkeys((*json.loads(known[1]), *aliases)))
        upstream = tuple(dict.fromkeys((*json.loads(known[2]), *upstream)))
    row = connection.execute(
        "INSERT INTO record(identity, source, modified, published, withdrawn, summary, urgency, vectors, aliases,"
        " upstream, refs) VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(identity, source) DO UPDATE SET"
        " aliases=excluded.aliases, upstream=excluded.upstream, modified=max(modified, excluded.modified) RETURNING id",
        (
            advisory.identity, source, advisory.modified, advisory.published, advisory.withdrawn,
            advisory.summary, advisory.urgency, *map(json.dumps, (advisory.vectors, aliases, upstream,
                                                                  advisory.references)),
        ),
    ).fetchone()[0]  # fmt: skip
    bug_fix = advisory.identity.startswith(_NOT_SECURITY) and not upstream and not aliases
    if advisory.withdrawn or bug_fix:
        return
    connection.executemany(
        "INSERT INTO affected VALUES (?,?,?,?,?)",
        (_affected_row(row, affected) for affected in advisory.affected if _is_looked_up(affected)),
    )
    identities = {advisory.identity, *aliases, *upstream}
    connection.executemany("INSERT OR IGNORE INTO alias VALUES (?,?)", ((name, row) for name in identities))


def _is_looked_up(affected: Affected) -> bool:
    """Tell whether a part is kept: of the tens of thousands of repositories under GIT, few are ever asked for."""
    ecosystem, _ = split_ecosystem(affected.ecosystem)
    return is_looked_up(ecosystem, normal_name(ecosystem, affected.name))


def _affected_row(record: int, affected: Affected) -> tuple[int, str, str, str, bytes]:
    ecosystem, release = split_ecosystem(affected.ecosystem)
    ranges = [[one.kind, one.events] for one in affected.ranges]
    spec = json.dumps([ranges, affected.versions, affected.urgency, affected.vectors], separators=(",", ":"))
    return record, ecosystem, release, normal_name(ecosystem, affected.name), zlib.compress(spec.encode(), 1)
