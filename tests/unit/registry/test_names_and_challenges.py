from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautiloid.errors import UsageError
from nautiloid.registry.challenge import Challenge, parse_challenge
from nautiloid.registry.name import RemoteName, parse_remote_name

DIGEST = f"sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("text", "name", "host"),
    [
        ("pytorch", RemoteName("docker.io", "library/pytorch", "latest"), "registry-1.docker.io"),
        ("team/app:1.0", RemoteName("docker.io", "team/app", "1.0"), "registry-1.docker.io"),
        ("index.docker.io/team/app", RemoteName("docker.io", "team/app", "latest"), "registry-1.docker.io"),
        ("localhost/app", RemoteName("localhost", "app", "latest"), "localhost"),
        ("localhost:5000/a/b:x", RemoteName("localhost:5000", "a/b", "x"), "localhost:5000"),
        ("docker://ghcr.io/a/b", RemoteName("ghcr.io", "a/b", "latest"), "ghcr.io"),
        (f"r.io/a@{DIGEST}", RemoteName("r.io", "a", "", DIGEST), "r.io"),
        (f"r.io/a:1@{DIGEST}", RemoteName("r.io", "a", "1", DIGEST), "r.io"),
        ("[::1]:5000/a", RemoteName("[::1]:5000", "a", "latest"), "[::1]:5000"),
    ],
)
def test_names_follow_dockers_rules(text: str, name: RemoteName, host: str) -> None:
    parsed = parse_remote_name(text)
    assert parsed == name
    assert parsed.host == host
    assert parse_remote_name(str(parsed)) == parsed


@pytest.mark.parametrize(
    "text", ["", "/", "UPPER/case", "a:", "a@", "a@sha256:short", "r.io/", "r.io/../x", "r.io/a b", "-x.io/a", "a:/b:c"]
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_remote_name(text)


@pytest.mark.parametrize(
    ("registry", "local"),
    [
        ("localhost:5000", True),
        ("127.0.0.1:5000", True),
        ("[::1]:5000", True),
        ("r.io", False),
        ("10.0.0.1:5000", False),
    ],
)
def test_this_machine_is_known(registry: str, local: bool) -> None:
    assert RemoteName(registry, "a", "latest").is_local is local


def test_challenges_are_read() -> None:
    header = 'Bearer realm="https://auth.example/token",service="registry",scope="repository:a/b:pull,push"'
    assert parse_challenge(header) == Challenge(
        "bearer", "https://auth.example/token", "registry", "repository:a/b:pull,push"
    )
    assert parse_challenge('Basic realm="Registry \\"1\\""') == Challenge("basic", 'Registry "1"')
    assert parse_challenge("basic") == Challenge("basic")
    assert parse_challenge("") is None
    assert parse_challenge("Negotiate abc") is None


@given(st.text(max_size=200))
def test_no_header_breaks_the_parser(header: str) -> None:
    parse_challenge(header)
