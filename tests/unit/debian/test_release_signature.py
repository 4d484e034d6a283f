from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pysequoia
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautiloid.debian.release import IndexFile, Keyring, Release, verify_release
from nautiloid.errors import IntegrityError, NautiloidError

HASH = "a" * 64
TEXT = f"""Origin: Debian
Suite: oldstable
Codename: bookworm
Date: Sat, 11 Jul 2026 10:16:37 UTC
Acquire-By-Hash: yes
MD5Sum:
 0ed6d4c8891eb86358b94bb35d9e4da4 12 main/binary-amd64/Packages.xz
SHA256:
 {HASH}  1484322 main/binary-amd64/Packages.xz
 {"b" * 64} 7 main/binary-amd64/Packages.gz
"""
MOMENT = datetime(2026, 7, 12, tzinfo=UTC)


@pytest.fixture
def keyring(signer: Any) -> Keyring:
    return Keyring((signer.certificate,))


def verify(message: bytes, keyring: Keyring, suite: str = "bookworm", now: datetime = MOMENT) -> Release:
    return verify_release(message, suite=suite, keyring=keyring, now=now)


def test_a_signed_release_is_read(signer: Any, keyring: Keyring) -> None:
    message = signer.clear_sign(TEXT)
    release = verify(message, keyring)
    assert (release.origin, release.suite, release.codename) == ("Debian", "oldstable", "bookworm")
    assert release.date == datetime(2026, 7, 11, 10, 16, 37, tzinfo=UTC)
    assert release.valid_until is None
    assert release.acquire_by_hash
    assert release.files["main/binary-amd64/Packages.xz"] == IndexFile(1484322, HASH)
    assert len(release.files) == 2
    assert release.sha256 == hashlib.sha256(message).hexdigest()
    assert release.signed_by == (signer.certificate.fingerprint,)
    assert verify(message, keyring, suite="oldstable") == release


def test_one_known_signer_among_several_is_enough(signer: Any, stranger: Any, keyring: Keyring) -> None:
    message = signer.clear_sign(TEXT).decode()
    other = re.search(r"-----BEGIN PGP SIGNATURE-----.*", stranger.clear_sign(TEXT).decode(), re.DOTALL)
    assert other is not None
    ours = message[message.index("-----BEGIN PGP SIGNATURE") :]
    packets = bytes(pysequoia.Sig.from_bytes(other[0].encode())) + bytes(pysequoia.Sig.from_bytes(ours.encode()))
    armoured = pysequoia.armor(packets, pysequoia.ArmorKind.Signature)
    both = message[: message.index("-----BEGIN PGP SIGNATURE")] + armoured
    assert verify(both.encode(), keyring).signed_by == (signer.certificate.fingerprint,)
    everybody = Keyring((signer.certificate, stranger.certificate))
    assert len(verify(both.encode(), everybody).signed_by) == 2


def test_a_stranger_is_not_believed(stranger: Any, keyring: Keyring) -> None:
    with pytest.raises(IntegrityError, match="signature is not good") as caught:
        verify(stranger.clear_sign(TEXT), keyring)
    assert "backtrace" not in str(caught.value)


@given(st.data())
def test_no_signed_byte_can_be_changed(signer: Any, data: st.DataObject) -> None:
    keyring = Keyring((signer.certificate,))
    message = bytearray(signer.clear_sign(TEXT))
    start = message.index(b"Origin:")
    end = message.index(b"SHA256:\n", start) + len(TEXT) - TEXT.index("SHA256:") - 1
    place = data.draw(st.integers(start, end - 1))
    # Trailing white space of a line is not signed (RFC 9580, 7.2) and means nothing in a Release.
    message[place] = data.draw(st.integers(33, 126).filter(lambda byte: byte != message[place]))
    with pytest.raises(NautiloidError):
        verify(bytes(message), keyring)


def test_what_stands_outside_the_signature_is_not_read(signer: Any, keyring: Keyring) -> None:
    message = b"Codename: trixie\n\n" + signer.clear_sign(TEXT) + b"\nCodename: trixie\n"
    assert verify(message, keyring).codename == "bookworm"
    with pytest.raises(IntegrityError):
        verify(message, keyring, suite="trixie")


