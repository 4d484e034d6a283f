"""Small wheels in a directory: a real index for the real pip."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path

import pytest


class Wheelhouse:
    """A directory of wheels that is all that pip knows.

    Attributes:
        directory: Where they lie.
    """

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory = directory
        directory.mkdir(exist_ok=True)
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", str(directory))

    def put(
        self, name: str, version: str, *requires_dist: str, tag: str = "py3-none-any", python: str = "", body: str = ""
    ) -> Path:
        """Add a wheel; the same arguments make the same bytes."""
        info = f"{name}-{version}.dist-info"
        needs = "".join(f"Requires-Dist: {line}\n" for line in requires_dist)
        needs += f"Requires-Python: {python}\n" if python else ""
        files = {
            f"{name}.py": f"version = '{version}'\n{body}",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
        }
        record = ""
        path = self.directory / f"{name}-{version}-{tag}.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for member, text in files.items():
                archive.writestr(zipfile.ZipInfo(member), text)
                digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
                record += f"{member},sha256={digest},{len(text)}\n"
            archive.writestr(zipfile.ZipInfo(f"{info}/RECORD"), f"{record}{info}/RECORD,,\n")
        return path
