from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from nautiloid.debian.mirrors import debian_mirrors, read_apt_sources, snapshot_base

AT = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_overrides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NAUTILOID_DEBIAN_MIRROR", raising=False)
    monkeypatch.delenv("NAUTILOID_DEBIAN_SECURITY_MIRROR", raising=False)
    monkeypatch.setenv("NAUTILOID_SNAPSHOT", "http://snapshot.example/archive/")


@pytest.fixture
def apt(tmp_path: Path) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def mirrors(apt: Path, archive: str = "debian", override: str | None = None) -> list[str]:
    *found, snapshot = debian_mirrors(archive, override, at=AT, apt=apt)
    assert snapshot == f"http://snapshot.example/archive/{archive}/20250101T000000Z"
    return found


def test_one_line_sources(apt: Path) -> None:
    (apt / "sources.list").write_text(
        "# deb http://commented.example/debian bookworm main\n"
        "deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg] http://one.example/debian/ bookworm main contrib # why\n"
        "deb-src http://source.example/debian bookworm main\n"
        "deb http://security.example/debian-security bookworm-security main\n"
        "deb http://one.example/debian/ bookworm-updates main\n"
        "deb cdrom:[Debian 12]/ bookworm main\n"
    )
    assert mirrors(apt) == ["http://one.example/debian"]
    assert mirrors(apt, "debian-security") == ["http://security.example/debian-security"]


def test_deb822_sources(apt: Path) -> None:
    (apt / "sources.list.d" / "debian.sources").write_text(
        "Types: deb deb-src\n# a comment inside\nURIs: http://one.example/debian https://two.example/debian\n"
        "Suites: bookworm bookworm-updates\nComponents: main\nSigned-By: /k.gpg\n\n"
        "Types: deb\nURIs: http://off.example/debian\nSuites: bookworm\nComponents: main\nEnabled: no\n\n"
        "Types: deb-src\nURIs: http://source.example/debian\nSuites: bookworm\nComponents: main\n\n"
        "Types: deb\nURIs: http://sec.example/debian-security\nSuites: bookworm-security\nComponents: main\n"
    )
    assert mirrors(apt) == ["http://one.example/debian", "https://two.example/debian"]
    assert mirrors(apt, "debian-security") == ["http://sec.example/debian-security"]


def test_a_local_mirror_list(apt: Path) -> None:
    (apt / "mirrors.txt").write_text("http://one.example/debian\tpriority:1\n# no\n\nfile:///srv/debian\n")
    (apt / "sources.list").write_text(
        f"deb mirror+file:{apt}/mirrors.txt bookworm main\ndeb mirror+file:{apt}/absent.txt bookworm main\n"
    )
    assert mirrors(apt) == ["http://one.example/debian", "file:///srv/debian"]


def test_other_archives_are_not_debian(apt: Path) -> None:
    (apt / "sources.list").write_text(
        "deb http://ubuntu.example/ubuntu jammy main universe\n"
        "deb http://ubuntu.example/ubuntu jammy-security main\n"
        "deb https://vendor.example/linux/debian bookworm stable\n"
        "deb https://vendor.example/node nodistro main\n"
    )
    assert mirrors(apt) == mirrors(apt, "debian-security") == []


def test_a_path_that_says_debian_is_believed_before_one_that_does_not(apt: Path) -> None:
    (apt / "sources.list").write_text(
        "deb https://vendor.example/apt bookworm main\ndeb http://one.example/debian bookworm main\n"
    )
    assert mirrors(apt) == ["http://one.example/debian"]
    (apt / "sources.list").write_text("deb https://proxy.example/deb-remote bookworm main\n")
    assert mirrors(apt) == ["https://proxy.example/deb-remote"]


def test_the_users_word_comes_before_apts(apt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (apt / "sources.list").write_text("deb http://one.example/debian bookworm main\n")
    monkeypatch.setenv("NAUTILOID_DEBIAN_MIRROR", "http://env.example/debian/")
    assert mirrors(apt) == ["http://env.example/debian"]
    assert mirrors(apt, override="http://said.example/debian") == ["http://said.example/debian"]
    assert mirrors(apt, "debian-security") == []


def test_a_host_without_apt_has_the_snapshot_service_alone(tmp_path: Path) -> None:
    assert mirrors(tmp_path / "no-apt") == []


def test_broken_sources_are_passed_over(apt: Path) -> None:
    (apt / "sources.list").write_bytes(
        b"deb\ndeb http://x\ndeb [unclosed http://x bookworm main\ndeb 'quote http://x/debian sid main\n\xff\n"
    )
    (apt / "sources.list.d" / "bad.sources").write_text("this is not deb822")
    (apt / "sources.list.d" / "ignored.list.save").write_text("deb http://saved.example/debian bookworm main")
    assert all("saved" not in source.uri for source in read_apt_sources(apt))


def test_the_snapshot_service_counts_in_utc() -> None:
    noon_in_tokyo = datetime.fromisoformat("2025-01-01T12:00:00+09:00")
    assert snapshot_base("debian", noon_in_tokyo).endswith("/debian/20250101T030000Z")
