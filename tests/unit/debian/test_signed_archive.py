from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nautiloid.debian.archive import Pocket, load_index, pockets
from nautiloid.debian.deb import MemberKind, read_deb
from nautiloid.debian.mirrors import ARCHIVES, debian_mirrors, read_apt_sources
from nautiloid.debian.release import Keyring
from nautiloid.debian.solver import solve
from nautiloid.errors import IntegrityError, NautiloidError
from nautiloid.net.fetch import Download, Fetcher, FetchError
from nautiloid.net.store import Store
from nautiloid.progress import SILENT


def package(version: str) -> str:
    return (
        f"Package: app\nVersion: {version}\nArchitecture: amd64\nFilename: pool/app_{version}_amd64.deb\n"
        f"Size: 1\nSHA256: {'0' * 64}\n"
    )


@pytest.fixture
def fetcher(tmp_path: Path) -> Iterator[Fetcher]:
    with Fetcher(Store(tmp_path / "cache"), SILENT, backoff=0.001) as fetcher:
        yield fetcher


@pytest.fixture
def published(archive_directory: Any) -> Any:
    archive_directory.publish("bookworm", package("1"))
    archive_directory.publish("bookworm-updates", "", by_hash=False)
    archive_directory.publish("bookworm-security", package("1+deb12u1"), lifetime=timedelta(days=7))
    return archive_directory


def load(fetcher: Fetcher, archive: Any, *before: str, now: datetime | None = None) -> Any:
    bases = (*before, archive.base)
    return load_index(
        fetcher=fetcher,
        mirrors={"debian": bases, "debian-security": bases},
        keyring=Keyring((archive.signer.certificate,)),
        now=now,
    )


def test_a_release_and_its_fixes_are_one_index(fetcher: Fetcher, published: Any) -> None:
    index, releases = load(fetcher, published)
    assert [(app.version, app.archive) for app in index.candidates("app")] == [
        ("1+deb12u1", "debian-security"),
        ("1", "debian"),
    ]
    assert [release.codename for release in releases] == [pocket.suite for pocket in pockets("bookworm")]
    for release in releases:
        kept = fetcher.store.get(release.sha256)
        assert kept is not None
        assert kept.read_bytes() == (published.root / "dists" / release.codename / "InRelease").read_bytes()


def test_a_rolling_suite_has_one_pocket() -> None:
    assert pockets("sid") == (Pocket("debian", "sid"),)


def test_a_tampered_index_is_refused(fetcher: Fetcher, published: Any) -> None:
    path = published.publish("bookworm", package("1"), by_hash=False)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    for copy in (path.parent / "by-hash" / "SHA256").iterdir():
        copy.unlink()
    with pytest.raises(FetchError, match="sha256"):
        load(fetcher, published)


def test_a_mirror_that_lies_is_passed_over(fetcher: Fetcher, published: Any, tmp_path: Path, stranger: Any) -> None:
    liar = type(published)(tmp_path / "liar", stranger)
    for pocket in pockets("bookworm"):
        liar.publish(pocket.suite, package("666"))
    index, _ = load(fetcher, published, liar.base, "file:///absent")
    assert index.best("app").version == "1+deb12u1"


def test_without_a_believable_release_the_reason_is_given(fetcher: Fetcher, published: Any) -> None:
    with pytest.raises(IntegrityError, match=r"bookworm-security that can be believed:\n.*expired"):
        load(fetcher, published, now=datetime.now(UTC) + timedelta(days=30))


def test_without_any_mirror_each_failure_is_named(fetcher: Fetcher, archive_directory: Any) -> None:
    with pytest.raises(FetchError, match=re.escape(archive_directory.base)):
        load(fetcher, archive_directory, "file:///absent")


def test_a_component_that_is_not_there_is_named(fetcher: Fetcher, published: Any) -> None:
    with pytest.raises(NautiloidError, match="bookworm has no contrib/binary-amd64"):
        load_index(
            fetcher=fetcher,
            mirrors=dict.fromkeys(ARCHIVES, (published.base,)),
            components=["contrib"],
            keyring=Keyring((published.signer.certificate,)),
        )


@pytest.mark.network
def test_the_python_closure_comes_from_this_hosts_mirror(fetcher: Fetcher) -> None:
    if not any(source.suite == "bookworm" for source in read_apt_sources()):
        pytest.skip("apt's sources on this host name no bookworm mirror")
    mirrors = {archive: debian_mirrors(archive) for archive in ARCHIVES}
    index, releases = load_index("bookworm", "amd64", fetcher=fetcher, mirrors=mirrors)
    assert {release.origin for release in releases} == {"Debian"}
    closure = solve(
        index, ["python3.11-minimal", "libpython3.11-stdlib", "ca-certificates", "tzdata"], ["debconf", "cdebconf"]
    )
    paths = fetcher.fetch_all(
        [Download(p.filename, mirrors[p.archive], p.sha256, p.size, p.name) for p in closure.packages]
    )
    for wanted in closure.packages:
        control = read_deb(paths[wanted.sha256]).control
        assert (control["Package"], control["Version"]) == (wanted.name, wanted.version)
    python = index.best("python3.11-minimal")
    assert python is not None
    members = {member.path: member for member, _ in read_deb(paths[python.sha256]).members()}
    assert members["usr/bin/python3.11"].kind is MemberKind.FILE
