"""Names of images in registries, by Docker's rules.

``pytorch`` means ``docker.io/library/pytorch:latest``; the first step is a registry when it holds a dot or a colon, or
is ``localhost``. Grammar: the distribution project's ``reference`` package.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from nautiloid.errors import UsageError
from nautiloid.oci.digest import is_digest

_DOCKER_HUB = "docker.io"
_HUB_HOST = "registry-1.docker.io"
_REGISTRY = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]+)?")
_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True)
class RemoteName:
    """An image in a registry.

    Attributes:
        registry: Host, and port if it is not the usual one.
        repository: Path of the repository.
        tag: Empty when only a digest was given.
        digest: Empty when only a tag was given; it wins over a tag.
    """

    registry: str
    repository: str
    tag: str
    digest: str = ""

    @property
    def host(self) -> str:
        """Whom to talk to: Docker Hub answers under another name."""
        return _HUB_HOST if self.registry == _DOCKER_HUB else self.registry

    @property
    def reference(self) -> str:
        """What a manifest is asked for by."""
        return self.digest or self.tag

    @property
    def is_local(self) -> bool:
        """Whether the registry is this machine."""
        host = self.registry.rpartition(":")[0] or self.registry
        try:
            return ipaddress.ip_address(host.strip("[]")).is_loopback
        except ValueError:
            return host == "localhost"

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.registry}/{self.repository}{tag}{digest}"


def is_tag(text: str) -> bool:
    """Tell whether a text can be a tag."""
    return _TAG.fullmatch(text) is not None


def parse_remote_name(text: str) -> RemoteName:
    """Read what a user typed; ``docker://`` before it is allowed.

    Raises:
        UsageError: It is not the name of an image in a registry.
    """
    rest, at, digest = text.removeprefix("docker://").partition("@")
    first, slash, remainder = rest.partition("/")
    has_registry = bool(slash) and ("." in first or ":" in first or first == "localhost")
    registry, path = (first, remainder) if has_registry else (_DOCKER_HUB, rest)
    repository, colon, tag = path.partition(":")
    if registry in (_DOCKER_HUB, "index.docker.io"):
        registry = _DOCKER_HUB
        repository = repository if "/" in repository else f"library/{repository}"
    known_form = _REGISTRY.fullmatch(registry) and _REPOSITORY.fullmatch(repository)
    if not known_form or (colon and not _TAG.fullmatch(tag)) or (at and not is_digest(digest)):
        raise UsageError(
            f"{text!r} is not the name of an image in a registry.",
            "Write it like registry.example.com/team/pytorch:1.0 or localhost:5000/pytorch.",
        )
    return RemoteName(registry, repository, tag or ("" if digest else "latest"), digest)
