"""What a version that Debian fixed tells of upstream's releases: bounds, never certainty.

A Debian version is ``[epoch:]upstream-revision`` (deb-version(7)). With the first revision of a release the fix came
with that release, or with an older one that Debian passed over. With a later revision Debian patched it: the release
was affected itself, and nothing tells which one upstream fixed it in.

=================  =========================  ==================================
our release is     Debian's first revision    Debian's later revision (a patch)
=================  =========================  ==================================
older              may be affected            may be affected
the same           undecided (1)              may be affected
later              fixed (2)                  undecided
=================  =========================  ==================================

(1) The maintainer may have added a patch with the first revision. (2) In projects whose releases each hold what those
before them held, or on the same branch; elsewhere a higher number can be the older release, and it is undecided.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from nautiloid.packages.native_projects import NativeProject
from nautiloid.versions.errors import InvalidVersionError
from nautiloid.versions.upstream import branch, version_key

_FIRST_REVISION = re.compile(r"(?:0|0\.1|1|1~deb[0-9]+u1|0\+deb[0-9]+u1|1~bpo[0-9]+\+1|1~exp1)", re.ASCII)
_REPACKED = re.compile(r"[.+~-]?(?:dfsg|ds|repack|debian)[.+~-]?[0-9]*(?=$|[+~])", re.ASCII)
_BEFORE_RELEASE = re.compile(r"~((?:alpha|beta|pre|rc)[-.]?[0-9]*)", re.ASCII)


class Bound(IntEnum):
    """What is known; of several that speak of one vulnerability the highest counts."""

    UNDECIDED = 0
    MAY_BE_AFFECTED = 1
    FIXED = 2


@dataclass(frozen=True, slots=True)
class DebianFix:
    """A version in which Debian fixed something.

    Attributes:
        version: Debian's.
        release: Upstream's release that it was made of.
        first: Whether the fix came with that release, as far as the revision tells.
    """

    version: str
    release: str
    first: bool


def read_fix(version: str) -> DebianFix | None:
    """Take a fixed version apart; None where upstream's release cannot be read out of it."""
    upstream, dash, revision = version.partition(":")[2].rpartition("-") if ":" in version else version.rpartition("-")
    if not dash:
        upstream, revision = revision, ""
    # "5.6.1+really5.4.5": the maintainer has gone back.
    upstream = _REPACKED.sub("", upstream.rpartition("really")[2])
    before = _BEFORE_RELEASE.search(upstream)
    release, odd, _ = re.sub(r"([+~])", r" \1 ", upstream).partition(" ")
    release = f"{release}-{before[1]}" if before else release
    try:
        version_key(release)
    except InvalidVersionError:
        return None
    # A snapshot ("+git20230720") holds more than the release: its fix need not be in there.
    snapshot = bool(odd) and before is None
    return DebianFix(version, release, bool(_FIRST_REVISION.fullmatch(revision)) and not snapshot)


def bound_of(version: str, fix: DebianFix, project: NativeProject) -> Bound:
    """Hold a release against one of Debian's fixes, as the table above says.

    Raises:
        InvalidVersionError: ``version`` is no release's number.
    """
    mine, theirs = version_key(version), version_key(fix.release)
    if mine < theirs or (mine == theirs and not fix.first):
        return Bound.MAY_BE_AFFECTED
    comparable = project.linear or branch(version) == branch(fix.release)
    return Bound.FIXED if fix.first and mine > theirs and comparable else Bound.UNDECIDED


def doubt_of(fixes: Iterable[DebianFix], library: str) -> str:
    """Return why a release that may be affected need not be, by the nearest of Debian's fixes."""
    nearest = min(fixes, key=lambda fix: version_key(fix.release), default=None)
    if nearest is None:
        return f"Debian names no fix, and nothing tells whether {library} has one"
    if nearest.first:
        return f"Debian's fix came with {library} {nearest.release} ({nearest.version}) or an older release"
    return f"Debian patched {library} {nearest.release} ({nearest.version}): nothing tells which release has the fix"
