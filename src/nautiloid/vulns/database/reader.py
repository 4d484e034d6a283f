"""Ask the database: which advisories speak of a package, what else is known under an id, how old it all is."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from nautiloid.packages.kind import Coordinates
from nautiloid.vulns.database.schema import DatabaseError, is_current
from nautiloid.vulns.osv import Range

STALE_AFTER = timedelta(days=7)

_REMEDY = "Get one with 'nautiloid db update', or from a file with 'nautiloid db import'."


@dataclass(frozen=True, slots=True)
class Source:
    """One export that the database holds.

    Attributes:
        name: The ecosystem, or the name under which a file was imported.
        as_of: The time that its content speaks of, RFC 3339 in UTC.
        fetched: When it came into the database.
        malformed: Files that were no OSV record.
        faults: Parts of records that were left out.
        families: Ecosystems that it speaks of, without releases.
    """

    name: str
    origin: str
    as_of: str
    fetched: str
    records: int
    withdrawn: int
    malformed: int
    faults: int
    families: tuple[str, ...] = ()

    @property
    def age(self) -> timedelta:
        """How old its content is; nothing is younger than now."""
        try:
            moment = datetime.fromisoformat(self.as_of.replace("Z", "+00:00"))
        except ValueError:
            return timedelta.max
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(datetime.now(UTC) - moment, timedelta(0))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An advisory that names a package; whether it concerns a version is still to be found out."""

    identity: str
    modified: str
    published: str
    summary: str
    aliases: tuple[str, ...]
    upstream: tuple[str, ...]
    references: tuple[str, ...]
    urgency: str
    vectors: tuple[str, ...]
    ranges: tuple[Range, ...]
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exploited:
    """An entry of CISA's catalogue of known exploited vulnerabilities."""

    added: str
    due: str
    ransomware: bool


class AdvisoryDatabase:
    """A database that is open for reading; one that is renamed over meanwhile does no harm."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path
        query = "SELECT name, origin, as_of, fetched, records, withdrawn, malformed, faults, families FROM source"
        self.sources = tuple(
            replace(Source(*facts), families=tuple(json.loads(families)))
            for *facts, families in connection.execute(f"{query} ORDER BY name")
        )

    def has_family(self, family: str) -> bool:
        """Tell whether any advisories of a family are here."""
        return any(family in source.families for source in self.sources)

    def candidates(self, place: Coordinates) -> Iterator[Candidate]:
        """Yield the standing advisories that name a package; those without a release concern every release."""
        query = (
            "SELECT identity, modified, published, summary, aliases, upstream, refs, urgency, vectors, spec"
            " FROM affected JOIN record ON record.id = affected.record"
            " WHERE affected.name=? AND family=? AND (release='' OR release=? OR ?='') ORDER BY identity"
        )
        for row in self._connection.execute(query, (place.name, place.ecosystem, place.release, place.release)):
            ranges, versions, urgency, vectors = json.loads(zlib.decompress(row[9]))
            aliases, upstream, references, rated = (tuple(json.loads(value)) for value in (*row[4:7], row[8]))
            yield Candidate(
                identity=row[0],
                modified=row[1],
                published=row[2],
                summary=row[3],
                aliases=aliases,
                upstream=upstream,
                references=references,
                urgency=urgency or row[7],
                vectors=(*vectors, *rated),
                ranges=tuple(Range(kind, tuple((name, text) for name, text in events)) for kind, events in ranges),
                versions=tuple(versions),
            )

    def kin(
        self, identities: Sequence[str], seen: Container[str]
    ) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], str, str]]:
        """Yield ids that mean one vulnerability, vectors, urgency and summary of every record that has one of the ids.

        An advisory about several vulnerabilities at once (upstream) does not speak for each of them and is left out.

        Args:
            identities: Ids of one vulnerability.
            seen: Records that the caller knows already.
        """
        marks = ",".join("?" * len(identities))
        rows = self._connection.execute(
            "SELECT DISTINCT record.id, record.identity, aliases, upstream, vectors, urgency, summary FROM alias"  # noqa: S608
            f" JOIN record ON record.id = alias.record WHERE alias.identity IN ({marks})",
            tuple(identities),
        )
        for _, own, aliases, upstream, vectors, urgency, summary in rows:
            if own not in seen:
                named = (own, *json.loads(aliases), *json.loads(upstream))
                if len({name for name in named if name.startswith("CVE-")}) <= 1:
                    yield named, tuple(json.loads(vectors)), urgency, summary

    @cached_property
    def exploited(self) -> Mapping[str, Exploited]:
        """CISA's entries by CVE; a thousand or two."""
        rows = self._connection.execute("SELECT identity, added, due, ransomware FROM exploited")
        return {row[0]: Exploited(row[1], row[2], bool(row[3])) for row in rows}

    def epss(self, identity: str) -> float | None:
        """Return the probability, 0 to 1, that a CVE is exploited within 30 days (first.org/epss)."""
        if not identity.startswith("CVE-") or not self._has_epss:
            return None
        row = self._connection.execute("SELECT probability FROM epss WHERE identity=?", (identity,)).fetchone()
        return float(row[0]) if row else None

    @cached_property
    def _has_epss(self) -> bool:
        return self._connection.execute("SELECT 1 FROM epss LIMIT 1").fetchone() is not None


@contextmanager
def open_database(path: Path) -> Iterator[AdvisoryDatabase]:
    """Open the database for reading.

    Raises:
        DatabaseError: There is none, or it cannot be read.
    """
    if not path.exists():
        raise DatabaseError(f"there is no advisory database at {path}", _REMEDY)
    if not is_current(path):
        raise DatabaseError(f"{path} is damaged, or made by another version of Nautiloid", _REMEDY)
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        yield AdvisoryDatabase(connection, path)
    except (sqlite3.Error, zlib.error) as error:
        raise DatabaseError(f"the advisory database {path} is damaged: {error}", _REMEDY) from error
    finally:
        connection.close()
