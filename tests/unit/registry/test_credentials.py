from __future__ import annotations

import base64
import json
import os
import stat
from pathlib import Path

import pytest

from nautiloid.registry.credentials import Credentials, config_files, find_credentials
from nautiloid.registry.errors import RegistryError

SECRET = "s3cret:with:colons"


def _config(folder: Path, **content: object) -> tuple[Path, ...]:
    path = folder / "config.json"
    path.write_text(json.dumps(content))
    return (path,)


def _auth(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def test_docker_and_podman_logins_are_found(tmp_path: Path) -> None:
    files = _config(
        tmp_path,
        auths={
            "r.io": {"auth": _auth("me", SECRET)},
            "https://index.docker.io/v1/": {"auth": _auth("hub", "x")},
            "plain.io": {"username": "you", "password": "y"},
            "token.io": {"identitytoken": "t0ken"},
        },
    )
    assert find_credentials("r.io", files) == Credentials("me", SECRET)
    assert find_credentials("docker.io", files) == Credentials("hub", "x")
    assert find_credentials("plain.io", files) == Credentials("you", "y")
    assert find_credentials("token.io", files) == Credentials(identity_token="t0ken")
    assert find_credentials("other.io", files) is None
    assert find_credentials("r.io", (tmp_path / "absent.json",)) is None


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    found = find_credentials("r.io", _config(tmp_path, auths={"r.io": {"auth": _auth("me", SECRET)}}))
    assert SECRET not in repr(found)


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A real program that speaks the protocol of credential helpers."""
    program = tmp_path / "docker-credential-vault"
    program.write_text(
        "#!/bin/sh\nread server\n"
        'case "$server" in\n'
        '  user.io) echo \'{"Username": "u", "Secret": "s"}\';;\n'
        '  token.io) echo \'{"Username": "<token>", "Secret": "t"}\';;\n'
        "  broken.io) echo nonsense;;\n"
        '  *) echo "credentials not found in native keychain"; exit 1;;\n'
        "esac\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return program


def test_credential_helpers_are_asked(helper: Path, tmp_path: Path) -> None:
    store = _config(tmp_path, credsStore="vault", auths={"file.io": {"auth": _auth("f", "g")}})
    assert find_credentials("user.io", store) == Credentials("u", "s")
    assert find_credentials("token.io", store) == Credentials(identity_token="t")
    assert find_credentials("file.io", store) == Credentials("f", "g")
    assert find_credentials("nowhere.io", store) is None
    with pytest.raises(RegistryError, match="JSON"):
        find_credentials("broken.io", store)
    only = _config(tmp_path, credHelpers={"user.io": "vault"})
    assert find_credentials("user.io", only) == Credentials("u", "s")
    assert find_credentials("token.io", only) is None


@pytest.mark.parametrize("name", ["absent-helper", "../evil"])
def test_a_helper_that_cannot_be_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(RegistryError, match="helper"):
        find_credentials("r.io", _config(tmp_path, credsStore=name))


@pytest.mark.parametrize("text", ["{", '{"auths": {"r.io": {"auth": "%%%"}}}'])
def test_a_broken_file_is_named_without_its_content(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(RegistryError, match=r"config\.json") as caught:
        find_credentials("r.io", (tmp_path / "config.json",))
    assert "%%%" not in str(caught.value)


def test_where_credentials_are_looked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REGISTRY_AUTH_FILE", "/a/auth.json")
    monkeypatch.setenv("DOCKER_CONFIG", "/b")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/c")
    assert [str(path) for path in config_files()[:3]] == ["/a/auth.json", "/b/config.json", "/c/containers/auth.json"]
