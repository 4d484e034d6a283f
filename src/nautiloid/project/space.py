"""Reads a Hugging Face Space: the front matter of its README, and ``packages.txt``.

Source: huggingface.co/docs, "Spaces Configuration Reference" and "Spaces Dependencies". Streamlit's own hosting has the
same ``packages.txt``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet

from nautiloid import bounds
from nautiloid.project.facts import Notebook, Said, Wanted, read_requirement
from nautiloid.project.project_text import parse_yaml, read_text

README = "README.md"
PACKAGES = "packages.txt"
_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(?P<yaml>.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_SDKS = ("gradio", "streamlit", "docker", "static")


@dataclass(frozen=True)
class Space:
    """What it says.

    Attributes:
        sdk: ``gradio``, ``streamlit``, ``docker`` or ``static``.
        app_file: What starts, relative to the project; empty for the usual name.
        port: What it listens on; None for the usual one.
        wanted: The SDK itself, which a Space's own requirements leave out.
    """

    sdk: Said[str]
    app_file: str = ""
    port: Said[str] | None = None
    python: Said[SpecifierSet] | None = None
    wanted: tuple[Wanted, ...] = ()


def read_space(root: Path, notebook: Notebook) -> Space | None:
    """Read the front matter; None where the README has none that is a Space's.

    Raises:
        ProjectError: It is a Space's, and no YAML.
    """
    text = read_text(root, root / README)
    front = _FRONT_MATTER.match(text[: bounds.FRONT_MATTER]) if text else None
    if front is None or not re.search(r"^sdk\s*:", front["yaml"], re.MULTILINE):
        return None
    data = parse_yaml(front["yaml"], f"the front matter of {root / README}")
    sdk = str(data.get("sdk") or "")
    if sdk not in _SDKS:
        notebook.add(README, f"not understood: sdk: {sdk}")
        return None
    if listed := data.get("preload_from_hub"):
        names = ", ".join(str(item).partition(" ")[0] for item in listed) if isinstance(listed, list) else ""
        notebook.add(README, f"preloads from the hub: mount it, or add it under weights: {names}")
    return Space(
        Said(sdk, README),
        app_file=str(data.get("app_file") or "") if sdk != "docker" else "",
        port=_port(data, sdk),
        python=_python(data),
        wanted=tuple(_sdk(data, sdk, notebook)),
    )


def space_packages(root: Path) -> Said[tuple[str, ...]] | None:
    """Return the Debian packages of ``packages.txt`` as an ``apt-get install`` command; None where it names none.

    Raises:
        ProjectError: It cannot be read.
    """
    text = read_text(root, root / PACKAGES)
    names = [word for line in (text or "").splitlines() for word in line.partition("#")[0].split()]
    return Said(("apt-get", "install", *names), PACKAGES) if names else None


def _port(data: Mapping[str, Any], sdk: str) -> Said[str] | None:
    port = data.get("app_port")
    if isinstance(port, int) and not isinstance(port, bool):
        return Said(str(port), f"{README}, app_port")
    return Said("7860", f"{README}, the usual port of a Space") if sdk == "docker" else None


def _python(data: Mapping[str, Any]) -> Said[SpecifierSet] | None:
    version = re.fullmatch(r"(3\.\d+)(\.\d+)?", str(data.get("python_version") or ""))
    return Said(SpecifierSet(f"=={version[1]}.*"), README) if version else None


def _sdk(data: Mapping[str, Any], sdk: str, notebook: Notebook) -> list[Wanted]:
    if sdk not in ("gradio", "streamlit"):
        return []
    version = data.get("sdk_version")
    wanted = read_requirement(f"{sdk}=={version}" if isinstance(version, str) else sdk, README, notebook)
    return [wanted] if wanted else []
