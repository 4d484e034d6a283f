"""An archive of our own to test against: a key that signs, suites that are signed, and a mirror in a directory."""

from __future__ import annotations

import hashlib
import lzma
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pysequoia
import pytest


@dataclass(frozen=True)
class Signer:
    """A key pair."""

    secret: pysequoia.Tsk

    @classmethod
    def generate(cls) -> Signer:
        return cls(pysequoia.Tsk.generate("Archive <archive@example.org>"))

    @property
    def certificate(self) -> pysequoia.Cert:
        return self.secret.extract_certificate()

    def clear_sign(self, text: str) -> bytes:
        return pysequoia.sign(self.secret.signer(), text.encode(), mode=pysequoia.SignatureMode.CLEAR)


@dataclass
class ArchiveDirectory:
    """A signed archive in a directory, reached by a ``file:`` URL."""

    root: Path
    signer: Signer

    @property
    def base(self) -> str:
        return self.root.as_uri()

    def write_keyring(self, path: Path) -> Path:
        path.write_bytes(bytes(self.signer.certificate))
        return path

    def publish(
        self,
        suite: str,
        packages: str,
        *,
        by_hash: bool = True,
        date: datetime | None = None,
        lifetime: timedelta | None = None,
        contents: bytes | None = None,
    ) -> Path:
        """Write and sign one suite, with a list of its files if there is one; return the path of its Packages file."""
        date = date or datetime.now(UTC) - timedelta(days=1)
        content = lzma.compress(packages.encode())
        sha256 = hashlib.sha256(content).hexdigest()
        directory = self.root / "dists" / suite / "main" / "binary-amd64"
        target = directory / "by-hash" / "SHA256" / sha256 if by_hash else directory / "Packages.xz"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        lines = [
            "Origin: Test",
            f"Suite: old{suite}",
            f"Codename: {suite}",
            f"Date: {format_datetime(date, usegmt=True)}",
            *([f"Valid-Until: {format_datetime(date + lifetime, usegmt=True)}"] if lifetime else []),
            "Acquire-By-Hash: yes",
            "SHA256:",
            f" {sha256} {len(content)} main/binary-amd64/Packages.xz",
        ]
        if contents is not None:
            lists = self.root / "dists" / suite / "main" / "Contents-amd64.gz"
            lists.write_bytes(contents)
            lines.append(f" {hashlib.sha256(contents).hexdigest()} {len(contents)} main/{lists.name}")
        (self.root / "dists" / suite / "InRelease").write_bytes(self.signer.clear_sign("\n".join(lines) + "\n"))
        return target


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer.generate()


@pytest.fixture(scope="session")
def stranger() -> Signer:
    return Signer.generate()


@pytest.fixture
def archive_directory(tmp_path: Path, signer: Signer) -> ArchiveDirectory:
    return ArchiveDirectory(tmp_path / "archive", signer)
