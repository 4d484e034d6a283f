"""Reads conda's ``environment.yml``: its Python version and its pip part. conda's own packages are no wheels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from nautiloid.project.facts import Notebook, ProjectError, Said, Wanted, read_requirement

FILES = ("environment.yml", "environment.yaml")


@dataclass(frozen=True)
class CondaEnvironment:
    """The parts of it that a definition can use."""

    file: str
    python: Said[SpecifierSet] | None
    wanted: tuple[Wanted, ...]


def read_conda_environment(root: Path, notebook: Notebook) -> CondaEnvironment | None:
    """Read the file; None where there is none.

    Raises:
        ProjectError: It is not YAML, or holds something else.
    """
    file = next((name for name in FILES if (root / name).is_file()), None)
    if file is None:
        return None
    try:
        data = yaml.safe_load((root / file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ProjectError(f"cannot read {root / file}: {error}") from error
    listed = data.get("dependencies") if isinstance(data, dict) else None
    python: Said[SpecifierSet] | None = None
    wanted: list[Wanted] = []
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict):
            lines = [str(line) for line in entry.get("pip") or ()]
            wanted += [one for line in lines if (one := read_requirement(line, file, notebook))]
        elif (match := re.fullmatch(r"python\s*={1,2}\s*(\d+\.\d+)[\d.*]*", str(entry))) is not None:
            python = Said(SpecifierSet(f"=={match[1]}.*"), file)
        elif (match := re.fullmatch(r"python\s*([<>!=~].*)", str(entry))) is not None:
            python = _said(match[1], file, notebook)
        elif str(entry) not in ("pip", "python"):
            notebook.add(file, f"a conda package, not a wheel; add its wheel under python.requirements: {entry}")
    return CondaEnvironment(file, python, tuple(wanted))


def _said(text: str, file: str, notebook: Notebook) -> Said[SpecifierSet] | None:
    try:
        return Said(SpecifierSet(text), file)
    except InvalidSpecifier:
        notebook.add(file, f"Python version not understood: {text}")
        return None
