"""Credentials go to a registry's own token server, and to no stranger."""

from __future__ import annotations

import pytest

from nautiloid.registry.errors import RegistryError
from nautiloid.registry.token_server import check_token_server


@pytest.mark.parametrize(
    ("realm", "base"),
    [
        ("https://auth.docker.io/token", "https://registry-1.docker.io"),
        ("https://ghcr.io/token", "https://ghcr.io"),
        ("https://gitlab.com/jwt/auth", "https://registry.gitlab.com"),
        ("https://registry.example.com:5001/auth", "https://registry.example.com:5000"),
        ("https://auth.ghcr.io/token", "https://ghcr.io"),
        ("https://auth.example.co.uk/token", "https://registry.example.co.uk"),
        ("https://AUTH.docker.io/token", "https://registry-1.docker.io"),
        ("http://127.0.0.1:5001/token", "http://127.0.0.1:5000"),
        ("https://127.0.0.1:5001/token", "http://127.0.0.1:5000"),
    ],
)
def test_the_registrys_own_get_credentials(realm: str, base: str) -> None:
    check_token_server(realm, base)


@pytest.mark.parametrize(
    ("realm", "base"),
    [
        ("http://auth.docker.io/token", "https://registry-1.docker.io"),
        ("ftp://ghcr.io/token", "https://ghcr.io"),
        ("https://evil.example/token", "https://ghcr.io"),
        ("https://evil.io/token", "https://ghcr.io"),
        ("https://notghcr.io/token", "https://ghcr.io"),
        ("https://ghcr.io.evil.example/token", "https://ghcr.io"),
        ("https://ghcr.io@evil.example/token", "https://ghcr.io"),
        ("https://evil.co.uk/token", "https://example.co.uk"),
        ("https://evil.com/token", "https://registry.com"),
        ("https://10.0.0.9/token", "https://10.0.0.5:5000"),
        ("https:///token", "https://ghcr.io"),
        ("", "https://ghcr.io"),
    ],
)
def test_strangers_and_eavesdroppers_get_none(realm: str, base: str) -> None:
    with pytest.raises(RegistryError, match="credentials"):
        check_token_server(realm, base)


def test_a_host_that_the_user_names_gets_credentials_but_never_without_tls() -> None:
    check_token_server("https://sso.example.net/token", "https://registry.example.com", {"sso.example.net"})
    with pytest.raises(RegistryError, match="no TLS"):
        check_token_server("http://sso.example.net/token", "https://registry.example.com", {"sso.example.net"})
