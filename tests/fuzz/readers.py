"""Every reader of strangers' bytes by name: what to give it, and which errors are its own.

A reader may return anything and may raise what its docstring names. Anything else that it raises, and any time without
an end, is a bug.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from nautiloid.debian.ar import read_ar_directory
from nautiloid.debian.changelog import parse_changelog
from nautiloid.debian.contents import read_libraries
from nautiloid.debian.control import parse_stanzas
from nautiloid.debian.deb import read_deb
from nautiloid.debian.index import PackageIndex
from nautiloid.debian.relation import parse_relations
from nautiloid.documents.bounded_toml import loads_toml
from nautiloid.documents.bounded_yaml import loads_yaml
from nautiloid.documents.strict_json import loads_strict
from nautiloid.elf.reader import Elf
from nautiloid.errors import NautiloidError
from nautiloid.evidence.file import read_evidence
from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.lockfile import read_lock
from nautiloid.inspection.layer_listing import list_layer
from nautiloid.inspection.native_files import read_native
from nautiloid.inspection.ownership import owners
from nautiloid.inspection.secrets.search import SecretSearch
from nautiloid.inspection.startup_hooks import read_hook
from nautiloid.models.judge import judge
from nautiloid.oci.archive_reader import Archive
from nautiloid.oci.model import ImageConfig, Manifest, index_entries
from nautiloid.oci.reference import parse_reference
from nautiloid.packages.kinds import BY_PURL_TYPE, KINDS
from nautiloid.packages.os_release import Distribution, read_distribution
from nautiloid.packages.purl import parse_purl
from nautiloid.project.survey import draft_definition
from nautiloid.registry.challenge import parse_challenge
from nautiloid.registry.name import parse_remote_name
from nautiloid.subjects.reading import subject_of_file
from nautiloid.trace.strace import read_uses
from nautiloid.versions.errors import InvalidVersionError
from nautiloid.vulns.database.files import import_file
from nautiloid.vulns.ignoring import read_ignored
from nautiloid.vulns.osv import read_advisory
from nautiloid.vulns.vex.document import read_vex

Reader = Callable[[bytes], object]

_INNER = frozenset({"conda", "elf", "hook", "jar", "json", "npm", "rpm", "toml", "wheel", "yaml"})
"""Readers whose callers make of any ``ValueError`` that a file is unread, or an error that names it."""


class _Nobody:
    """An onlooker who looks into nothing."""

    def look(self, *_: object) -> None:
        return None


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _as_file(name: str, read: Callable[[Path], object]) -> Reader:
    """Return what writes the bytes to a file of a name, and lets it be read."""

    def reader(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            read(path)

    return reader


def _elf(data: bytes) -> None:
    read_native("usr/lib/libz.so.1.3.1", data)
    elf = Elf(data)
    _ = (elf.needed, elf.interpreter, elf.search_path, elf.versions_needed, elf.versions_defined, elf.text_ranges())


def _records(path: str) -> Reader:
    """Return what takes the bytes for a package manager's record."""

    def reader(data: bytes) -> None:
        records = {path: data}
        distribution = read_distribution(records) or Distribution()
        for kind in KINDS:
            list(kind.packages(records, distribution))
            list(kind.bundled(records))
            list(kind.unreadable(records))
        owners(records, lambda name: name)

    return reader


def _listed(purl_type: str, path: str) -> Reader:
    return lambda data: BY_PURL_TYPE[purl_type].read(path, data)


def _judged(path: str) -> Reader:
    return lambda data: judge(path, data, asked=True)


def _secrets(path: str) -> Reader:
    def reader(data: bytes) -> None:
        search = SecretSearch(path)
        search.feed(data)
        search.found()

    return reader


def _index(data: bytes) -> None:
    index = PackageIndex("amd64")
    index.add(_text(data), archive="debian", suite="bookworm")
    _ = index.candidates("a")


def _archive(path: Path) -> None:
    with Archive(path):
        pass


def _version(data: bytes) -> None:
    for kind in KINDS:
        for key in kind.ecosystems.values():
            with contextlib.suppress(InvalidVersionError):
                key(_text(data))


def _project(name: str) -> Reader:
    """Return what takes the bytes for one file of a project that has a program as well."""

    def survey(path: Path) -> None:
        if path.name != "main.py":
            (path.parent / "main.py").write_text("import numpy\n")
        draft_definition(path.parent)

    return _as_file(name, survey)


def _sbom(name: str) -> Reader:
    return _as_file(name, subject_of_file)


