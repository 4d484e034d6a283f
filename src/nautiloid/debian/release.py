"""The archive's signed table of contents: a clear-signed ``InRelease`` file.

Trust starts here: one good signature by a key of the keyring vouches for the hash of every index, and each
index for the hash of every package. Format: Debian repository format, "Release files"; signatures: RFC 9580,
section 7.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

import pysequoia

from nautiloid.debian.control import Stanza
from nautiloid.errors import IntegrityError, NautiloidError

_CLOCK_SKEW = timedelta(hours=1)


@dataclass(frozen=True)
class IndexFile:
    """What a Release promises of one index file: bytes and hash."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Release:
    """A verified Release.

    Attributes:
        origin: Who publishes the archive (``Debian``).
        suite: The suite's changing name (``oldstable-updates``).
        codename: Its lasting name (``bookworm-updates``).
        date: When it was made.
        valid_until: When it must no longer be believed, or None.
        acquire_by_hash: Whether indices are also found under ``by-hash``.
        files: The indices, by path below ``dists/SUITE/``.
        sha256: Hash of the InRelease file itself.
        signed_by: Fingerprints of the keyring's certificates that vouch for it, sorted.
    """

    origin: str
    suite: str
    codename: str
    date: datetime
    valid_until: datetime | None
    acquire_by_hash: bool
    files: Mapping[str, IndexFile]
    sha256: str
    signed_by: tuple[str, ...]


@dataclass(frozen=True)
class Keyring:
    """The certificates that may vouch for an archive."""

    certificates: tuple[pysequoia.Cert, ...]

    @classmethod
    def default(cls) -> Keyring:
        """Return the keyring of ``NAUTILOID_DEBIAN_KEYRING``, else the archive keys that ship with us."""
        override = os.environ.get("NAUTILOID_DEBIAN_KEYRING")
        if override:
            return cls.read(Path(override))
        shipped = files("nautiloid.debian") / "keys"
        keys = sorted((key for key in shipped.iterdir() if key.name.endswith(".asc")), key=lambda k: k.name)
        return cls(tuple(pysequoia.Cert.from_bytes(key.read_bytes()) for key in keys))

    @classmethod
    def read(cls, path: Path) -> Keyring:
        """Read a keyring, binary or armoured.

        Raises:
            NautiloidError: The file cannot be read or holds no certificates.
        """
        try:
            return cls(tuple(pysequoia.Cert.split_bytes(path.read_bytes())))
        except (OSError, RuntimeError, ValueError) as error:
            raise NautiloidError(
                f"Cannot read the keyring {path}: {_first_line(error)}",
                "Point NAUTILOID_DEBIAN_KEYRING at an OpenPGP keyring, or unset it.",
            ) from error

    def open_signed(self, message: bytes) -> tuple[bytes, tuple[str, ...]]:
        """Return the signed content of a message, and the fingerprints of those who vouch for it.

        Signatures by keys outside the keyring are ignored; one good one is enough. An expired or revoked
        key, or a hash that is too weak, does not count as good. Text outside the signed part is never
        returned.

        Raises:
            IntegrityError: No key of the keyring vouches for the content.
        """
        try:
            verified = pysequoia.verify(message, store=lambda _wanted: list(self.certificates))
        except (RuntimeError, ValueError, OSError) as error:
            raise IntegrityError(f"The signature is not good: {_first_line(error)}") from error
        signers = tuple(sorted({str(signature.certificate) for signature in verified.valid_sigs}))
        if verified.bytes is None or not signers:
            raise IntegrityError("The signature is not good: nothing is signed")
        return verified.bytes, signers


def verify_release(inrelease: bytes, *, suite: str, keyring: Keyring, now: datetime | None = None) -> Release:
    """Check an InRelease and return what it promises.

    Args:
        inrelease: The clear-signed file.
        suite: The suite or codename that was asked for; an answer for another one is refused.
        keyring: Who may vouch for it.
        now: The moment at which it must be valid, with a time zone; the present when None.

    Raises:
        IntegrityError: The signature is not good, the file has expired or is not yet valid, or it is for
            another suite.
        NautiloidError: The content is not a Release file.
    """
    content, signers = keyring.open_signed(inrelease)
    try:
        stanza = Stanza(content.decode())
    except UnicodeDecodeError as error:
        raise IntegrityError("The Release is not UTF-8 text") from error
    release = Release(
        origin=stanza.get("Origin", ""),
        suite=stanza.get("Suite", ""),
        codename=stanza.get("Codename", ""),
        date=_timestamp(stanza.require("Date")),
        valid_until=_timestamp(stanza["Valid-Until"]) if "Valid-Until" in stanza else None,
        acquire_by_hash=stanza.get("Acquire-By-Hash", "no") == "yes",
        files=MappingProxyType(dict(_index_file(line) for line in stanza.lines("SHA256"))),
        sha256=hashlib.sha256(inrelease).hexdigest(),
        signed_by=signers,
    )
    _check_suite(release, suite)
    _check_time(release, now or datetime.now(UTC))
    return release


def _check_suite(release: Release, asked: str) -> None:
    if asked not in (release.suite, release.codename):
        raise IntegrityError(f"The mirror answered for {release.codename or release.suite} where {asked} was asked for")


def _check_time(release: Release, now: datetime) -> None:
    if release.date > now + _CLOCK_SKEW:
        raise IntegrityError(
            f"The Release of {release.codename} is dated {release.date:%Y-%m-%d %H:%M} UTC: in the future",
            "Set this machine's clock.",
        )
    if release.valid_until is not None and release.valid_until < now:
        raise IntegrityError(
            f"The Release of {release.codename} expired on {release.valid_until:%Y-%m-%d %H:%M} UTC",
            "The mirror is stale or replays an old state: use another mirror, or check this machine's clock.",
        )


def _timestamp(text: str) -> datetime:
    try:
        moment = parsedate_to_datetime(text.replace("UTC", "+0000"))
    except ValueError as error:
        raise NautiloidError(f"{text!r} in a Release is not a date") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _index_file(line: str) -> tuple[str, IndexFile]:
    match line.split():
        case [sha256, size, path] if size.isdigit():
            return path, IndexFile(int(size), sha256)
    raise NautiloidError(f"{line!r} in a Release is not a file entry")


def _first_line(error: Exception) -> str:
    # Sequoia's errors carry a backtrace below their first line.
    return (str(error).splitlines() or [type(error).__name__])[0]
