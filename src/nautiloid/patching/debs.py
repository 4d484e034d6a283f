"""Replacing a Debian package in an overlay: its files, and what dpkg's database says of it.

As dpkg does it (dpkg(1), Debian Policy 6.6 and appendix D): configuration files that somebody edited stay, those that
somebody deleted stay away, diverted paths go where they are diverted to, filtered paths stay out.
"""

from __future__ import annotations

import hashlib
import posixpath
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nautiloid.debian.control import Stanza, split_stanzas
from nautiloid.debian.deb import DebFile, Member, MemberKind
from nautiloid.inspection.layer_listing import EntryKind
from nautiloid.patching.contents import Contents
from nautiloid.patching.installed import STATUS, DpkgDatabase, InstalledDeb
from nautiloid.patching.overlay import Overlay

_TYPES = {MemberKind.FILE: tarfile.REGTYPE, MemberKind.SYMLINK: tarfile.SYMTYPE, MemberKind.HARDLINK: tarfile.LNKTYPE}
_ELSEWHERE = frozenset({"control", "md5sums"})


class PlacementError(ValueError):
    """A package has something where the image has another kind of thing."""


@dataclass(frozen=True)
class Replaced:
    """What happened to one package.

    Attributes:
        kept: Configuration files that stay as somebody edited them.
    """

    name: str
    stanza: str
    kept: tuple[str, ...]


