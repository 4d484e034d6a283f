"""Conda packages, from ``conda-meta/*.json`` (docs.conda.io, "Conda package specification")."""

from __future__ import annotations

import re

from nautiloid.buffer import Buffer
from nautiloid.packages.component import Component, Found
from nautiloid.packages.json_record import read_json
from nautiloid.packages.kind import LanguageKind
from nautiloid.packages.purl import purl

_RECORD = re.compile(r"(?P<prefix>.*/|)conda-meta/[^/]+\.json")


class Conda(LanguageKind):
    """Packages of conda; nobody publishes advisories by their names."""

    name = "conda"
    purl_types = ("conda",)

    def wants(self, path: str, size: int) -> bool:
        """Tell whether a file is the record of an installed package."""
        del size
        return "conda-meta/" in path and _RECORD.fullmatch(path) is not None

    def read(self, path: str, content: Buffer) -> list[Component]:
        """Return the package, with the files that it names.

        Raises:
            UnreadableError: It is not JSON.
        """
        data = read_json(content, "a conda-meta record")
        if not isinstance(data.get("name"), str) or not isinstance(data.get("version"), str):
            return []
        match = _RECORD.fullmatch(path)
        prefix = match["prefix"] if match else ""
        channel = str(data.get("channel", "")).rstrip("/").split("/")[-2:]
        qualifiers = {"build": str(data.get("build") or ""), "subdir": str(data.get("subdir") or ""),
                      "channel": channel[0] if channel else ""}  # fmt: skip
        files = data.get("files")
        return [
            Component(
                kind="conda",
                name=data["name"],
                version=data["version"],
                purl=purl("conda", "", data["name"], data["version"], qualifiers),
                how=Found.CONDA,
                evidence=f"/{path}",
                licenses=(str(data["license"]),) if data.get("license") else (),
                files=tuple(f"{prefix}{file}" for file in files if isinstance(file, str))
                if isinstance(files, list)
                else (),
            )
        ]
