"""Tell the truth about Debian packages to every scanner: ``/var/lib/dpkg/status.d``, as distroless images keep it."""

from __future__ import annotations

from collections.abc import Mapping

from nautiloid.factory.rootfs.content import Literal
from nautiloid.factory.rootfs.system import SYSTEM
from nautiloid.factory.rootfs.tree import Tree

_DIRECTORY = "var/lib/dpkg/status.d"


def record_package(tree: Tree, name: str, control: str, md5sums: Mapping[str, str]) -> None:
    """Record one package: its control stanza, and the checksums of those of its files that are still there.

    Args:
        tree: The finished tree, after slimming.
        name: The package's name.
        control: The control file, as it is in the ``.deb``.
        md5sums: The checksums that the ``.deb`` states, by path.
    """
    stanza = _with_status(control)
    kept = [f"{checksum}  {path}\n" for path, checksum in sorted(md5sums.items()) if path in tree]
    tree.file(f"{_DIRECTORY}/{name}", Literal(stanza.encode()), SYSTEM)
    tree.file(f"{_DIRECTORY}/{name}.md5sums", Literal("".join(kept).encode()), SYSTEM)


def _with_status(control: str) -> str:
    """Add the line that dpkg itself would: scanners skip a package that is not said to be installed."""
    first, _, rest = control.strip("\n").partition("\n")
    return f"{first}\nStatus: install ok installed\n{rest}\n"
