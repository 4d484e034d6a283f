"""What dpkg's database says is installed in an image.

Formats: dpkg's ``status`` (deb-control(5), with ``Status`` and ``Conffiles``), ``info/`` (dpkg-query(1),
``--control-path``), ``diversions`` (dpkg-divert(1)), distroless images' ``status.d``, and the path filters of dpkg(1)
(``--path-exclude``).
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from nautiloid.debian.control import Stanza, split_stanzas
from nautiloid.debian.index import Package, PackageIndex
from nautiloid.patching.contents import Contents

STATUS = "var/lib/dpkg/status"
STATUS_D = "var/lib/dpkg/status.d"
INFO = "var/lib/dpkg/info"
SCRIPTS = ("preinst", "postinst", "prerm", "postrm")


@dataclass(frozen=True)
class InstalledDeb:
    """One installed package.

    Attributes:
        package: Its control data.
        stanza: Its text in the database.
        record: Path of its files in the database, without their extension.
        files: Paths that it lists, as it names them, without leading slash.
        conffiles: md5 of each configuration file as it was delivered, by path.
        scripts: Its maintainer scripts, by name.
        triggers: Its ``triggers`` file.
    """

    package: Package
    stanza: str
    record: str
    files: tuple[str, ...]
    conffiles: Mapping[str, str] = field(default_factory=dict)
    scripts: Mapping[str, bytes] = field(default_factory=dict)
    triggers: str = ""


@dataclass(frozen=True)
class DpkgDatabase:
    """The database of one image.

    Attributes:
        distroless: It is of the ``status.d`` form: no maintainer script ever ran in the image.
        debs: Installed packages by name; those of foreign architectures are left alone.
        diversions: Where dpkg puts a path instead, and the package for which it does not.
        overridden: Paths whose owner or mode an administrator has set.
        filters: Path filters in order: whether they exclude, and the pattern.
    """

    distroless: bool
    architecture: str
    debs: Mapping[str, InstalledDeb]
    diversions: Mapping[str, tuple[str, str]]
    overridden: frozenset[str]
    filters: tuple[tuple[bool, str], ...]

    def excludes(self, path: str) -> bool:
        """Tell whether the image's dpkg is told to leave a path out; the last filter that matches decides."""
        decision = False
        for excluded, pattern in self.filters:
            if fnmatch.fnmatchcase(f"/{path}", pattern):
                decision = excluded
        return decision

    def target_of(self, path: str, package: str) -> str:
        """Return where a package's path really lies: elsewhere, where another package has diverted it."""
        diverted, by = self.diversions.get(path, (path, package))
        return path if by == package else diverted


def read_database(contents: Contents, architecture: str) -> DpkgDatabase:
    """Read the database of an image; one without any has no packages.

    Args:
        contents: The image.
        architecture: Debian's name of the image's processor.
    """
    debs: dict[str, InstalledDeb] = {}
    for path, text in _stanzas(contents):
        stanza = Stanza(text)
        distroless = path != STATUS
        name, its = stanza.get("Package", ""), stanza.get("Architecture", "")
        installed = distroless or stanza.get("Status", "").endswith(" installed")
        if name and installed and its in (architecture, "all") and "Version" in stanza:
            debs[name] = _installed(contents, stanza, path, distroless=distroless)
    return DpkgDatabase(
        distroless=STATUS not in contents.texts,
        architecture=architecture,
        debs=debs,
        diversions=dict(_diversions(_text(contents, "var/lib/dpkg/diversions"))),
        overridden=frozenset(_overridden(_text(contents, "var/lib/dpkg/statoverride"))),
        filters=tuple(_filters(contents)),
    )


def package_of(stanza: str, architecture: str) -> Package:
    """Return what a stanza says as a package; what only an archive knows of it is empty."""
    index = PackageIndex(architecture)
    index.add(f"{stanza.rstrip()}\nFilename: -\nSize: 0\nSHA256: -\n", archive="", suite="")
    return index.candidates(Stanza(stanza).require("Package"))[0]


def _stanzas(contents: Contents) -> Iterator[tuple[str, str]]:
    for path, content in contents.texts.items():
        plain = path.startswith(f"{STATUS_D}/") and not path.endswith((".md5sums", ".list"))
        if path == STATUS or plain:
            for text in split_stanzas(content.decode(errors="replace")):
                yield path, text


def _installed(contents: Contents, stanza: Stanza, path: str, *, distroless: bool) -> InstalledDeb:
    name, architecture = stanza.require("Package"), stanza.require("Architecture")
    package = package_of(stanza.text, architecture)
    if distroless:
        sums = _text(contents, f"{path}.md5sums").splitlines()
        files = tuple(line.split("  ", 1)[1] for line in sums if "  " in line)
        return InstalledDeb(package, stanza.text, path, files)
    qualified = f"{INFO}/{name}:{architecture}"
    record = qualified if f"{qualified}.list" in contents.texts else f"{INFO}/{name}"
    listed = (line.lstrip("/") for line in _text(contents, f"{record}.list").splitlines())
    conffiles = (line.split() for line in stanza.lines("Conffiles"))
    return InstalledDeb(
        package=package,
        stanza=stanza.text,
        record=record,
        files=tuple(line for line in listed if line not in ("", ".")),
        conffiles={fields[0].lstrip("/"): fields[1] for fields in conffiles if len(fields) > 1},
        scripts={name: contents.texts[f"{record}.{name}"] for name in SCRIPTS if f"{record}.{name}" in contents.texts},
        triggers=_text(contents, f"{record}.triggers"),
    )


def _diversions(text: str) -> Iterator[tuple[str, tuple[str, str]]]:
    lines = text.splitlines()
    for source, target, by in zip(lines[::3], lines[1::3], lines[2::3], strict=False):
        yield source.lstrip("/"), (target.lstrip("/"), by)


def _overridden(text: str) -> Iterator[str]:
    for line in text.splitlines():
        fields = line.split(None, 3)
        if len(fields) == 4:
            yield fields[3].lstrip("/")


def _filters(contents: Contents) -> Iterator[tuple[bool, str]]:
    for path in sorted(contents.texts):
        if path == "etc/dpkg/dpkg.cfg" or path.startswith("etc/dpkg/dpkg.cfg.d/"):
            for line in _text(contents, path).splitlines():
                name, _, pattern = line.strip().replace(" ", "=", 1).partition("=")
                if name in ("path-exclude", "path-include"):
                    yield name == "path-exclude", pattern.strip().lstrip("=").strip()


def _text(contents: Contents, path: str) -> str:
    return contents.texts.get(path, b"").decode(errors="replace")
