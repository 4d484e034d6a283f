"""Reads conda's ``environment.yml``: its Python version, its pip part, and those of its packages that are wheels too.

Source: docs.conda.io, "Managing environments" and "Package match specifications".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from nautiloid.project.conda_names import debian_package_of, distribution_of, is_no_python
from nautiloid.project.facts import Notebook, Said, Wanted, read_requirement
from nautiloid.project.project_text import read_yaml
from nautiloid.project.requirements import read_requirements

FILES = ("environment.yml", "environment.yaml", "conda.yml", "conda.yaml")
_SPEC = re.compile(r"(?:(?P<channel>[\w./-]+)::)?(?P<name>[A-Za-z0-9_][\w.-]*)\s*(?P<versions>.*)")


@dataclass(frozen=True)
class CondaEnvironment:
    """The parts of it that a definition can use.

    Attributes:
        file: Its name.
        name: What the environment is called; empty where it is not.
        variables: What it sets.
    """

    file: str
    python: Said[SpecifierSet] | None
    wanted: tuple[Wanted, ...]
    name: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)


def read_conda_environment(root: Path, notebook: Notebook) -> CondaEnvironment | None:
    """Read the file; None where there is none.

    Args:
        root: The project's directory.
        notebook: Hears of packages that are no wheels, and of channels.

    Raises:
        ProjectError: It is not YAML, or holds something else.
    """
    for file in FILES:
        data = read_yaml(root, root / file)
        if data is not None:
            break
    else:
        return None
    reader = _Reader(root, file, notebook)
    listed = data.get("dependencies")
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict):
            reader.pip(entry.get("pip"))
        elif isinstance(entry, str):
            reader.package(entry)
    reader.conclude(_texts(data.get("channels")))
    variables = data.get("variables")
    return CondaEnvironment(
        file,
        reader.python,
        tuple(reader.wanted),
        str(data.get("name") or ""),
        {str(name): str(value) for name, value in variables.items()} if isinstance(variables, dict) else {},
    )


class _Reader:
    def __init__(self, root: Path, file: str, notebook: Notebook) -> None:
        self.python: Said[SpecifierSet] | None = None
        self.wanted: list[Wanted] = []
        self._root, self._file, self._notebook = root, file, notebook
        self._from_conda: list[str] = []
        self._no_python: list[str] = []
        self._unknown: list[str] = []

    def pip(self, lines: object) -> None:
        for line in _texts(lines):
            option = re.fullmatch(r"(?:-r|--requirement)[\s=]*(\S+)", line.strip())
            if option is None:
                self.wanted += _taken(read_requirement(line, self._file, self._notebook))
            elif (nested := self._root / option[1]).is_file():
                self.wanted += read_requirements(nested, self._root, self._notebook, within=self._root).wanted
            else:
                self._notebook.add(self._file, f"names {option[1]}, which is no file of the project")

    def package(self, entry: str) -> None:
        spec = _SPEC.fullmatch(entry.strip())
        if spec is None:
            self._notebook.add(self._file, f"not understood: {entry}")
        elif spec["name"] in ("pip", "setuptools", "wheel"):
            pass  # they install; the image is not installed into
        elif spec["name"] == "python":
            self._python(spec["versions"])
        elif (name := distribution_of(spec["name"])) and not is_no_python(spec["name"]):
            versions = pip_versions(spec["versions"])
            if versions is None:
                self._notebook.add(self._file, f"versions not understood, any is taken: {entry}")
            self._from_conda.append(entry)
            self.wanted += _taken(read_requirement(f"{name}{versions or ''}", self._file, self._notebook))
        elif debian := debian_package_of(spec["name"]):
            self._notebook.add(self._file, f"{entry} is a program; if it is needed, add {debian} under debian.packages")
        else:
            (self._no_python if is_no_python(spec["name"]) else self._unknown).append(entry)

    def conclude(self, channels: list[str]) -> None:
        """Say once what concerns many packages."""
        taken, rest, odd = (", ".join(entries) for entries in (self._from_conda, self._no_python, self._unknown))
        if taken and channels:
            self._notebook.add(self._file, f"taken as wheels from pip's index, not from {', '.join(channels)}: {taken}")
        if rest:
            self._notebook.add(
                self._file, f"conda packages that are no Python, left out (wheels bundle theirs): {rest}"
            )
        if odd:
            self._notebook.add(
                self._file, f"conda packages whose wheels init does not know; add them under python.requirements: {odd}"
            )

    def _python(self, text: str) -> None:
        versions = pip_versions(text)
        # Which patch release it is, is the release's choice.
        minor = re.sub(r"==(\d+\.\d+)(\.\d+)*(\.\*)?$", r"==\1.*", versions) if versions else versions
        if minor is None:
            self._notebook.add(self._file, f"Python version not understood: {text}")
        elif minor:
            self.python = Said(SpecifierSet(minor), self._file)


def pip_versions(text: str) -> str | None:
    """Return conda's version constraint as PEP 440 specifiers; empty for any, None where it is not understood.

    ``=1.2`` is any 1.2, ``==1.2`` that very one; a second ``=`` begins the name of a build, which wheels do not have.
    """
    plain = re.sub(r"^(==\s*[\w.]+)=\S+$", r"\1", text.strip())
    fuzzy = re.fullmatch(r"=?\s*(\d[\w.]*?)(?:\.?\*)?(?:[=\s]+[\w*.]+)?", plain)
    if plain in ("", "*"):
        return ""
    parts = [part.strip() for part in plain.split(",")]
    # ``>=1.2.*`` is conda's way of writing ``>=1.2``; only equality takes a star on the index.
    versions = (
        f"=={fuzzy[1]}.*" if fuzzy else ",".join(re.sub(r"^([<>~]=?)\s*([\d.]+)\.\*$", r"\1\2", part) for part in parts)
    )
    try:
        return str(SpecifierSet(versions)) if "|" not in plain else None
    except InvalidSpecifier:
        return None


def _taken(wanted: Wanted | None) -> Iterator[Wanted]:
    if wanted is not None:
        yield wanted


def _texts(value: object) -> list[str]:
    values: Iterable[object] = value if isinstance(value, list) else ()
    return [item for item in values if isinstance(item, str)]