SITE = "usr/lib/python3/dist-packages/a-1.dist-info"

READERS: Mapping[str, Reader] = {
    "advisories": _as_file("a.bin", lambda path: import_file(path.parent / "advisories.db", path)),
    "apk": _records("lib/apk/db/installed"),
    "ar": lambda data: list(read_ar_directory(io.BytesIO(data))),
    "archive": _as_file("image.tar", _archive),
    "challenge": lambda data: parse_challenge(_text(data)),
    "changelog": lambda data: list(parse_changelog(_text(data))),
    "conda": _listed("conda", "opt/conda/conda-meta/a.json"),
    "config": ImageConfig.from_json,
    "contents": _as_file("Contents-amd64.gz", lambda path: read_libraries(path, "x86_64-linux-gnu")),
    "control": lambda data: list(parse_stanzas(_text(data))),
    "cyclonedx": _sbom("a.cdx.json"),
    "deb": _as_file("a.deb", read_deb),
    "definition": _as_file("nautiloid.yaml", lambda path: load_definition(str(path))),
    "dpkg": _records("var/lib/dpkg/status"),
    "dpkg-list": _records("var/lib/dpkg/info/a.list"),
    "elf": _elf,
    "evidence": _as_file("a.json", read_evidence),
    "hook": lambda data: read_hook(f"{SITE}.pth", data),
    "ignored": _as_file("a.yaml", read_ignored),
    "index": index_entries,
    "jar": _listed("maven", "a.jar"),
    "json": loads_strict,
    "layer": lambda data: list_layer(io.BytesIO(data), _Nobody()),
    "lock": _as_file("nautiloid.lock", read_lock),
    "manifest": Manifest.from_json,
    "metadata": _records(f"{SITE}/METADATA"),
    "model-gguf": _judged("a.gguf"),
    "model-h5": _judged("a.h5"),
    "model-keras": _judged("a.keras"),
    "model-npy": _judged("a.npy"),
    "model-npz": _judged("a.npz"),
    "model-onnx": _judged("a.onnx"),
    "model-pickle": _judged("a.pkl"),
    "model-pt": _judged("a.pt"),
    "model-safetensors": _judged("a.safetensors"),
    "model-saved": _judged("saved_model.pb"),
    "model-tar": _judged("a.tar.gz"),
    "model-tflite": _judged("a.tflite"),
    "npm": _listed("npm", "node_modules/a/package.json"),
    "os-release": _records("etc/os-release"),
    "osv": read_advisory,
    "packages": _index,
    "project-compose": _project("compose.yaml"),
    "project-conda": _project("environment.yml"),
    "project-dockerfile": _project("Dockerfile"),
    "project-notebook": _project("a.ipynb"),
    "project-pyproject": _project("pyproject.toml"),
    "project-script": _project("main.py"),
    "project-setup-cfg": _project("setup.cfg"),
    "project-setup-py": _project("setup.py"),
    "purl": lambda data: parse_purl(_text(data)),
    "python-lock": _sbom("uv.lock"),
    "record": _records(f"{SITE}/RECORD"),
    "reference": lambda data: parse_reference(_text(data)),
    "relation": lambda data: parse_relations(_text(data)),
    "remote-name": lambda data: parse_remote_name(_text(data)),
    "requirements": _sbom("requirements.txt"),
    "rpm": _listed("rpm", "var/lib/rpm/rpmdb.sqlite"),
    "secrets-env": _secrets("app/.env"),
    "secrets-text": _secrets("app/readme.txt"),
    "shipped-sbom": _records(f"{SITE}/sboms/a.json"),
    "spdx": _sbom("a.spdx"),
    "strace": lambda data: list(read_uses(_text(data).splitlines(), "/bin/a")),
    "toml": lambda data: loads_toml(_text(data)),
    "vendored": _records("x/_vendor/vendor.txt"),
    "version": _version,
    "vex": lambda data: read_vex(data, "a.json"),
    "wheel": _listed("pypi", "a.whl"),
    "yaml": lambda data: loads_yaml(_text(data)),
}


def expected(name: str) -> tuple[type[Exception], ...]:
    """Return the errors that a reader may raise for bytes that it cannot read."""
    return (NautiloidError, ValueError) if name in _INNER else (NautiloidError,)


def read(name: str, data: bytes) -> None:
    """Give bytes to a reader; what it may raise is not an error."""
    with contextlib.suppress(*expected(name)):
        READERS[name](data)
