"""Reading a ``.deb`` without trusting it: an ar archive that holds a control tar and a data tar.

Nothing is ever executed or written by a member's name: the data tar is decompressed once to a plain tar
file, and members are slices of it. Format: deb(5); what the control tar holds: Debian Policy section 5 and
appendix.
"""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from nautiloid import bounds
from nautiloid.debian.ar import ArMember, read_ar_directory
from nautiloid.debian.compression import decompressed
from nautiloid.debian.control import Stanza
from nautiloid.debian.members import Member, MemberKind, read_members
from nautiloid.errors import IntegrityError, NautiloidError

__all__ = ["DebFile", "Member", "MemberKind", "read_deb"]

_SCRIPTS = ("config", "postinst", "postrm", "preinst", "prerm")
_TAR_ERRORS = (tarfile.TarError, ValueError, EOFError, OverflowError)


@dataclass(frozen=True)
class DebFile:
    """One binary package file.

    Attributes:
        path: The ``.deb``.
    """

    path: Path
    _control_member: ArMember
    _data_member: ArMember

    @cached_property
    def _control_files(self) -> dict[str, bytes]:
        with tempfile.TemporaryFile() as tar:
            self._decompress(self._control_member, tar, limit=bounds.DEB_CONTROL)
            with self._named_errors(), tarfile.open(fileobj=tar, mode="r:") as archive:
                members = read_members(archive, tar)
            return {member.path: b"".join(_slice(tar, member)) for member in members if member.kind is MemberKind.FILE}

    @cached_property
    def control(self) -> Stanza:
        """The control fields; ``control.text`` is the file as it was written."""
        with self._named_errors():
            if "control" not in self._control_files:
                raise IntegrityError("there is no control file in the control tar")
            return Stanza(self._text("control").strip("\n"))

    @cached_property
    def conffiles(self) -> tuple[str, ...]:
        """Absolute paths of the configuration files, as listed."""
        lines = (line.split() for line in self._text("conffiles").splitlines())
        return tuple(fields[-1] for fields in lines if fields)

    @cached_property
    def md5sums(self) -> dict[str, str]:
        """The md5 of each file that the package lists, by path without a leading slash."""
        lines = (line.split(None, 1) for line in self._text("md5sums").splitlines())
        return {fields[1].removeprefix("./"): fields[0] for fields in lines if len(fields) == 2}

    @property
    def maintainer_scripts(self) -> tuple[str, ...]:
        """Names of the maintainer scripts that the package has, sorted; they are never run."""
        return tuple(name for name in _SCRIPTS if name in self._control_files)

    @property
    def control_files(self) -> Mapping[str, bytes]:
        """Every file of the control tar, by name: what dpkg keeps of a package that it has installed."""
        return self._control_files

    def unpack_data_tar(self, destination: Path) -> tuple[Member, ...]:
        """Decompress the data tar to an uncompressed tar file and return its members in archive order.

        A file's bytes are ``size`` bytes from ``offset_data`` of the destination.

        Raises:
            IntegrityError: The archive is damaged or hostile; the destination is removed.
            NautiloidError: Its compression is not supported, or the destination cannot be written.
        """
        try:
            with destination.open("w+b") as tar:
                return self._unpack(tar)
        except OSError as error:
            destination.unlink(missing_ok=True)
            raise NautiloidError(f"Cannot unpack {self.path.name} to {destination}: {error.strerror}") from error
        except NautiloidError:
            destination.unlink(missing_ok=True)
            raise

    def members(self) -> Iterator[tuple[Member, Iterator[bytes]]]:
        """Yield each member of the data tar with its bytes in chunks (none but for a regular file).

        Raises:
            IntegrityError: The archive is damaged or hostile; raised before the first member is yielded.
        """
        with tempfile.TemporaryFile() as tar:
            for member in self._unpack(tar):
                yield member, _slice(tar, member)

    def _unpack(self, tar: BinaryIO) -> tuple[Member, ...]:
        self._decompress(self._data_member, tar, limit=bounds.DEB_DATA)
        with self._named_errors(), tarfile.open(fileobj=tar, mode="r:") as archive:
            return read_members(archive, tar)

    def _decompress(self, member: ArMember, destination: BinaryIO, *, limit: int) -> None:
        with self._named_errors(), self.path.open("rb") as deb:
            for chunk in decompressed(member.chunks(deb), member.name, limit=limit):
                destination.write(chunk)
        destination.flush()
        destination.seek(0)

    def _text(self, name: str) -> str:
        with self._named_errors():
            return self._control_files.get(name, b"").decode()

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        """Put the package's name before whatever its bytes did wrong."""
        with _named_errors(self.path.name):
            yield


def read_deb(path: Path) -> DebFile:
    """Open a ``.deb`` and find its parts.

    Raises:
        IntegrityError: It is not a Debian binary package of format 2, or it is truncated.
        NautiloidError: The file cannot be read.
    """
    try:
        with path.open("rb") as deb, _named_errors(path.name):
            return _find_parts(path, deb)
    except OSError as error:
        raise NautiloidError(f"Cannot read {path}: {error.strerror}") from error


def _find_parts(path: Path, deb: BinaryIO) -> DebFile:
    directory = list(read_ar_directory(deb))
    if not directory or directory[0].name != "debian-binary":
        raise IntegrityError("it does not begin with debian-binary")
    if not b"".join(directory[0].chunks(deb)).startswith(b"2."):
        raise IntegrityError("it is not a Debian package of format 2")
    parts = {member.name.split(".")[0]: member for member in reversed(directory) if ".tar" in member.name}
    if not {"control", "data"} <= parts.keys():
        raise IntegrityError("it lacks a control tar or a data tar")
    return DebFile(path, parts["control"], parts["data"])


def _slice(tar: BinaryIO, member: Member) -> Iterator[bytes]:
    position, end = member.offset_data, member.offset_data + member.size
    while position < end:
        tar.seek(position)
        chunk = tar.read(min(1 << 20, end - position))
        if not chunk:
            raise IntegrityError(f"{member.path} is truncated")
        position += len(chunk)
        yield chunk


@contextmanager
def _named_errors(name: str) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if error.message.startswith(f"{name}: "):
            raise
        raise IntegrityError(f"{name}: {error.message}", error.hint) from error
    except NautiloidError as error:
        raise NautiloidError(f"{name}: {error.message}", error.hint) from error
    except _TAR_ERRORS as error:
        raise IntegrityError(f"{name}: damaged archive: {error}") from error
