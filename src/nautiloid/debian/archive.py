"""From a suite's name to an index that can be trusted.

A key of the keyring vouches for ``InRelease``, which names the hash of each ``Packages`` file, which names the
hash of each ``.deb``.
"""

from __future__ import annotations

import gzip
import lzma
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nautiloid import bounds
from nautiloid.debian.index import PackageIndex
from nautiloid.debian.release import Keyring, Release, verify_release
from nautiloid.errors import IntegrityError, NautiloidError
from nautiloid.net.fetch import Fetcher, FetchError

_ROLLING = frozenset({"sid", "unstable", "experimental"})


@dataclass(frozen=True)
class Pocket:
    """One suite of one archive, such as ``bookworm-security`` in ``debian-security``."""

    archive: str
    suite: str


def pockets(suite: str, *, release_only: bool = False) -> tuple[Pocket, ...]:
    """Return the pockets that together make a release with its fixes, or the one that is the release as it came out."""
    if suite in _ROLLING or release_only:
        return (Pocket("debian", suite),)
    return (
        Pocket("debian", suite),
        Pocket("debian", f"{suite}-updates"),
        Pocket("debian-security", f"{suite}-security"),
    )


def load_index(
    suite: str = "bookworm",
    architecture: str = "amd64",
    *,
    fetcher: Fetcher,
    mirrors: Mapping[str, Sequence[str]],
    components: Sequence[str] = ("main",),
    release_only: bool = False,
    keyring: Keyring | None = None,
    now: datetime | None = None,
    made_of: Sequence[Pocket] | None = None,
) -> tuple[PackageIndex, tuple[Release, ...]]:
    """Fetch and verify everything that a suite offers.

    Args:
        suite: Codename of the release; its updates and security pockets come with it.
        architecture: Debian's name of the architecture.
        fetcher: Does the downloads; each InRelease and Packages file ends up in its store.
        mirrors: Base URLs by archive name (``debian``, ``debian-security``).
        components: Which components to read.
        release_only: Leave out updates and security fixes.
        keyring: Who may sign; the shipped Debian archive keys when None.
        now: The moment at which Releases must be valid; give a snapshot's own time to read a snapshot.
        made_of: The pockets to read, where they are not Debian's usual ones.

    Returns:
        The index, and the verified Release of each pocket in the order of ``pockets(suite)``.

    Raises:
        IntegrityError: No mirror has a Release that verifies, or an index is not the one it promises.
        FetchError: A file could not be fetched.
    """
    keyring = keyring or Keyring.default()
    index = PackageIndex(architecture)
    releases = []
    for pocket in made_of or pockets(suite, release_only=release_only):
        bases = tuple(mirrors[pocket.archive])
        release = fetch_release(pocket, fetcher=fetcher, mirrors=bases, keyring=keyring, now=now)
        for component in components:
            text = _packages(pocket, release, f"{component}/binary-{architecture}", fetcher, bases)
            index.add(text, archive=pocket.archive, suite=pocket.suite)
        releases.append(release)
    return index, tuple(releases)


def fetch_release(
    pocket: Pocket,
    *,
    fetcher: Fetcher,
    mirrors: Sequence[str],
    keyring: Keyring,
    now: datetime | None = None,
) -> Release:
    """Return the first Release that verifies, asking one mirror after another.

    Raises:
        IntegrityError: Mirrors answered, but none with a Release that verifies.
        FetchError: No mirror answered.
    """
    refused: list[str] = []
    unreachable: list[FetchError] = []
    for mirror in mirrors:
        try:
            inrelease = fetcher.fetch_unpinned(f"dists/{pocket.suite}/InRelease", [mirror], bounds.RELEASE)
            release = verify_release(inrelease, suite=pocket.suite, keyring=keyring, now=now)
        except FetchError as error:
            unreachable.append(error)
        except NautiloidError as error:
            refused.append(" ".join(filter(None, (f"{error.message}.", error.hint))))
        else:
            fetcher.store.put([inrelease], sha256=release.sha256)
            return release
    if refused:
        raise IntegrityError(
            f"No mirror has a Release of {pocket.suite} that can be believed:"
            + "".join(f"\n  {reason}" for reason in refused),
            "Use another mirror, or check this machine's clock and what lies between here and the mirror.",
        )
    raise FetchError(
        f"No mirror answered for {pocket.suite}:" + "".join(f"\n  {error.message}" for error in unreachable),
        "Check the network and the mirrors (apt's sources, --mirror, NAUTILOID_DEBIAN_MIRROR).",
    )


def _packages(pocket: Pocket, release: Release, directory: str, fetcher: Fetcher, mirrors: tuple[str, ...]) -> str:
    for suffix in ("xz", "gz"):
        path = f"{directory}/Packages.{suffix}"
        if path in release.files:
            title = f"the package list of {pocket.suite}"
            return _decompress(
                fetch_index(pocket, release, path, fetcher=fetcher, mirrors=mirrors, title=title), suffix
            )
    raise NautiloidError(
        f"{pocket.suite} has no {directory}",
        "Check the component and the architecture; this suite may not carry them.",
    )


def fetch_index(
    pocket: Pocket, release: Release, path: str, *, fetcher: Fetcher, mirrors: Sequence[str], title: str
) -> Path:
    """Return an index as it is in the store: the one that a verified Release promises.

    Args:
        pocket: Whose.
        release: Of that pocket.
        path: One of ``release.files``.
        fetcher: Does the download.
        mirrors: Base URLs of the pocket's archive.
        title: What to call it in progress and errors.

    Raises:
        FetchError: No mirror has it.
    """
    promised = release.files[path]
    plain = f"dists/{pocket.suite}/{path}"
    by_hash = f"{plain.rpartition('/')[0]}/by-hash/SHA256/{promised.sha256}"

    def fetch(where: str) -> Path:
        return fetcher.fetch(where, mirrors=mirrors, sha256=promised.sha256, size=promised.size, title=title)

    if not release.acquire_by_hash:
        return fetch(plain)
    try:
        # The plain path may change under us between the two requests; the path by hash cannot.
        return fetch(by_hash)
    except FetchError:
        return fetch(plain)


def _decompress(path: Path, suffix: str) -> str:
    try:
        data = path.read_bytes()
        return (lzma.decompress(data) if suffix == "xz" else gzip.decompress(data)).decode()
    except (lzma.LZMAError, zlib.error, EOFError, OSError, UnicodeDecodeError) as error:
        raise IntegrityError(f"A package list cannot be decompressed: {error}") from error
