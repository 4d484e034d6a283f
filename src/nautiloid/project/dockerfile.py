"""What a Dockerfile's last stage says about the image: base, environment, files, packages, what is started.

Nothing is run and nothing guessed: what only a shell or another stage knows becomes a note.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from nautiloid.project.dockerfile_syntax import Instruction, Stage, parse, substitute
from nautiloid.project.facts import Notebook, ProjectError, Said
from nautiloid.project.pip_command import PipInstall, is_pip, read_pip_install
from nautiloid.project.shell_commands import plain_words, simple_commands

FILE = "Dockerfile"
_PYTHON_TAG = re.compile(r"(?:^|/)python:(?P<version>3\.\d+)")
_CONDA = re.compile(r"(miniconda|anaconda|micromamba|mambaforge)")
_SECRET = re.compile(r"(TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|API_?KEY|ACCESS_KEY|PRIVATE_KEY)", re.IGNORECASE)
# Only the build, pip or a Debian shell reads these; or the base image sets them itself.
_BUILD_VARIABLE = re.compile(
    r"PATH|LANG|LC_ALL|HOME|DEBIAN_FRONTEND|(PIP|POETRY|UV|CONDA|VIRTUAL_ENV).*|PYTHONUNBUFFERED|PYTHONDONTWRITEBYTECODE"
    r"|PYTHONFAULTHANDLER|PYTHONHASHSEED"
)
_NO_COUNTERPART = {
    "EXPOSE": "has no counterpart, containers have no network unless run with --network host",
    "VOLUME": "has no counterpart, mount it with -v or -o",
    "HEALTHCHECK": "has no counterpart, let the orchestrator probe it",
}
_QUIET = {"ARG", "LABEL", "SHELL", "STOPSIGNAL", "MAINTAINER", "ONBUILD"}
_HARMLESS_COMMANDS = {"rm", "mkdir", "echo", "set", "true", "chmod", "chown", "cd", "useradd", "adduser", "groupadd",
                      "addgroup", "ln", "touch", "export", "usermod", "ldconfig", "locale-gen"}  # fmt: skip


@dataclass(frozen=True)
class Copy:
    """One source of a ``COPY``: a path or glob of the project, and where it goes.

    Attributes:
        source: Relative to the project.
        to: Absolute path in the image.
        into: ``to`` is a directory that receives the source by its name (a directory's contents go in either case).
    """

    source: str
    to: PurePosixPath
    into: bool
    origin: str


@dataclass
class Dockerfile:
    """What the last stage says.

    Attributes:
        image: What it is built from, with aliases of earlier stages followed.
        python: The Python of a ``python:3.x`` base.
        installs: Words of each ``apt-get install``.
        pip_requirements: Files of ``pip install -r``.
        pip_packages: Requirements of ``pip install``.
        installs_project: ``pip install .`` is among them.
        entrypoint: None where it is not said or not understood.
    """

    image: Said[str]
    python: Said[str] | None = None
    workdir: Said[PurePosixPath] | None = None
    env: dict[str, Said[str]] = field(default_factory=dict)
    labels: dict[str, Said[str]] = field(default_factory=dict)
    user: Said[str] | None = None
    copies: list[Copy] = field(default_factory=list)
    installs: list[Said[tuple[str, ...]]] = field(default_factory=list)
    pip_requirements: list[Said[str]] = field(default_factory=list)
    pip_packages: list[Said[str]] = field(default_factory=list)
    installs_project: bool = False
    entrypoint: Said[tuple[str, ...]] | None = None
    command: Said[tuple[str, ...]] | None = None


def read_dockerfile(root: Path, notebook: Notebook) -> Dockerfile | None:
    """Read the project's Dockerfile; None where there is none.

    Raises:
        ProjectError: It cannot be read, or has no stage.
    """
    path = root / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError(f"cannot read {path}: {error}") from error
    head, stages = parse(text)
    if not stages:
        raise ProjectError(f"{path} has no FROM", "Correct it, or move it away: init reads it if it is there.")
    return _Reader(head, stages, notebook).read()


class _Reader:
    """Follows the instructions of the last stage, and of those stages that it is built from."""

    def __init__(self, head: tuple[Instruction, ...], stages: tuple[Stage, ...], notebook: Notebook) -> None:
        self._notebook = notebook
        self._stages = stages
        self._variables: dict[str, str] = {}
        for instruction in head:
            self._argument(instruction)
        self._global = dict(self._variables)
        self._workdir = PurePosixPath("/")

    def read(self) -> Dockerfile:
        chain = self._chain()
        image, _ = substitute(chain[0].image, self._global)
        found = Dockerfile(Said(image, f"{FILE}:{chain[0].line}"))
        self._base(found)
        if len(self._stages) > len(chain):
            self._notebook.add(FILE, "several stages: only the last one counts, and what it is built from")
        for stage in chain:
            for instruction in stage.instructions:
                self._follow(instruction, found)
        return found

    def _chain(self) -> list[Stage]:
        """Return the last stage, preceded by the stages that it is built from."""
        chain = [self._stages[-1]]
        for stage in reversed(self._stages[:-1]):
            if stage.name and stage.name == substitute(chain[0].image, self._global)[0].lower():
                chain.insert(0, stage)
        return chain

    def _base(self, found: Dockerfile) -> None:
        image, origin = found.image.value, found.image.origin
        if match := _PYTHON_TAG.search(image):
            found.python = Said(match["version"], origin)
        if "alpine" in image:
            self._notebook.add(
                origin, f"{image} has another C library; the image will be Debian, whose wheels are the common ones"
            )
        if "cuda" in image or "nvidia" in image:
            self._notebook.add(
                origin, f"{image} is for GPUs; the definition is for CPUs unless it extends pytorch-cuda"
            )
        if _CONDA.search(image):
            self._notebook.add(origin, f"{image} brings conda, whose packages are no wheels")

    def _follow(self, instruction: Instruction, found: Dockerfile) -> None:
        origin = f"{FILE}:{instruction.line}"
        match instruction.name:
            case "RUN":
                self._run(instruction, origin, found)
            case "CMD" | "ENTRYPOINT":
                self._start(instruction, origin, found)
            case "COPY" | "ADD":
                self._copy(instruction, origin, found)
            case "ARG":
                self._argument(instruction)
            case "ENV":
                self._environment(instruction, origin, found)
            case "LABEL":
                found.labels |= {name: Said(value, origin) for name, value in self._pairs(instruction, origin)}
            case "WORKDIR":
                if (path := self._filled(instruction, origin)) is not None:
                    self._workdir = _absolute(self._workdir, path)
                    found.workdir = Said(self._workdir, origin)
            case "USER":
                if (user := self._filled(instruction, origin)) is not None:
                    found.user = Said(user, origin)
            case name if name not in _QUIET:
                why = _NO_COUNTERPART.get(name, "not understood")
                self._notebook.add(origin, f"{name} {instruction.value}: {why}")

    # -- variables -----------------------------------------------------------------------------------------------

    def _argument(self, instruction: Instruction) -> None:
        for word in _words(instruction.value):
            name, equals, value = word.partition("=")
            if equals:
                self._variables.setdefault(name, substitute(value, self._variables)[0])
            elif name in getattr(self, "_global", {}):
                self._variables[name] = self._global[name]

    def _environment(self, instruction: Instruction, origin: str, found: Dockerfile) -> None:
        for name, value in self._pairs(instruction, origin):
            self._variables[name] = value
            if _SECRET.search(name):
                self._notebook.add(origin, f"{name} looks like a secret, left out: give it with 'nautiloid run --env'")
            elif not _BUILD_VARIABLE.fullmatch(name):
                found.env[name] = Said(value, origin)

    def _pairs(self, instruction: Instruction, origin: str) -> list[tuple[str, str]]:
        """Read ``NAME=value NAME="value"``, or the old form ``NAME value``."""
        first = instruction.value.split(" ", 1)[0]
        if "=" not in first:
            name, _, value = instruction.value.partition(" ")
            pairs = [(name, value.strip())]
        else:
            pairs = [
                (word.partition("=")[0], word.partition("=")[2]) for word in _words(instruction.value) if "=" in word
            ]
        known = []
        for name, value in pairs:
            filled, unknown = substitute(value, self._variables)
            # A variable that nobody set is empty, as for Docker; PATH and the like come from the base image.
            for missing in unknown:
                filled = filled.replace(f"${{{missing}}}", "").replace(f"${missing}", "")
            if unknown and name not in ("PATH",):
                self._notebook.add(origin, f"{', '.join(unknown)} has no value here, taken for empty in {name}")
            known.append((name, filled.strip(":") if unknown and name.endswith("PATH") else filled))
        return known

    def _filled(self, instruction: Instruction, origin: str) -> str | None:
        value, unknown = substitute(instruction.value, self._variables)
        if unknown:
            self._notebook.add(origin, f"not understood, {', '.join(unknown)} has no value: {instruction.value}")
            return None
        return value.strip("\"'")

    # -- files ---------------------------------------------------------------------------------------------------

    def _copy(self, instruction: Instruction, origin: str, found: Dockerfile) -> None:
        if "from" in instruction.flags:
            self._notebook.add(
                origin,
                f"copies from another stage, not carried over: {instruction.value} (Python packages come as wheels)",
            )
            return
        value = self._filled(instruction, origin)
        if value is None:
            return
        words = instruction.exec_form or _words(value)
        if instruction.documents or len(words) < 2:
            self._notebook.add(origin, f"not understood: {instruction.name} {instruction.value}")
            return
        *sources, to = words
        for source in sources:
            if instruction.name == "ADD" and re.search(r"://|\.(tar|tgz|tar\..*)$", source):
                self._notebook.add(origin, f"ADD downloads or unpacks, not carried over: {source}")
                continue
            into = to.endswith(("/", "/.")) or to == "." or len(sources) > 1
            found.copies.append(Copy(source.strip("/") or ".", _absolute(self._workdir, to), into, origin))

    # -- commands ------------------------------------------------------------------------------------------------

    def _run(self, instruction: Instruction, origin: str, found: Dockerfile) -> None:
        words = instruction.exec_form
        text = "\n".join(instruction.documents) or instruction.value
        for command in [words] if words else simple_commands(substitute(text, self._variables)[0]):
            if command:
                self._command(command, origin, found)

    def _command(self, command: tuple[str, ...], origin: str, found: Dockerfile) -> None:
        program, arguments = PurePosixPath(command[0]).name, command[1:]
        if program in ("apt-get", "apt"):
            if "install" in arguments:
                found.installs.append(Said(command, origin))
        elif (pip := read_pip_install(command)) is not None:
            self._pip(pip, origin, found)
        elif program not in ("uv", "poetry", "pipenv") and program not in _HARMLESS_COMMANDS and not is_pip(program):
            # uv, poetry and pipenv install what their locks say, and these are read themselves
            self._notebook.add(
                origin, f"not carried over, nothing is run when an image is built: {shlex.join(command)}"
            )

    def _pip(self, pip: PipInstall, origin: str, found: Dockerfile) -> None:
        found.pip_requirements += [Said(file, origin) for file in pip.files]
        found.pip_packages += [Said(package, origin) for package in pip.packages]
        found.installs_project |= pip.project
        for option in pip.index:
            self._notebook.add(origin, f"not carried over, see python.indexes: {option}")
        for file in pip.constraints:
            self._notebook.add(origin, f"not carried over, name it in a requirements file: --constraint {file}")

    def _start(self, instruction: Instruction, origin: str, found: Dockerfile) -> None:
        words = instruction.exec_form
        if words is None:
            words = plain_words(instruction.value)
            if words is None:
                self._notebook.add(
                    origin,
                    f"not understood without a shell, and the image has none: {instruction.name} {instruction.value}",
                )
        said = Said(words, origin) if words else None
        if instruction.name == "CMD":
            found.command = said
        else:
            found.entrypoint, found.command = said, None  # as Docker does


def _absolute(workdir: PurePosixPath, path: str) -> PurePosixPath:
    return PurePosixPath(posixpath.normpath(workdir / path))


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
