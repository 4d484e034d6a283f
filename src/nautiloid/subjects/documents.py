"""Documents that list packages: CycloneDX and SPDX in each of their forms, Nautiloid's locks, and pipenv's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nautiloid.errors import UsageError
from nautiloid.factory.lockfile import read_lock
from nautiloid.subjects.cyclonedx import subject_of_cyclonedx
from nautiloid.subjects.cyclonedx_xml import NAMESPACE, read_cyclonedx_xml
from nautiloid.subjects.document_file import beginning_of, parsed_json, whole_document
from nautiloid.subjects.images import subject_of_lock
from nautiloid.subjects.lines import lines_of_purl_elements, lines_of_purls
from nautiloid.subjects.project_files import PIPFILE_LOCK
from nautiloid.subjects.python_files import subject_of_pipfile_lock
from nautiloid.subjects.spdx import subject_of_spdx
from nautiloid.subjects.spdx_tag_value import read_tag_value
from nautiloid.vulns.model import Subject

_KNOWN = "Known: CycloneDX (JSON, XML), SPDX 2 (JSON, tag-value), nautiloid locks, requirements, Python locks."
_TAG_VALUE = re.compile(rb"^SPDXVersion:", re.MULTILINE)


def is_tag_value(path: Path) -> bool:
    """Tell whether a file is an SPDX document of tags and values, whatever it is called."""
    return _TAG_VALUE.search(beginning_of(path)) is not None


def subject_of_document(path: Path, name: str) -> Subject | None:
    """Return what a document says, known by what it begins with; None for what is none, such as an archive.

    Args:
        path: The file.
        name: What reports call it.

    Raises:
        UsageError: It looks like a document that speaks of packages, and cannot be read.
    """
    start = beginning_of(path)
    of_tags = start[:1] != b"{" and _TAG_VALUE.search(start) is not None
    if start[:1] not in (b"{", b"<") and not of_tags:
        return None
    content = whole_document(path, name)
    if start[:1] == b"<":
        if NAMESPACE.encode() not in start and not start.startswith(b"<?xml"):
            return None
        lines = lines_of_purl_elements(content.decode("utf-8", "replace"))
        return subject_of_cyclonedx(read_cyclonedx_xml(content, name), name, lines)
    if of_tags:
        return subject_of_spdx(read_tag_value(content.decode("utf-8-sig", "replace"), name), name)
    return _subject_of_json(parsed_json(content, name), content, path, name)


def _subject_of_json(data: Mapping[str, Any], content: bytes, path: Path, name: str) -> Subject:
    if data.get("bomFormat") == "CycloneDX":
        return subject_of_cyclonedx(data, name, _lines(content))
    if "spdxVersion" in data:
        return subject_of_spdx(data, name, _lines(content))
    if "definition" in data and "debs" in data:
        return subject_of_lock(read_lock(path), name)
    if path.name == PIPFILE_LOCK or ("_meta" in data and "default" in data):
        return subject_of_pipfile_lock(path, name)
    raise UsageError(f"{name} is neither an SBOM nor a lock", _KNOWN)


def _lines(content: bytes) -> dict[str, int]:
    return lines_of_purls(content.decode("utf-8", "replace"))
