"""npm packages, from the ``package.json`` of each folder in a ``node_modules`` (docs.npmjs.com, "package.json")."""

from __future__ import annotations

import re
from typing import ClassVar

from nautiloid.buffer import Buffer
from nautiloid.packages.component import Component, Found
from nautiloid.packages.json_record import read_json
from nautiloid.packages.kind import LanguageKind
from nautiloid.packages.purl import purl
from nautiloid.versions.semantic import version_key

_PACKAGE = re.compile(r"(?:.*/|)node_modules/(?:@[^/]+/)?[^/@.][^/]*/package\.json")


class Npm(LanguageKind):
    """Packages of Node.js."""

    name = "npm"
    purl_types = ("npm",)
    ecosystems: ClassVar = {"npm": version_key}

    def wants(self, path: str, size: int) -> bool:
        """Tell whether a file is the record of an installed package."""
        del size
        return path.endswith("/package.json") and _PACKAGE.fullmatch(path) is not None

    def read(self, path: str, content: Buffer) -> list[Component]:
        """Return the package; none where a file has no name or version, as files inside of a package may.

        Raises:
            UnreadableError: It is not JSON.
        """
        data = read_json(content, "a package.json")
        name, version = data.get("name"), data.get("version")
        if not isinstance(name, str) or not isinstance(version, str) or not name or not version:
            return []
        namespace, slash, plain = name.partition("/")
        located = purl("npm", namespace if slash else "", plain if slash else name, version)
        return [
            Component(
                "npm", name, version, located, Found.NPM, f"/{path}", licenses=tuple(_licenses(data)), files=(path,)
            )
        ]


def _licenses(data: dict[str, object]) -> list[str]:
    """Read all shapes that the field has had: a text, an object, a list of either."""
    declared = data.get("license") or data.get("licenses") or []
    parts = declared if isinstance(declared, list) else [declared]
    names = [part.get("type") if isinstance(part, dict) else part for part in parts]
    return [name for name in names if isinstance(name, str) and name]
