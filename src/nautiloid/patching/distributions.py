"""Where the fixed packages of a distribution come from: its pockets, its mirrors, and who signs them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nautiloid.debian.archive import Pocket, load_index, pockets
from nautiloid.debian.deb import DebFile, read_deb
from nautiloid.debian.index import Package, PackageIndex
from nautiloid.debian.mirrors import Mirrors, read_apt_sources
from nautiloid.debian.release import Keyring
from nautiloid.errors import NautiloidError
from nautiloid.net.fetch import Download, Fetcher
from nautiloid.patching.contents import Contents

UBUNTU_KEYRING = Path("/usr/share/keyrings/ubuntu-archive-keyring.gpg")
_CODENAME = re.compile(r"^VERSION_CODENAME=[\"']?([a-z]+)", re.MULTILINE)
_ARCHITECTURES = {"386": "i386", "arm": "armhf", "ppc64le": "ppc64el"}


@dataclass(frozen=True)
class Upstream:
    """A distribution's archive, as one release of it sees it.

    Attributes:
        suite: Codename of the release.
        components: Areas whose packages an image may hold.
        mirrors: Base URLs by archive.
        keyring: Who signs; None for Debian's own keys.
    """

    suite: str
    pockets: tuple[Pocket, ...]
    components: tuple[str, ...]
    mirrors: Mapping[str, tuple[str, ...]]
    keyring: Keyring | None

    def index(self, architecture: str, fetcher: Fetcher) -> PackageIndex:
        """Return what the archive offers, verified.

        Raises:
            NautiloidError: It cannot be fetched, or is not signed by whom it should be.
        """
        index, _ = load_index(
            self.suite,
            architecture,
            fetcher=fetcher,
            mirrors=self.mirrors,
            components=self.components,
            keyring=self.keyring,
            made_of=self.pockets,
        )
        return index

    def fetch(self, package: Package, fetcher: Fetcher) -> DebFile:
        """Return a package's file.

        Raises:
            NautiloidError: No mirror has it, or it is damaged.
        """
        mirrors = tuple(self.mirrors[package.archive])
        wanted = Download(package.filename, mirrors, package.sha256, package.size, package.name)
        return read_deb(fetcher.fetch_all([wanted], title=f"Fetch {package.name}")[package.sha256])


def upstream_of(contents: Contents, identity: str, mirrors: Mirrors) -> Upstream | None:
    """Return the archive that an image's packages came from; None for what is neither Debian nor Ubuntu.

    Args:
        contents: The image.
        identity: Its distribution's ``ID``.
        mirrors: The user's own choice; for Ubuntu, the first of the two.

    Raises:
        NautiloidError: It is Ubuntu, and there are no mirrors or no keys for it here.
    """
    texts = (
        contents.texts.get(path, b"").decode(errors="replace") for path in ("etc/os-release", "usr/lib/os-release")
    )
    codename = next((match[1] for text in texts if (match := _CODENAME.search(text))), "")
    if not codename or identity not in ("debian", "ubuntu"):
        return None
    if identity == "debian":
        made_of = pockets(codename)
        return Upstream(codename, made_of, ("main",), {one.archive: mirrors.of(one.archive) for one in made_of}, None)
    made_of = tuple(Pocket("ubuntu", f"{codename}{suffix}") for suffix in ("", "-updates", "-security"))
    chosen = mirrors.debian or os.environ.get("NAUTILOID_UBUNTU_MIRROR")
    bases = (chosen.rstrip("/"),) if chosen else _ubuntu_mirrors(codename)
    if not bases:
        raise NautiloidError(
            "no mirror of Ubuntu is known here", "Name one: --mirror http://HOST/ubuntu, or NAUTILOID_UBUNTU_MIRROR."
        )
    keyring = os.environ.get("NAUTILOID_UBUNTU_KEYRING") or UBUNTU_KEYRING
    return Upstream(codename, made_of, ("main", "universe"), {"ubuntu": bases}, Keyring.read(Path(keyring)))


def debian_architecture(architecture: str) -> str:
    """Return Debian's name of a processor that OCI names in Go's words."""
    return _ARCHITECTURES.get(architecture, architecture)


def _ubuntu_mirrors(codename: str) -> tuple[str, ...]:
    found = (source.uri.rstrip("/") for source in read_apt_sources() if source.suite.startswith(codename))
    return tuple(dict.fromkeys(found))