@pytest.mark.parametrize("message", [b"", b"Origin: Debian\n", TEXT.encode(), b"-----BEGIN PGP SIGNED MESSAGE-----\n"])
def test_an_unsigned_release_is_refused(message: bytes, keyring: Keyring) -> None:
    with pytest.raises(IntegrityError):
        verify(message, keyring)


def test_a_truncated_release_is_refused(signer: Any, keyring: Keyring) -> None:
    message = signer.clear_sign(TEXT)
    with pytest.raises(IntegrityError):
        verify(message[: len(message) // 2], keyring)


def test_an_expired_key_is_not_believed(signer: Any) -> None:
    # Just past, but not before the key was made, however long after the import of this module that was.
    just_now = datetime.now(UTC) - timedelta(seconds=1)
    expired = signer.certificate.set_expiration(just_now, signer.secret.certifier())
    with pytest.raises(IntegrityError):
        verify(signer.clear_sign(TEXT), Keyring((expired,)))


def test_a_revoked_key_is_not_believed(signer: Any) -> None:
    revocation = signer.certificate.revoke(signer.secret.certifier())
    revoked = pysequoia.Cert.from_bytes(bytes(signer.certificate) + bytes(revocation))
    assert revoked.is_revoked
    with pytest.raises(IntegrityError):
        verify(signer.clear_sign(TEXT), Keyring((revoked,)))


def test_time_limits(signer: Any, keyring: Keyring) -> None:
    message = signer.clear_sign(TEXT.replace("Acquire", "Valid-Until: Sat, 18 Jul 2026 10:16:37 UTC\nAcquire"))
    assert verify(message, keyring).valid_until == datetime(2026, 7, 18, 10, 16, 37, tzinfo=UTC)
    with pytest.raises(IntegrityError, match="expired on 2026-07-18"):
        verify(message, keyring, now=datetime(2026, 7, 19, tzinfo=UTC))
    assert verify(message, keyring, now=datetime(2026, 7, 11, 10, 0, tzinfo=UTC))
    with pytest.raises(IntegrityError, match="in the future"):
        verify(message, keyring, now=datetime(2026, 7, 11, 8, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Date: Sat, 11 Jul 2026 10:16:37 UTC\n", ""),
        ("Sat, 11 Jul 2026", "someday"),
        ("1484322", "many"),
        ("Origin", " x"),
    ],
)
def test_a_signed_text_that_is_no_release_is_refused(signer: Any, keyring: Keyring, old: str, new: str) -> None:
    with pytest.raises(NautiloidError):
        verify(signer.clear_sign(TEXT.replace(old, new)), keyring)


def test_the_shipped_keys_are_those_of_the_readme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NAUTILOID_DEBIAN_KEYRING", raising=False)
    readme = (files("nautiloid.debian") / "keys" / "README.md").read_text()
    listed = {spaced.replace(" ", "").lower() for spaced in re.findall(r"(?:[0-9A-F]{4} ){9}[0-9A-F]{4}", readme)}
    shipped = Keyring.default().certificates
    assert {certificate.fingerprint for certificate in shipped} == listed
    assert len(shipped) == 6
    assert all(f"| {certificate.expiration:%Y-%m-%d} |" in readme for certificate in shipped if certificate.expiration)


def test_the_shipped_keys_are_those_of_this_debian() -> None:
    installed = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    if not installed.is_file():
        pytest.skip("debian-archive-keyring is not installed here")
    known = {certificate.fingerprint for certificate in Keyring.read(installed).certificates}
    ours = {certificate.fingerprint for certificate in Keyring.default().certificates}
    trixie = "41587f7db8c774bccf131416762f67a0b2c39de4"
    if trixie not in known:
        pytest.skip("this machine's debian-archive-keyring is older than trixie")
    assert known >= ours


def test_the_environment_names_another_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signer: Any) -> None:
    path = tmp_path / "keyring.gpg"
    path.write_bytes(bytes(signer.certificate))
    monkeypatch.setenv("NAUTILOID_DEBIAN_KEYRING", str(path))
    assert [certificate.fingerprint for certificate in Keyring.default().certificates] == [
        signer.certificate.fingerprint
    ]
    path.write_bytes(b"no keys at all")
    with pytest.raises(NautiloidError, match=r"keyring\.gpg"):
        Keyring.default()
    monkeypatch.setenv("NAUTILOID_DEBIAN_KEYRING", str(tmp_path / "absent"))
    with pytest.raises(NautiloidError, match="absent"):
        Keyring.default()
