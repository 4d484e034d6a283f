"""Tell the truth about Debian packages, in one of two forms.

``status.d`` is what distroless images keep and scanners read: a stanza and the checksums of each package. A whole dpkg
database (``status`` and ``info/``; formats: dpkg(1), deb-md5sums(5), dpkg-query's ``--control-path``) lets apt and dpkg
go on from here in an image that has them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from nautiloid.debian.deb import DebFile
from nautiloid.factory.rootfs.content import Literal
from nautiloid.factory.rootfs.system import SYSTEM
from nautiloid.factory.rootfs.tree import Tree

_HOME = "var/lib/dpkg"
_KEPT_ELSEWHERE = frozenset({"control", "md5sums"})


@dataclass(frozen=True)
class InstalledPackage:
    """A package whose files are in the tree.

    Attributes:
        paths: Of its members, as the package has them (before directories were merged), without leading slash.
    """

    name: str
    architecture: str
    deb: DebFile
    paths: tuple[str, ...]

    @property
    def source(self) -> str:
        """The source package that it was built from, by its own word (Debian Policy 5.6.1)."""
        return self.deb.control.get("Source", self.deb.control.get("Package", self.name)).split("(")[0].strip()


def record_as_status_d(tree: Tree, packages: Sequence[InstalledPackage]) -> None:
    """Record each package: its control stanza, and the checksums of those of its files that are still there.

    Args:
        tree: The finished tree, after slimming.
        packages: What was put into it.
    """
    for package in packages:
        stanza = _installed(package.deb.control.text)
        tree.file(f"{_HOME}/status.d/{package.name}", Literal(stanza.encode()), SYSTEM)
        tree.file(f"{_HOME}/status.d/{package.name}.md5sums", Literal(_md5sums(tree, package).encode()), SYSTEM)


def record_as_database(tree: Tree, packages: Sequence[InstalledPackage]) -> None:
    """Write the database that dpkg itself would have after installing the packages."""
    stanzas = []
    for package in packages:
        stanza = _installed(package.deb.control.text)
        if configured := _conffiles(tree, package):
            stanza += f"Conffiles:\n{configured}"
        stanzas.append(stanza)
        _record_info(tree, package)
    tree.file(f"{_HOME}/status", Literal("\n".join(stanzas).encode()), SYSTEM)
    tree.file(f"{_HOME}/info/format", Literal(b"1\n"), SYSTEM)
    for empty in ("available", "diversions", "statoverride"):
        if f"{_HOME}/{empty}" not in tree:
            tree.file(f"{_HOME}/{empty}", Literal(b""), SYSTEM)
    for directory in ("alternatives", "parts", "updates", "triggers"):
        tree.directory(f"{_HOME}/{directory}", SYSTEM)


def _record_info(tree: Tree, package: InstalledPackage) -> None:
    # A package of several architectures is known by name and architecture (Multi-Arch: same).
    multiarch = package.deb.control.get("Multi-Arch", "").strip() == "same"
    prefix = f"{_HOME}/info/{package.name}{f':{package.architecture}' if multiarch else ''}"
    present = [f"/{path}" for path in package.paths if path and tree.lookup(path) is not None]
    tree.file(f"{prefix}.list", Literal("".join(f"{path}\n" for path in ["/.", *present]).encode()), SYSTEM)
    tree.file(f"{prefix}.md5sums", Literal(_md5sums(tree, package).encode()), SYSTEM)
    for name, content in sorted(package.deb.control_files.items()):
        if name not in _KEPT_ELSEWHERE and "/" not in name:
            script = name in package.deb.maintainer_scripts
            tree.file(f"{prefix}.{name}", Literal(content), SYSTEM, 0o755 if script else 0o644)


def _md5sums(tree: Tree, package: InstalledPackage) -> str:
    stated = sorted(package.deb.md5sums.items())
    return "".join(f"{checksum}  {path}\n" for path, checksum in stated if path in tree)


def _conffiles(tree: Tree, package: InstalledPackage) -> str:
    """List the configuration files with their checksums, by which dpkg knows later whether they were edited."""
    lines = []
    for path in package.deb.conffiles:
        entry = tree.lookup(path.lstrip("/"))
        if entry is None or entry.content is None:
            continue
        with entry.content.open() as stream:
            checksum = hashlib.md5(stream.read(), usedforsecurity=False).hexdigest()
        lines.append(f" {path} {checksum}\n")
    return "".join(lines)


def _installed(control: str) -> str:
    """Add the line that dpkg itself would: scanners skip a package that is not said to be installed."""
    first, _, rest = control.strip("\n").partition("\n")
    return f"{first}\nStatus: install ok installed\n{rest}\n"
