"""Changelogs of Debian packages: which entries are newer, and which CVEs they name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautiloid.debian.changelog import entries_since, parse_changelog
from nautiloid.versions.errors import InvalidVersionError

TEXT = """\
openssl (3.0.17-1~deb12u3) bookworm-security; urgency=medium

  * CVE-2025-9230 (Incorrect bounds check)
    and CVE-2025-9231, again CVE-2025-9230.

 -- A B <a@example.org>  Sat, 27 Sep 2025 10:00:00 +0200

openssl (3.0.17-1~deb12u2) bookworm; urgency=medium

  * Fix a typo; not CVE-12-3 and not XCVE-2025-11111x.

 -- A B <a@example.org>  Sat, 20 Sep 2025 10:00:00 +0200

openssl (not_a_version!) bookworm; urgency=low

  * CVE-2000-0001

openssl (1:1) bookworm; urgency=low

  * CVE-2024-0001

openssl (3.0.15-1) unstable experimental; urgency=high, binary-only=yes

  * CVE-2024-5535
"""


def test_entries_newer_than_a_version_and_their_cves() -> None:
    found = entries_since(TEXT, "3.0.15-1")
    assert [entry.version for entry in found] == ["3.0.17-1~deb12u3", "3.0.17-1~deb12u2", "1:1"]
    assert [entry.cves for entry in found] == [("CVE-2025-9230", "CVE-2025-9231"), (), ("CVE-2024-0001",)]
    assert entries_since(TEXT, "1:1") == ()
    assert len(entries_since(TEXT, "0")) == 4


def test_a_version_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidVersionError):
        entries_since(TEXT, "not a version")


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    list(parse_changelog(text))
    assert [entry.version for entry in parse_changelog(f"{text}\nx (1) y; z\n")][-1] == "1"
