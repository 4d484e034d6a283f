"""The metadata of installed Python distributions: METADATA, RECORD, and their older forms.

Sources: packaging.python.org, "Recording installed projects" and "Core metadata"; setuptools' ``.egg-info`` and eggs.
"""

from __future__ import annotations

import csv
import posixpath
import re
from collections.abc import Iterator, Mapping
from email.parser import HeaderParser

from nautiloid import bounds
from nautiloid.packages.component import Component, Found
from nautiloid.packages.kind import Claim
from nautiloid.packages.purl import pypi_purl

_DIST_INFO = re.compile(r"(?P<site>.*/|)(?P<directory>[^/]+\.dist-info)/METADATA")
_EGG_INFO = re.compile(r"(?P<site>.*/|)(?P<directory>[^/]+\.egg-info)(?:/PKG-INFO)?")
_EGG = re.compile(r"(?P<site>.*/|)(?P<directory>[^/]+\.egg)/EGG-INFO/PKG-INFO")
_RECORD = re.compile(r"(?P<site>.*/|)(?P<name>[^/]+)-(?P<version>[^/-]+)\.dist-info/RECORD")
_SITE = re.compile(r"(?:^|/)(?:site|dist)-packages/$")
_CLASSIFIER = "License :: "


def is_metadata(path: str) -> bool:
    """Tell whether a file says which distribution is here, or what it consists of."""
    name = path.rpartition("/")[2]
    if name in ("METADATA", "RECORD"):
        return path.endswith((".dist-info/METADATA", ".dist-info/RECORD"))
    if name == "PKG-INFO" or name.endswith(".egg-info"):
        return _EGG_INFO.fullmatch(path) is not None or _EGG.fullmatch(path) is not None
    return False


def is_nameless(path: str, content: bytes) -> bool:
    """Tell whether a file is a distribution's metadata, and does not say its name and version."""
    match = _DIST_INFO.fullmatch(path) or _EGG_INFO.fullmatch(path) or _EGG.fullmatch(path)
    if match is None:
        return False
    fields = _metadata(content)
    return not fields.get("Name") or not fields.get("Version")


def stands_in_site(path: str) -> bool:
    """Tell whether metadata lie in a directory of installed distributions."""
    match = _DIST_INFO.fullmatch(path) or _EGG_INFO.fullmatch(path) or _EGG.fullmatch(path)
    return match is not None and _SITE.search(match["site"]) is not None


def claims(records: Mapping[str, bytes]) -> Iterator[Claim]:
    """Yield what each RECORD names."""
    for path, content in records.items():
        if match := _RECORD.fullmatch(path):
            rows = csv.reader(content.decode("utf-8", "replace").splitlines())
            files = tuple(posixpath.normpath(match["site"] + row[0]) for row in rows if row)
            yield Claim(path, match["name"].replace("_", "-").lower(), match["version"], files)


def distributions(records: Mapping[str, bytes]) -> Iterator[Component]:
    """Yield each distribution that has metadata, with the files that its RECORD names."""
    for path in sorted(records):
        match = _DIST_INFO.fullmatch(path) or _EGG_INFO.fullmatch(path) or _EGG.fullmatch(path)
        if match is None:
            continue
        fields = _metadata(records[path])
        name, version = fields.get("Name", ""), fields.get("Version", "")
        if not name:
            continue
        home = posixpath.dirname(path) if path.endswith(("/METADATA", "/PKG-INFO")) else path
        yield Component(
            kind="pypi",
            name=name,
            version=version,
            purl=pypi_purl(name, version),
            how=Found.DIST_INFO if path.endswith("METADATA") else Found.EGG_INFO,
            evidence=f"/{path}",
            licenses=_licenses(fields),
            supplier=fields.get("Author") or fields.get("Author-email", ""),
            files=tuple(_recorded_files(records.get(f"{home}/RECORD", b""), match["site"])) or (path,),
        )


def _metadata(content: bytes) -> dict[str, str]:
    """Read the headers; the description below them may be huge and says nothing here."""
    head = content[: bounds.METADATA_HEAD].replace(b"\r\n", b"\n").split(b"\n\n", 1)[0]
    fields: dict[str, str] = {}
    for name, value in HeaderParser().parsestr(head.decode("utf-8", "replace")).items():
        kept = str(value).strip()
        if name == "Classifier":
            if kept.startswith(_CLASSIFIER):
                fields["Classifier"] = "\n".join(filter(None, (fields.get("Classifier"), kept)))
        else:
            fields.setdefault(name, kept)
    return fields


def _licenses(fields: Mapping[str, str]) -> tuple[str, ...]:
    if fields.get("License-Expression"):
        return (fields["License-Expression"],)
    lines = fields.get("License", "").splitlines()
    if lines and len(lines[0]) < 60 and lines[0].upper() != "UNKNOWN":
        return (lines[0],)
    return tuple(line.rpartition(" :: ")[2] for line in fields.get("Classifier", "").splitlines())


def _recorded_files(record: bytes, site: str) -> Iterator[str]:
    for row in csv.reader(record.decode("utf-8", "replace").replace("\0", "").splitlines()):
        if row and row[0]:
            path = row[0] if row[0].startswith("/") else site + row[0]
            yield posixpath.normpath(f"/{path}").lstrip("/")
