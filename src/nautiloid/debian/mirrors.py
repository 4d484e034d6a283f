"""Where Debian packages come from: what the user said, what apt uses here, Debian's snapshot service.

No mirror's name is written here. Format of apt's sources: sources.list(5), of mirror lists:
apt-transport-mirror(1).
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from nautiloid.debian.control import parse_stanzas
from nautiloid.errors import NautiloidError

ARCHIVES = ("debian", "debian-security")

# The upstream archive of every state that Debian ever published: a service of its own, not a mirror.
SNAPSHOT_SERVICE = "https://snapshot.debian.org/archive"

_OVERRIDES = {"debian": "NAUTILOID_DEBIAN_MIRROR", "debian-security": "NAUTILOID_DEBIAN_SECURITY_MIRROR"}
_RELEASES = (
    "stretch|buster|bullseye|bookworm|trixie|forky|duke|sid|oldoldstable|oldstable|stable|testing|unstable|experimental"
)
_MAIN_SUITE = re.compile(rf"(?:{_RELEASES})(?:-updates|-backports|-proposed-updates)?")
_SECURITY_SUITE = re.compile(rf"(?:{_RELEASES})(?:-security|/updates)")
_ONE_LINE = re.compile(r"deb\s+(?:\[[^\]]*\]\s+)?(?P<rest>.+)")


@dataclass(frozen=True)
class AptSource:
    """One enabled source of binary packages: a base URI, a suite and its components."""

    uri: str
    suite: str
    components: tuple[str, ...]


@dataclass(frozen=True)
class Mirrors:
    """The user's own choice of Debian mirrors; None leaves it to the host's configuration."""

    debian: str | None = None
    security: str | None = None

    def of(self, archive: str, at: datetime | None = None) -> tuple[str, ...]:
        """Return the base URLs to ask for an archive, best first."""
        override = {"debian": self.debian, "debian-security": self.security}.get(archive)
        return debian_mirrors(archive, override, at=at)


def debian_mirrors(
    archive: str = "debian",
    override: str | None = None,
    *,
    at: datetime | None = None,
    apt: Path = Path("/etc/apt"),
) -> tuple[str, ...]:
    """Return the base URLs to ask for an archive, best first.

    An explicit choice comes alone but for the snapshot service, which is always last.

    Args:
        archive: ``debian`` or ``debian-security``.
        override: The user's own choice; else ``NAUTILOID_DEBIAN_MIRROR`` or
            ``NAUTILOID_DEBIAN_SECURITY_MIRROR``.
        at: The moment whose state the snapshot service shall give; the present when None.
        apt: apt's configuration directory.
    """
    chosen = override or os.environ.get(_OVERRIDES[archive])
    bases = (chosen,) if chosen else _recognised(archive, read_apt_sources(apt))
    return (*(base.rstrip("/") for base in bases), snapshot_base(archive, at))


def snapshot_base(archive: str, at: datetime | None = None) -> str:
    """Return the snapshot service's base URL for an archive as it was at a moment (UTC)."""
    service = os.environ.get("NAUTILOID_SNAPSHOT") or SNAPSHOT_SERVICE
    moment = (at or datetime.now(UTC)).astimezone(UTC)
    return f"{service.rstrip('/')}/{archive}/{moment:%Y%m%dT%H%M%SZ}"


def read_apt_sources(apt: Path = Path("/etc/apt")) -> tuple[AptSource, ...]:
    """Read apt's enabled binary sources, in apt's order; what cannot be understood is passed over."""
    main, parts = apt / "sources.list", apt / "sources.list.d"
    found = [main] if main.is_file() else []
    if parts.is_dir():
        found += sorted(path for path in parts.iterdir() if path.suffix in (".list", ".sources"))
    sources: dict[AptSource, None] = {}
    for path in found:
        try:
            text = path.read_text(errors="replace")
        except OSError:
            continue
        read = _deb822_sources if path.suffix == ".sources" else _one_line_sources
        sources |= dict.fromkeys(read(text))
    return tuple(sources)


def _one_line_sources(text: str) -> Iterator[AptSource]:
    for line in text.splitlines():
        match = _ONE_LINE.fullmatch(line.split("#", 1)[0].strip())
        if match is None:
            continue
        uri, *rest = shlex.split(match["rest"]) if "'" not in match["rest"] else match["rest"].split()
        if rest:
            yield from _expanded(uri, rest[0], tuple(rest[1:]))


def _deb822_sources(text: str) -> Iterator[AptSource]:
    try:
        stanzas = list(parse_stanzas(text))
    except NautiloidError:
        return  # apt will say so itself; we have other ways to find a mirror
    for stanza in stanzas:
        disabled = stanza.get("Enabled", "yes").strip().lower() in (
            "no",
            "false",
            "without",
            "off",
            "disable",
        )
        if disabled or "deb" not in stanza.get("Types", "").split():
            continue
        components = tuple(stanza.get("Components", "").split())
        for uri in stanza.get("URIs", "").split():
            for suite in stanza.get("Suites", "").split():
                yield from _expanded(uri, suite, components)


def _expanded(uri: str, suite: str, components: tuple[str, ...]) -> Iterator[AptSource]:
    """Resolve a local mirror list; pass over transports that are not ours to speak (cdrom, tor, ssh ...)."""
    scheme, _, rest = uri.partition(":")
    if scheme == "mirror+file":
        for mirror in _mirror_list(Path(url2pathname(urlsplit(f"file:{rest}").path))):
            yield from _expanded(mirror, suite, components)
    elif scheme == "copy":
        yield AptSource(f"file:{rest}", suite, components)
    elif scheme in ("http", "https", "file"):
        yield AptSource(uri, suite, components)


def _mirror_list(path: Path) -> list[str]:
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return []
    uris = [line.split("#", 1)[0].split() for line in lines]
    return [fields[0] for fields in uris if fields and not fields[0].startswith("mirror")]


def _recognised(archive: str, sources: tuple[AptSource, ...]) -> tuple[str, ...]:
    """Pick the base URIs that carry an archive.

    Other vendors also name their suites after Debian's releases, so a URI that says ``debian`` in its path is
    believed first, and others only where no URI does. A wrong guess costs one refused request: nothing
    unsigned is ever used.
    """
    pattern = _SECURITY_SUITE if archive == "debian-security" else _MAIN_SUITE
    carrying = dict.fromkeys(
        source.uri for source in sources if pattern.fullmatch(source.suite) and "main" in source.components
    )
    named = [uri for uri in carrying if set(urlsplit(uri).path.split("/")) & set(ARCHIVES)]
    return tuple(named or carrying)
