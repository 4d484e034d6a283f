"""Update: what newer locks would change and fix, and what one did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nautiloid.debian.mirrors import Mirrors
from nautiloid.factory.lockfile import Lock, LockError, read_lock
from nautiloid.sourcing.building import rebuild_missing
from nautiloid.subjects.images import subject_of_lock
from nautiloid.updating.changelogs import changelog_fixes
from nautiloid.updating.lock_update import LockUpdate
from nautiloid.updating.update import Judge, Policy, Updating, compare_locks
from nautiloid.vulns.model import ScanResult
from nautiloid.workflows.assess import Assessor, Criteria, open_assessor, open_assessor_if_held
from nautiloid.workflows.built import image_built_from
from nautiloid.workflows.locking import lock_places
from nautiloid.workflows.workspace import Workspace


@dataclass(frozen=True)
class UpdateCriteria:
    """How far updates may go, and what they are held against.

    Attributes:
        only_security: Move only what fixes a known vulnerability, and what that needs.
        cool_down: Wheels younger than this stay out, unless they fix a known vulnerability.
        criteria: What findings are held against.
        database: The advisories; None is the usual database, where there is one.
        mirrors: The user's own choice of mirrors.
    """

    only_security: bool = False
    cool_down: timedelta = timedelta(0)
    criteria: Criteria = field(default_factory=Criteria)
    database: Path | str | None = None
    mirrors: Mirrors = field(default_factory=Mirrors)

    def assessor(self, workspace: Workspace) -> AbstractContextManager[Assessor | None]:
        """Lend the judgement; None where there are no advisories, unless only security counts."""
        open_it = open_assessor if self.only_security else open_assessor_if_held
        return open_it(self.database, self.criteria, workspace.images, workspace.progress)


def updates_of(
    definition: str,
    workspace: Workspace,
    criteria: UpdateCriteria | None = None,
    *,
    architectures: str | None = None,
    lock: Path | None = None,
    outside: Sequence[Path] = (),
) -> Iterator[LockUpdate]:
    """Resolve a definition anew, one processor after the other, and yield what differs; nothing is written.

    Args:
        definition: What the user typed.
        workspace: Where downloads go.
        criteria: How far updates may go, and what they are held against.
        architectures: Debian's names with commas between them; None: what the definition says.
        lock: The lock that the user named.
        outside: What the definition may take beside what lies in its directory.

    Raises:
        LockError: There is no lock, or only security fixes shall move and the definition was edited.
        NautiloidError: Something cannot be resolved, fetched or verified.
    """
    wanted = criteria or UpdateCriteria()
    policy = Policy(wanted.only_security, wanted.cool_down)
    with wanted.assessor(workspace) as assessor, workspace.fetching() as fetcher:
        for place in lock_places(definition, architectures, lock, outside):
            old = read_lock(place.path)
            if policy.only_security and old.definition != place.loaded.definition:
                raise LockError(
                    f"the lock {place.path} was made from another version of the definition",
                    "Bring it up to date with 'nautiloid lock' first: not only security fixes would move.",
                )
            rebuild_missing(old, place.loaded, fetcher.store.surroundings, fetcher, wanted.mirrors)
            judge = judge_of(assessor, workspace, old)
            found = Updating(place.loaded, fetcher, wanted.mirrors, judge, datetime.now(UTC)).propose(old, policy)
            yield LockUpdate(place.path, found, changelog_fixes(found.old, found.new, fetcher, wanted.mirrors))


def compare(old: Path, new: Path, workspace: Workspace, criteria: UpdateCriteria | None = None) -> LockUpdate:
    """Say what moved between two locks that there are.

    Raises:
        NautiloidError: One of them, or a package of theirs, cannot be read.
    """
    wanted = criteria or UpdateCriteria()
    before, after = read_lock(old), read_lock(new)
    with wanted.assessor(workspace) as assessor, workspace.fetching() as fetcher:
        found = compare_locks(before, after, judge_of(assessor, workspace, before))
        return LockUpdate(new, found, changelog_fixes(before, after, fetcher, wanted.mirrors))


def judge_of(assessor: Assessor | None, workspace: Workspace, old: Lock) -> Judge:
    """Return what judges both locks by one measure, with the VEX of the image that was built from the old one."""
    if assessor is None:
        return lambda _: None
    image = image_built_from(workspace.images, old)
    digest = image.digest if image is not None else ""

    def judge(lock: Lock) -> ScanResult:
        return assessor.assess(replace(subject_of_lock(lock), digest=digest))

    return judge
