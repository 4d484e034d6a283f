"""Which token servers get credentials: those that belong to the registry, and those that the user names.

A registry says in its challenge where tokens come from (Docker registry token specification). Whoever can answer in
its place can say so too, and a password that went to a stranger is lost. So the server must speak TLS wherever the
registry does, and its host must be the registry's own, lie below it, or share the registry's parent domain:
``auth.docker.io`` for ``registry-1.docker.io``, ``gitlab.com`` for ``registry.gitlab.com``.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from nautiloid.errors import quotable
from nautiloid.registry.errors import RegistryError

# Below these, as in ``example.co.uk``, the parent of a name belongs to everybody.
_SHARED = frozenset({"ac", "co", "com", "edu", "gob", "gov", "gv", "ne", "net", "nom", "or", "org"})
_COUNTRY = 2  # letters


def check_token_server(realm: str, base: str, vouched: Collection[str] = ()) -> None:
    """Refuse a token server that must not see credentials.

    Args:
        realm: Its URL, as the registry's challenge has it.
        base: The registry's own URL.
        vouched: Host names that the user trusts with the registry's credentials.

    Raises:
        RegistryError: It speaks no TLS although the registry does, or it is a stranger.
    """
    try:
        server = urlsplit(realm)
    except ValueError as error:
        raise RegistryError(
            f"The registry sends us to {quotable(realm)!r} for a token, which is no URL: your credentials stay here.",
            "Ask whoever runs the registry to name an https URL.",
        ) from error
    registry = urlsplit(base)
    host, own = (server.hostname or "").lower(), (registry.hostname or "").lower()
    if server.scheme not in ("https", registry.scheme):
        raise RegistryError(
            f"The registry {own} sends us to {quotable(realm)} for a token, which speaks no TLS: your credentials "
            "stay here.",
            "Ask whoever runs the registry to name an https URL.",
        )
    if host in vouched or _belong_together(host, own):
        return
    raise RegistryError(
        f"The registry {own} sends us to {quotable(host or realm)} for a token, which is no host of its own: your "
        "credentials stay here.",
        f"If you trust it with them: NAUTILOID_TOKEN_SERVERS={quotable(host)} (several with commas between them).",
    )


def _belong_together(host: str, registry: str) -> bool:
    if host == registry or host.endswith(f".{registry}"):
        return bool(host)
    parent = registry.partition(".")[2]
    return _is_owned(parent) and (host == parent or host.endswith(f".{parent}"))


def _is_owned(domain: str) -> bool:
    """Tell whether a domain may belong to one owner: it has two labels, and is none that a country shares out."""
    labels = domain.split(".")
    if len(labels) < 2 or domain.replace(".", "").isdigit():
        return False
    return not (len(labels) == 2 and labels[0] in _SHARED and len(labels[1]) == _COUNTRY)
