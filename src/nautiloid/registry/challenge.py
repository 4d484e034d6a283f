"""How a registry asks who we are: ``WWW-Authenticate`` (RFC 9110, section 11.6.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SCHEME = re.compile(r"\s*([A-Za-z0-9-]+)\s+(.*)", re.DOTALL)
_PARAMETER = re.compile(r'(?<![A-Za-z0-9_-])([A-Za-z0-9_-]++)\s*+=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


@dataclass(frozen=True)
class Challenge:
    """What a registry wants to see.

    Attributes:
        scheme: ``basic`` or ``bearer``, in lower case.
        realm: For bearer: the address of the token server.
        service: What to tell it we want to talk to.
        scope: What to ask it for; may hold several, with spaces between them.
    """

    scheme: str
    realm: str = ""
    service: str = ""
    scope: str = ""


def parse_challenge(header: str) -> Challenge | None:
    """Read the header; None when it names no scheme that we know."""
    match = _SCHEME.fullmatch(header) if header.strip() else None
    scheme = (match[1] if match else header.strip()).lower()
    if scheme not in ("basic", "bearer"):
        return None
    found = {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) if quoted else plain
        for name, quoted, plain in _PARAMETER.findall(match[2] if match else "")
    }
    return Challenge(scheme, found.get("realm", ""), found.get("service", ""), found.get("scope", ""))