class DebPatcher:
    """Replaces packages in an overlay.

    Args:
        contents: The image.
        database: Its dpkg database.
        overlay: Receives the changes.
    """

    def __init__(self, contents: Contents, database: DpkgDatabase, overlay: Overlay) -> None:
        self._contents, self._database, self._overlay = contents, database, overlay
        self._owners: dict[str, set[str]] = {}
        self._bytecode: dict[str, list[str]] = {}
        for path in contents.files:
            if path.endswith(".pyc"):
                self._bytecode.setdefault(posixpath.dirname(path), []).append(path)
        for name, installed in database.debs.items():
            for path in installed.files:
                self._owners.setdefault(path, set()).add(name)

    def replace(self, deb: DebFile) -> Replaced:
        """Put a package's files over those of its old version, and record it.

        Raises:
            PlacementError: It has a directory where the image has a file, or the other way round.
            IntegrityError: The package is damaged.
        """
        name = deb.control.require("Package")
        installed = self._database.debs.get(name)
        listed: list[str] = []
        md5s: dict[str, str] = {}
        conffiles = {path.lstrip("/") for path in deb.conffiles}
        kept: list[str] = []
        for member, chunks in deb.members():
            target = self._place(member, name)
            if member.kind is MemberKind.DIRECTORY:
                self._put_directory(member, target)
                listed.append(member.path)
                continue
            if self._database.excludes(member.path):
                continue
            listed.append(member.path)
            if member.path in conffiles:
                content = b"".join(chunks)
                md5s[member.path] = hashlib.md5(content, usedforsecurity=False).hexdigest()
                if self._edited(member.path, target, installed):
                    kept.append(f"/{member.path}")
                    continue
                self._put(member, target, name, [content])
                continue
            self._put(member, target, name, chunks)
        if installed is not None:
            self._remove_old(installed, set(listed) | conffiles, conffiles)
        stanza = self._record(deb, installed, listed, md5s)
        return Replaced(name, stanza, tuple(kept))

    def check(self, deb: DebFile) -> None:
        """Raise what ``replace`` would, and change nothing."""
        for member, _ in deb.members():
            self._place(member, deb.control.require("Package"))

    def write_status(self, stanzas: Mapping[str, str]) -> None:
        """Write the database's ``status`` with some packages' stanzas replaced, and new ones at the end."""
        if self._database.distroless:
            return
        left = dict(stanzas)
        native = self._database.architecture
        found = []
        for text in split_stanzas(self._contents.texts[STATUS].decode(errors="surrogateescape")):
            stanza = Stanza(text)
            ours = stanza.get("Architecture", native) in (native, "all")
            found.append(left.pop(stanza.get("Package", ""), text) if ours else text)
        text = "\n\n".join(part.strip("\n") for part in (*found, *left.values()))
        self._overlay.put_text(STATUS, f"{text}\n\n".encode(errors="surrogateescape"))

    def _place(self, member: Member, name: str) -> str:
        target = self._contents.real_path(self._database.target_of(member.path, name))
        below = self._contents.files.get(target)
        if below is not None and member.kind is not MemberKind.DIRECTORY and below.kind is EntryKind.DIRECTORY:
            raise PlacementError(f"/{member.path} is a directory in the image")
        opens = below is None or below.kind in (EntryKind.DIRECTORY, EntryKind.SYMLINK)
        if member.kind is MemberKind.DIRECTORY and not opens:
            raise PlacementError(f"/{member.path} is no directory in the image")
        return target

    def _put_directory(self, member: Member, target: str) -> None:
        if target not in self._contents.files and not self._overlay.has(target):
            info = _info(target, member)
            info.type = tarfile.DIRTYPE
            self._overlay.put(info)

    def _put(self, member: Member, target: str, name: str, chunks: Iterable[bytes]) -> None:
        info = _info(target, member)
        info.type = _TYPES[member.kind]
        info.linkname = member.target
        if member.kind is MemberKind.HARDLINK:
            info.linkname = self._contents.real_path(self._database.target_of(member.target, name))
        self._overlay.put(info, chunks)
        self._remove_bytecode(target)

    def _edited(self, path: str, target: str, installed: InstalledDeb | None) -> bool:
        """Tell whether somebody changed or deleted a configuration file since it was delivered."""
        if installed is None or path not in installed.conffiles:
            return False
        content = self._contents.texts.get(target)
        if content is None:
            return True
        return hashlib.md5(content, usedforsecurity=False).hexdigest() != installed.conffiles[path]

    def _remove_old(self, installed: InstalledDeb, new: set[str], conffiles: set[str]) -> None:
        name = installed.package.name
        # Configuration files that a package no longer has are only removed by its scripts (dpkg-maintscript-helper).
        for path in sorted(set(installed.files) - new - set(installed.conffiles) - conffiles):
            target = self._contents.real_path(self._database.target_of(path, name))
            below = self._contents.files.get(target)
            alone = self._owners.get(path, set()) <= {name}
            if alone and below is not None and below.kind is not EntryKind.DIRECTORY:
                self._overlay.remove(target)
                self._remove_bytecode(target)

    def _remove_bytecode(self, path: str) -> None:
        """Take away bytecode of a module that goes or changes, unless the package brings its own."""
        if not path.endswith(".py"):
            return
        directory, stem = posixpath.split(path.removesuffix(".py"))
        for other in self._bytecode.get(f"{directory}/__pycache__", ()):
            if posixpath.basename(other).partition(".")[0] == stem:
                self._overlay.hide(other)

    def _record(
        self, deb: DebFile, installed: InstalledDeb | None, listed: Sequence[str], md5s: Mapping[str, str]
    ) -> str:
        control, name = deb.control, deb.control.require("Package")
        lines = [line for line in control.text.strip("\n").split("\n") if not line.startswith("Status:")]
        lines.insert(1, "Status: install ok installed")
        if self._database.distroless:
            record = installed.record if installed is not None else f"var/lib/dpkg/status.d/{name}"
            sums = "".join(f"{md5}  {path}\n" for path, md5 in sorted(deb.md5sums.items()) if path in listed)
            self._overlay.put_text(record, ("\n".join(lines) + "\n").encode())
            self._overlay.put_text(f"{record}.md5sums", sums.encode())
            return ""
        if md5s:
            lines += ["Conffiles:", *(f" /{path} {md5}" for path, md5 in sorted(md5s.items()))]
        same = control.get("Multi-Arch", "").strip() == "same"
        suffix = f":{control.require('Architecture')}" if same else ""
        fresh = f"var/lib/dpkg/info/{name}{suffix}"
        record = installed.record if installed is not None else fresh
        self._remove_old_records(record, deb)
        self._overlay.put_text(f"{record}.list", "".join(f"/{path}\n" for path in [".", *listed]).encode())
        sums = "".join(f"{md5}  {path}\n" for path, md5 in sorted(deb.md5sums.items()))
        self._overlay.put_text(f"{record}.md5sums", sums.encode())
        for file, content in sorted(deb.control_files.items()):
            if file not in _ELSEWHERE and "/" not in file:
                self._overlay.put_text(f"{record}.{file}", content, 0o755 if file in deb.maintainer_scripts else 0o644)
        return "\n".join(lines)

    def _remove_old_records(self, record: str, deb: DebFile) -> None:
        for path in self._contents.files:
            kind = path.removeprefix(f"{record}.") if path.startswith(f"{record}.") else ""
            if kind and kind not in ("list", "md5sums") and kind not in deb.control_files and "." not in kind:
                self._overlay.remove(path)


def _info(path: str, member: Member) -> tarfile.TarInfo:
    info = tarfile.TarInfo(path)
    info.mode, info.uid, info.gid, info.mtime = member.mode, member.uid, member.gid, member.mtime
    return info
