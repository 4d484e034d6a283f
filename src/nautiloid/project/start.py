"""Reads what the image starts from the Dockerfile, or the scripts of ``pyproject.toml``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nautiloid.project.dockerfile import Dockerfile
from nautiloid.project.facts import Notebook, Said
from nautiloid.project.project_files import ProjectFiles
from nautiloid.project.project_text import read_bytes

PYTHON = "/usr/bin/python3"

# Console programs whose wheels can be started as modules; the image holds no scripts of wheels.
_MODULES = {
    "accelerate": ("accelerate.commands.accelerate_cli",),
    "celery": ("celery",),
    "fastapi": ("fastapi",),
    "flask": ("flask",),
    "granian": ("granian",),
    "gunicorn": ("gunicorn",),
    "hypercorn": ("hypercorn",),
    "streamlit": ("streamlit",),
    "torchrun": ("torch.distributed.run",),
    "uvicorn": ("uvicorn",),
}
_INITS = {"tini", "dumb-init"}
_OPTIONS_WITH_VALUE = {"-W", "-X"}


@dataclass(frozen=True)
class Start:
    """The image's entry point and command, with their origins.

    Attributes:
        modules: It starts a module of the project, which Python must find.
    """

    entrypoint: Said[tuple[str, ...]]
    command: Said[tuple[str, ...]]
    modules: bool = False


class StartChooser:
    """Decides what one project starts: what its Dockerfile or ``pyproject.toml`` says."""

    def __init__(
        self, root: Path, files: ProjectFiles, workdir: PurePosixPath, scripts: Mapping[str, str], notebook: Notebook
    ) -> None:
        self._root = root
        self._files = files
        self._workdir = workdir
        self._scripts = scripts
        self._notebook = notebook

    def choose(self, dockerfile: Dockerfile | None) -> Start | None:
        """Return what is started; None where neither says it.

        Args:
            dockerfile: What the project's Dockerfile says.
        """
        if dockerfile is not None and (start := self._of_dockerfile(dockerfile)) is not None:
            return start
        return self._of_scripts() if self._scripts else None

    # -- the Dockerfile ------------------------------------------------------------------------------------------

    def _of_dockerfile(self, dockerfile: Dockerfile) -> Start | None:
        entry, command = dockerfile.entrypoint, dockerfile.command
        if entry is None:
            if command is None or (words := self._program(command.value, command.origin)) is None:
                return None
            # CMD alone can be replaced as a whole: the interpreter stays, the script is the replaceable part.
            said = Said(words[:1], command.origin)
            return Start(said, Said(words[1:], command.origin), self._is_module(words))
        words = self._program(entry.value, entry.origin)
        if words is None:
            return None
        rest = command.value if command else ()
        if words == (PYTHON,) and rest:
            rest = self._arguments(rest, command.origin if command else entry.origin)
        return Start(
            Said(words, entry.origin), Said(rest, command.origin if command else ""), self._is_module((*words, *rest))
        )

    def _program(self, words: tuple[str, ...], origin: str) -> tuple[str, ...] | None:
        program, rest = PurePosixPath(words[0]).name, words[1:]
        if program in _INITS:
            rest = rest[1:] if rest[:1] == ("--",) else rest
            return self._program(rest, origin) if rest else None
        if re.fullmatch(r"python[\d.]*", program):
            return (PYTHON, *self._arguments(rest, origin))
        if program in self._scripts:
            return (*self._script(self._scripts[program]), *rest)
        if program in _MODULES:
            return (PYTHON, "-m", *_MODULES[program], *rest)
        if words[0].endswith(".py"):
            return (PYTHON, *self._arguments(words, origin))
        shell = (
            "the image has no shell" if program in ("sh", "bash") or program.endswith(".sh") else "not known to init"
        )
        self._notebook.add(origin, f"starts {words[0]}: {shell}; say in image.entrypoint what is to be started")
        return None

    def _arguments(self, words: tuple[str, ...], origin: str) -> tuple[str, ...]:
        """Return Python's arguments with the script, if there is one, by its absolute path in the image."""
        for place, word in enumerate(words):
            if word in ("-m", "-c"):
                return words
            if word.startswith("-") or (place and words[place - 1] in _OPTIONS_WITH_VALUE):
                continue
            path = self._workdir / word
            if not any(path == one.to or path.is_relative_to(one.to) for one in self._files.chosen):
                self._notebook.add(origin, f"starts {word}, which is not among the image's files")
            return (*words[:place], str(path), *words[place + 1 :])
        return words

    @staticmethod
    def _is_module(words: Sequence[str]) -> bool:
        return "-m" in words or "-c" in words

    # -- the project's own scripts -------------------------------------------------------------------------------

    def _of_scripts(self) -> Start:
        name = sorted(self._scripts)[0]
        if len(self._scripts) > 1:
            others = ", ".join(sorted(self._scripts)[1:])
            self._notebook.add("pyproject.toml", f"has several scripts; the image starts {name}, not {others}")
        return Start(
            Said(self._script(self._scripts[name]), f"pyproject.toml, script {name}"), Said((), ""), modules=True
        )

    def _script(self, target: str) -> tuple[str, ...]:
        module, _, function = target.partition(":")
        source = module.replace(".", "/")
        for base in (self._root, self._root / "src"):
            file = base / f"{source}.py"
            if b"__main__" in (read_bytes(self._root, file) or b""):
                return (PYTHON, "-m", module)
        called = function.partition(".")[0] or "main"
        return (PYTHON, "-c", f"import sys; from {module} import {called}; sys.exit({function or 'main'}())")
