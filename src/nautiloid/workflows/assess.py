"""The one judgement: matching, VEX, ignore files, the age of the advisories, and releases past their end.

Everybody who says what an image, a lock or a list of packages has to fear says it through ``Assessor.assess``:
``scan``, ``patch``, ``update``, the lab, and whatever report is made of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from nautiloid.oci.layout import Layout
from nautiloid.progress import SILENT, Progress
from nautiloid.subjects.attached_vex import attached_statements
from nautiloid.vulns.advisories import Advisories
from nautiloid.vulns.database.reader import open_database
from nautiloid.vulns.database.schema import DatabaseError, default_path
from nautiloid.vulns.ignoring import Ignored, apply_ignored, read_ignored
from nautiloid.vulns.model import ScanResult, Subject
from nautiloid.vulns.scan import scan
from nautiloid.vulns.vex.document import read_vex
from nautiloid.vulns.vex.statement import Statement, apply_statements
from nautiloid.workflows.user_files import read_file


@dataclass(frozen=True)
class Criteria:
    """What somebody holds findings against, beside the advisories.

    Attributes:
        statements: VEX that was given, besides documents attached to images.
        ignored: Entries of ignore files, each file with its name.
        max_age: The age from which on advisories are refused; None takes any.
    """

    statements: tuple[Statement, ...] = ()
    ignored: tuple[tuple[str, tuple[Ignored, ...]], ...] = ()
    max_age: timedelta | None = None

    @classmethod
    def read(
        cls,
        vex: Sequence[Path | str] = (),
        ignore_files: Sequence[Path | str] = (),
        max_age: timedelta | None = None,
    ) -> Criteria:
        """Read VEX documents and ignore files.

        Raises:
            UsageError: One of them cannot be read.
        """
        statements = tuple(one for path in vex for one in read_vex(read_file(Path(path)), str(path)))
        return cls(statements, tuple((str(path), read_ignored(Path(path))) for path in ignore_files), max_age)


@dataclass(frozen=True)
class Assessor:
    """Judges whatever can be scanned.

    Attributes:
        advisories: Whom to ask.
        criteria: What findings are held against.
        images: The store whose images may have VEX attached; None: none is looked for.
        progress: Counts packages.
    """

    advisories: Advisories
    criteria: Criteria = Criteria()
    images: Layout | None = None
    progress: Progress = SILENT

    def assess(self, subject: Subject, further: Sequence[Statement] = ()) -> ScanResult:
        """Match the subject's components, and let everything count that is known about the findings.

        What VEX or an ignore file lifts stays in the result, with its reason.

        Args:
            subject: What is judged.
            further: VEX from elsewhere, such as of the image that this one was made from.

        Raises:
            DatabaseError: The advisories are older than the criteria allow.
        """
        result = scan(subject, self.advisories, self.progress)
        self._check_age(result)
        statements = [*self.attached_to(subject.digest), *further, *self.criteria.statements]
        result = apply_statements(result, statements)
        for origin, entries in self.criteria.ignored:
            result = apply_ignored(result, entries, origin)
        return result

    def attached_to(self, digest: str) -> tuple[Statement, ...]:
        """Return the statements that an image of the store carries."""
        return attached_statements(self.images, digest) if self.images is not None else ()

    def _check_age(self, result: ScanResult) -> None:
        limit = self.criteria.max_age
        old = [source for source in result.sources if limit is not None and source.age > limit]
        if old:
            ages = ", ".join(f"{source.name} ({source.age.days} days)" for source in old)
            raise DatabaseError(f"advisories are older than --max-db-age allows: {ages}", "Run 'nautiloid db update'.")


@contextmanager
def open_assessor(
    database: Path | str | None, criteria: Criteria, images: Layout | None, progress: Progress = SILENT
) -> Iterator[Assessor]:
    """Lend the judgement over the advisories of a database.

    Args:
        database: The database; None is the usual one.
        criteria: What findings are held against.
        images: The store whose images may have VEX attached.
        progress: Counts packages.

    Raises:
        DatabaseError: There is none, or it cannot be read.
    """
    with open_database(Path(database) if database else default_path()) as opened:
        yield Assessor(opened, criteria, images, progress)


@contextmanager
def open_assessor_if_held(
    database: Path | str | None, criteria: Criteria, images: Layout | None, progress: Progress = SILENT
) -> Iterator[Assessor | None]:
    """Like ``open_assessor``, but None where nobody named a database and none is held."""
    if database is None and not default_path().exists():
        yield None
        return
    with open_assessor(database, criteria, images, progress) as assessor:
        yield assessor
