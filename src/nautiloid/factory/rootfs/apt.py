"""What apt needs beside its package, in images that have it: where Debian is, and what maintainer scripts would leave.

Packages that are installed later run their scripts, and these expect what the scripts of the base have written.
"""

from __future__ import annotations

from nautiloid.factory.definition import Debian
from nautiloid.factory.rootfs.content import Literal
from nautiloid.factory.rootfs.system import SYSTEM
from nautiloid.factory.rootfs.tree import Tree

# Debian's own advice for every machine (sources.list(5)); whoever has a mirror mounts a file of their own over it.
_PUBLIC_MIRROR = "http://deb.debian.org"
_SOURCES = """\
Types: deb
URIs: {mirror}/debian
Suites: {suite} {suite}-updates
Components: {components}
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: {mirror}/debian-security
Suites: {suite}-security
Components: {components}
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""


def write_apt_files(tree: Tree, debian: Debian) -> None:
    """Add apt's sources and what other packages' scripts build upon; nothing where there is no apt."""
    if "usr/bin/apt-get" not in tree:
        return
    sources = _SOURCES.format(mirror=_PUBLIC_MIRROR, suite=debian.suite, components=" ".join(debian.components))
    tree.file("etc/apt/sources.list.d/debian.sources", Literal(sources.encode()), SYSTEM)
    _complete_certificates(tree)
    for directory in ("var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/log/apt"):
        tree.directory(directory, SYSTEM)


def _complete_certificates(tree: Tree) -> None:
    """List the trusted certificates: without the list, update-ca-certificates would empty the bundle."""
    home = "usr/share/ca-certificates/"
    names = [entry.path.removeprefix(home) for entry in tree.files() if entry.path.startswith(home)]
    certificates = "".join(f"{name}\n" for name in sorted(names) if name.endswith(".crt"))
    tree.file("etc/ca-certificates.conf", Literal(certificates.encode()), SYSTEM)
