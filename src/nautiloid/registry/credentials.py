"""Credentials for registries, from where Docker and Podman keep them.

Formats: Docker's ``config.json`` (``auths``, ``credHelpers``, ``credsStore``), containers-auth.json(5), and the
protocol of ``docker-credential-*`` programs. Nothing here is ever printed: neither ``repr`` nor any error holds a
secret.
"""

from __future__ import annotations

import base64
import binascii
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nautiloid import bounds
from nautiloid.documents.strict_json import loads_bounded
from nautiloid.errors import UsageError
from nautiloid.programs import announced
from nautiloid.registry.errors import RegistryError
from nautiloid.regular_file import read_regular

_HUB_KEY = "https://index.docker.io/v1/"
_TOKEN_USER = "<token>"  # noqa: S105 - how a helper says that the secret is an identity token
_HELPER_SECONDS = 30


@dataclass(frozen=True)
class Credentials:
    """A user name and password, or an identity token to be exchanged for short-lived ones."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)


def find_credentials(registry: str, files: tuple[Path, ...] | None = None) -> Credentials | None:
    """Look for the credentials of a registry; None when there are none.

    Args:
        registry: Host and port, or ``docker.io``.
        files: Where to look, in order; by default where Podman and Docker do.

    Raises:
        RegistryError: A file cannot be read, or a credential helper fails.
    """
    for path in config_files() if files is None else files:
        config = _read(path)
        for key in _keys(registry):
            helper = _mapping(config, "credHelpers").get(key) or config.get("credsStore")
            if helper and (found := _ask_helper(str(helper), key)):
                return found
            entry = _mapping(config, "auths").get(key)
            if isinstance(entry, dict) and (found := _from_entry(entry, path)):
                return found
    return None


def config_files() -> tuple[Path, ...]:
    """Return the files that may hold credentials, the most specific first."""
    return tuple(_config_files())


def _config_files() -> Iterator[Path]:
    if named := os.environ.get("REGISTRY_AUTH_FILE"):
        yield Path(named)
    yield Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "config.json"
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        yield Path(runtime) / "containers/auth.json"
    yield Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "containers/auth.json"


def _keys(registry: str) -> tuple[str, ...]:
    if registry == "docker.io":
        return (_HUB_KEY, "docker.io", "index.docker.io")
    return (registry, f"https://{registry}", f"https://{registry}/v1/", f"https://{registry}/v2/")


def _read(path: Path) -> Mapping[str, Any]:
    try:
        config = loads_bounded(read_regular(path, bounds.WRITTEN_BY_HAND))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return {}
    except UsageError as error:
        raise RegistryError(error.message, "Mend it, or log in again.") from error
    except (OSError, ValueError) as error:
        raise RegistryError(f"{path} cannot be read: {error}", "Mend it, or log in again.") from error
    return config if isinstance(config, dict) else {}


def _mapping(config: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = config.get(key)
    return value if isinstance(value, dict) else {}


def _from_entry(entry: Mapping[str, Any], path: Path) -> Credentials | None:
    token = str(entry.get("identitytoken") or "")
    encoded = entry.get("auth")
    if encoded:
        try:
            username, _, password = base64.b64decode(str(encoded), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise RegistryError(f"{path} holds an 'auth' that is not base64.", "Log in again.") from error
        return Credentials(username, password.rstrip("\0"), token)
    if entry.get("username"):
        return Credentials(str(entry["username"]), str(entry.get("password") or ""), token)
    return Credentials(identity_token=token) if token else None


def _ask_helper(helper: str, key: str) -> Credentials | None:
    if "/" in helper:
        raise RegistryError(f"The credential helper {helper!r} is not a plain name.", "Mend Docker's config.json.")
    program = f"docker-credential-{helper}"
    try:
        done = subprocess.run(
            announced([program, "get"]),
            input=key,
            capture_output=True,
            text=True,
            check=False,
            timeout=_HELPER_SECONDS,
        )
    except FileNotFoundError as error:
        raise RegistryError(
            f"Docker's configuration names the credential helper {program}, which is not installed.",
            "Install it, or take it out of Docker's config.json.",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise RegistryError(f"{program} did not answer in {_HELPER_SECONDS} s.") from error
    if done.returncode:
        if "not found" in (done.stdout + done.stderr).lower():
            return None
        raise RegistryError(f"{program} failed with {done.returncode}.", "Try it by hand, or log in again.")
    try:
        answer = loads_bounded(done.stdout)
    except ValueError as error:
        raise RegistryError(f"{program} did not answer with JSON.") from error
    if not isinstance(answer, dict):
        raise RegistryError(f"{program} did not answer with a JSON object.")
    username, secret = str(answer.get("Username") or ""), str(answer.get("Secret") or "")
    return Credentials(identity_token=secret) if username == _TOKEN_USER else Credentials(username, secret)
