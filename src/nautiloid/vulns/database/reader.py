"""Ask the database: which advisories speak of a package, what else is known under an id, how old it all is."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from nautiloid.packages.kind import Coordinates
from nautiloid.vulns.database.schema import DatabaseError, is_current
from nautiloid.vulns.model import AdvisorySource, Candidate, Exploited, Related
from nautiloid.vulns.osv import Range

_REMEDY = "Get one with 'nautiloid db update', or from a file with 'nautiloid db import'."


class AdvisoryDatabase:
    """A database that is open for reading; one that is renamed over meanwhile does no harm."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path
        query = "SELECT name, origin, as_of, fetched, records, withdrawn, malformed, faults, ecosystems FROM source"
        self.sources = tuple(
            replace(AdvisorySource(*facts), ecosystems=tuple(json.loads(ecosystems)))
            for *facts, ecosystems in connection.execute(f"{query} ORDER BY name")
        )

    def has_ecosystem(self, ecosystem: str) -> bool:
        """Tell whether any advisories of an ecosystem are here."""
        return any(ecosystem in source.ecosystems for source in self.sources)

    def has_release(self, ecosystem: str, release: str) -> bool:
        """Tell whether any advisories about one release of an ecosystem are here."""
        query = "SELECT 1 FROM affected WHERE ecosystem=? AND release=? LIMIT 1"
        return self._connection.execute(query, (ecosystem, release)).fetchone() is not None

    def candidates(self, place: Coordinates) -> Iterator[Candidate]:
        """Yield the standing advisories that name a package; those without a release concern every release."""
        query = (
            "SELECT identity, modified, published, summary, aliases, upstream, refs, urgency, vectors, spec"
            " FROM affected JOIN record ON record.id = affected.record"
            " WHERE affected.name=? AND ecosystem=? AND (release='' OR release=? OR ?='') ORDER BY identity"
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

    def related(self, identities: Sequence[str], seen: Container[str]) -> Iterator[Related]:
        """Yield what every record that has one of the ids says of the vulnerability.

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
                    yield Related(named, tuple(json.loads(vectors)), urgency, summary)

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
