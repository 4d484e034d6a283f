"""SPDX's tag-value form, read as what its JSON form would be.

Source: SPDX 2.3, annex "Tag-Value": a tag, a colon and a value on each line, several lines between ``<text>`` and
``</text>``; ``PackageName`` begins a package.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nautiloid.errors import UsageError
from nautiloid.subjects.shapes import check_number

_FIELDS = {
    "SPDXID": "SPDXID", "PackageVersion": "versionInfo", "PackageSourceInfo": "sourceInfo",
    "PrimaryPackagePurpose": "primaryPackagePurpose",
}  # fmt: skip
_OTHER_ELEMENTS = ("FileName", "SnippetSPDXID", "LicenseID")


def read_tag_value(content: str, name: str) -> dict[str, Any]:
    """Return the packages and relationships of a document as its JSON form has them.

    Args:
        content: The document.
        name: What messages call it.

    Raises:
        UsageError: A text does not end, or a line of packages means nothing.
    """
    document: dict[str, Any] = {"packages": [], "relationships": []}
    package: dict[str, Any] | None = None
    for tag, value in _pairs(content, name):
        if tag == "SPDXVersion":
            document["spdxVersion"] = value
        elif tag == "PackageName":
            package = {"name": value, "externalRefs": []}
            document["packages"].append(package)
            check_number(len(document["packages"]), name)
        elif tag in _OTHER_ELEMENTS:
            package = None
        elif tag == "Relationship":
            one, kind, other = _three(value, f"{name}: the relationship {value!r}")
            related = {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
            document["relationships"].append(related)
        elif package is not None and tag == "ExternalRef":
            _, kind, locator = _three(value, f"{name}: the reference {value!r}")
            package["externalRefs"].append({"referenceType": kind, "referenceLocator": locator})
        elif package is not None and tag in _FIELDS:
            package[_FIELDS[tag]] = value
    return document


def _pairs(content: str, name: str) -> Iterator[tuple[str, str]]:
    lines = iter(content.splitlines())
    for line in lines:
        tag, colon, value = line.partition(":")
        if not colon or line.lstrip().startswith("#"):
            continue
        value = value.strip()
        if value.startswith("<text>"):
            collected = [value.removeprefix("<text>")]
            while "</text>" not in collected[-1]:
                following = next(lines, None)
                if following is None:
                    raise UsageError(f"{name}: the text of {tag.strip()} does not end")
                collected.append(following)
            value = "\n".join(collected).partition("</text>")[0]
        yield tag.strip(), value


def _three(value: str, where: str) -> tuple[str, str, str]:
    words = value.split(maxsplit=2)
    if len(words) != 3:
        raise UsageError(f"{where} does not have three parts")
    return words[0], words[1], words[2].strip()
