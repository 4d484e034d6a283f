"""Count what is in an image, by the one definition of each number that all of Nautiloid uses.

*Package*: a dpkg entry or a Python distribution. *Executable*: a regular file with an x bit that is an ELF program or a
script. Layers are read as streams, once, and nothing is unpacked.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from nautiloid.inspect.executables import HEAD, is_program
from nautiloid.oci.source import ImageSource
from nautiloid.progress import SILENT, Progress

_SHELLS = frozenset({"sh", "ash", "bash", "csh", "dash", "fish", "ksh", "mksh", "tcsh", "zsh", "busybox"})
_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"


@dataclass(frozen=True)
class _File:
    size: int
    setuid: bool
    executable: bool


@dataclass(frozen=True)
class Summary:
    """The measurements of one image; sizes in bytes.

    Attributes:
        compressed: What a pull moves.
        size: Bytes of all regular files.
        executables: Paths of what can be started.
        shells: Those of them that are shells.
        setuid: Paths with a setuid or setgid bit.
    """

    compressed: int
    size: int
    files: int
    debian_packages: tuple[str, ...]
    distributions: tuple[str, ...]
    executables: tuple[str, ...]
    shells: tuple[str, ...]
    setuid: tuple[str, ...]

    @classmethod
    def from_json(cls, text: str) -> Summary:
        """Read back what ``json.dumps(asdict(summary))`` wrote."""
        data: dict[str, Any] = json.loads(text)
        for name, value in data.items():
            data[name] = tuple(value) if isinstance(value, list) else value
        return cls(**data)


def summarise(source: ImageSource, progress: Progress = SILENT) -> Summary:
    """Read every layer of an image once and count."""
    files: dict[str, _File] = {}
    status: dict[str, bytes] = {}
    layers = source.image.manifest.layers
    with progress.task("Read layers", total=len(layers)) as task:
        for layer in layers:
            with source.open_layer(layer) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
                _apply(archive, files, status)
            task.advance(1)
    executables = tuple(sorted(path for path, file in files.items() if file.executable))
    return Summary(
        compressed=sum(layer.size for layer in layers),
        size=sum(file.size for file in files.values()),
        files=len(files),
        debian_packages=tuple(sorted(set(_debian_packages(files, status)))),
        distributions=tuple(sorted(set(_distributions(files)))),
        executables=executables,
        shells=tuple(path for path in executables if PurePosixPath(path).name in _SHELLS),
        setuid=tuple(sorted(path for path, file in files.items() if file.setuid)),
    )


def _apply(archive: tarfile.TarFile, files: dict[str, _File], status: dict[str, bytes]) -> None:
    for member in archive:
        path = member.name.removeprefix("./").strip("/")
        directory, _, name = path.rpartition("/")
        if name.startswith(_WHITEOUT):
            gone = directory if name == _OPAQUE else f"{directory}/{name.removeprefix(_WHITEOUT)}".lstrip("/")
            for known in [known for known in files if known == gone or known.startswith(f"{gone}/")]:
                del files[known]
            continue
        files.pop(path, None)
        if not member.isreg():
            continue
        content = archive.extractfile(member)
        head = content.read(HEAD) if content and member.mode & 0o111 else b""
        if path == "var/lib/dpkg/status" and content:
            status[path] = head + content.read()
        files[path] = _File(member.size, bool(member.mode & 0o6000), bool(head) and is_program(head))


def _debian_packages(files: dict[str, _File], status: dict[str, bytes]) -> Iterator[str]:
    for path in files:
        directory, _, name = path.rpartition("/")
        if directory == "var/lib/dpkg/status.d" and not name.endswith((".md5sums", ".list")):
            yield name
    for stanza in status.get("var/lib/dpkg/status", b"").decode("utf-8", "replace").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line and line[0] != " ")
        if fields.get("Status", "").endswith(" installed"):
            yield fields["Package"]


def _distributions(files: dict[str, _File]) -> Iterator[str]:
    for path in files:
        steps = path.split("/")
        if len(steps) > 1 and steps[-1] == "METADATA" and steps[-2].endswith(".dist-info"):
            yield steps[-2].removesuffix(".dist-info")
        elif steps[-1] == "PKG-INFO" and len(steps) > 1 and steps[-2].endswith(".egg-info"):
            yield steps[-2].removesuffix(".egg-info")
