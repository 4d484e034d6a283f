"""The files that no package brings: what maintainer scripts would have written, declared here instead of run."""

from __future__ import annotations

from nautiloid.factory.definition import Definition
from nautiloid.factory.rootfs.content import Literal
from nautiloid.factory.rootfs.tree import NodeKind, Origin, Tree

SYSTEM = Origin("base", "system")

# usr-merge: Debian's packages of bookworm still ship some paths below /bin, /lib and /sbin.
_MERGED = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64"}

_USERS = """\
root:x:0:0:root:/root:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
nonroot:x:65532:65532:nonroot:/home/nonroot:/usr/sbin/nologin
"""
_GROUPS = """\
root:x:0:
nogroup:x:65534:
nonroot:x:65532:
"""
_MORE_USERS = """\
_apt:x:42:65534::/nonexistent:/usr/sbin/nologin
nonroot:x:65532:65532:nonroot:/home/nonroot:/bin/bash
"""
_MORE_GROUPS = """\
nonroot:x:65532:
"""
_NSSWITCH = """\
passwd: files
group: files
shadow: files
hosts: files dns
networks: files
protocols: files
services: files
"""


def lay_foundations(tree: Tree) -> None:
    """Add the merged directories; every package's files are placed through these links, so they come first."""
    for link, target in _MERGED.items():
        tree.directory(target, SYSTEM)
        tree.symlink(link, target, SYSTEM)
    for directory in ("dev", "proc", "sys", "run", "etc", "var", "home"):
        tree.directory(directory, SYSTEM)
    tree.directory("root", SYSTEM, 0o700)
    # 0755, not 0700: a container started with a uid that is not in passwd must still be able to enter.
    tree.directory("home/nonroot", SYSTEM, 0o755)
    for temporary in ("tmp", "var/tmp"):
        tree.directory(temporary, SYSTEM, 0o1777)


def write_system_files(tree: Tree, definition: Definition) -> None:
    """Add users, name service, time zone, TLS trust and the definition's links."""
    tree.file("etc/passwd", Literal(_users(tree)), SYSTEM)
    tree.file("etc/group", Literal(_groups(tree)), SYSTEM)
    tree.file("etc/nsswitch.conf", Literal(_NSSWITCH.encode()), SYSTEM)
    if "usr/share/zoneinfo/Etc/UTC" in tree:
        tree.symlink("etc/localtime", "/usr/share/zoneinfo/Etc/UTC", SYSTEM)
        tree.file("etc/timezone", Literal(b"Etc/UTC\n"), SYSTEM)
    _write_trust(tree)
    for path, target in sorted(definition.links.items()):
        tree.symlink(path, target, SYSTEM)


def _users(tree: Tree) -> bytes:
    """Return the users: three, or where base-passwd is in the image, all that Debian knows and these."""
    master = _text_of(tree, "usr/share/base-passwd/passwd.master")
    return (master + _MORE_USERS if master else _USERS).encode()


def _groups(tree: Tree) -> bytes:
    master = _text_of(tree, "usr/share/base-passwd/group.master")
    return (master + _MORE_GROUPS if master else _GROUPS).encode()


def _text_of(tree: Tree, path: str) -> str:
    entry = tree.get(path)
    if entry is None or entry.content is None:
        return ""
    with entry.content.open() as stream:
        return stream.read().decode()


def _write_trust(tree: Tree) -> None:
    """Write the CA bundle: the certificates of ca-certificates, byte for byte as update-ca-certificates joins them.

    Debian's OpenSSL looks below /usr/lib/ssl; the links there belong to the ``openssl`` package, which an image does
    without.
    """
    certificates = [
        entry
        for entry in tree.files()
        if entry.path.startswith("usr/share/ca-certificates/") and entry.path.endswith(".crt") and entry.content
    ]
    if not certificates:
        return
    parts = []
    for entry in certificates:
        assert entry.content is not None  # noqa: S101 - filtered above
        with entry.content.open() as stream:
            text = stream.read()
        parts.append(text if text.endswith(b"\n") else text + b"\n")
    tree.file("etc/ssl/certs/ca-certificates.crt", Literal(b"".join(parts)), SYSTEM)
    tree.symlink("usr/lib/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt", SYSTEM)
    tree.symlink("usr/lib/ssl/certs", "/etc/ssl/certs", SYSTEM)


def check_contract(tree: Tree, *, setuid: bool = False) -> list[str]:
    """Return what breaks the run contract: setuid bits and paths that anyone may write without the sticky bit.

    Args:
        tree: The finished tree.
        setuid: Whether setuid bits are meant to be there.
    """
    faults = []
    for entry in tree:
        if entry.kind is NodeKind.SYMLINK:
            continue
        if entry.mode & 0o6000 and not setuid:
            faults.append(f"/{entry.path} is setuid or setgid")
        if entry.mode & 0o002 and not entry.mode & 0o1000:
            faults.append(f"/{entry.path} can be written by anyone")
    return faults
