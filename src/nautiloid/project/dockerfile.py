"""What a Dockerfile's last stage says about the image: base, environment, files, packages, what is started.

Other stages count as far as the last one copies from them. Nothing is run and nothing guessed: what only a shell knows
becomes a note.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from nautiloid import bounds
from nautiloid.errors import quotable
from nautiloid.project.copies import Copy
from nautiloid.project.dockerfile_syntax import Instruction, Stage, parse, substitute
from nautiloid.project.environment_names import is_for_building, is_secret
from nautiloid.project.facts import Notebook, ProjectError, Said
from nautiloid.project.health import HealthCheck, health_check, shown
from nautiloid.project.pip_command import PipInstall, is_pip, read_pip_install
from nautiloid.project.project_text import read_text
from nautiloid.project.shell_commands import plain_words, simple_commands
from nautiloid.project.stage_copies import INSTALLERS, copied_from

FILE = "Dockerfile"
_PYTHON_TAG = re.compile(r"(?:^|/)python:(?P<version>3\.\d+)")
_CONDA = re.compile(r"(miniconda|anaconda|micromamba|mambaforge)")
_LOCK_INSTALLERS = ("uv", "poetry", "pipenv", "pdm", "hatch")
_CONDAS = ("conda", "mamba", "micromamba")
_QUIET = {"ARG", "LABEL", "SHELL", "STOPSIGNAL", "MAINTAINER", "ONBUILD"}
_HARMLESS_COMMANDS = {"rm", "mkdir", "echo", "set", "true", "chmod", "chown", "cd", "useradd", "adduser", "groupadd",
                      "addgroup", "ln", "touch", "export", "usermod", "ldconfig", "locale-gen"}  # fmt: skip


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
        uses_lock: It installs what a lock or another of the project's files says (``uv sync``).
        ports: What the program listens on: ``8000``, ``53/udp``.
        volumes: Paths that want to be mounted.
        health: None where it is not said or not understood.
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
    uses_lock: bool = False
    ports: list[Said[str]] = field(default_factory=list)
    volumes: list[Said[str]] = field(default_factory=list)
    health: Said[HealthCheck] | None = None
    entrypoint: Said[tuple[str, ...]] | None = None
    command: Said[tuple[str, ...]] | None = None


def read_dockerfile(root: Path, notebook: Notebook, *, file: str = FILE, target: str = "") -> Dockerfile | None:
    """Read the project's Dockerfile; None where there is none.

    Args:
        root: The project's directory.
        notebook: Hears of what is not understood.
        file: Its path, relative to the project.
        target: The stage that is meant; empty for the last one.

    Raises:
        ProjectError: It cannot be read, or has no such stage.
    """
    path = root / file
    text = read_text(root, path, bounds.DOCKERFILE)
    if text is None:
        return None
    head, stages = parse(text)
    if not stages:
        raise ProjectError(f"{path} has no FROM", "Correct it, or move it away: init reads it if it is there.")
    last = next((place for place, stage in enumerate(stages) if target and stage.name == target.lower()), None)
    if target and last is None:
        raise ProjectError(f"{path} has no stage {quotable(target)}", "Name one that it has as the build's target.")
    return _Reader(_Files(root, file, {}), head, stages[: last + 1] if last is not None else stages, notebook).read()


@dataclass(frozen=True)
class _Files:
    """What readers of several stages share: where they read, and which stages are read already, by their lines."""

    root: Path
    file: str
    read: dict[int, Dockerfile]


class _Reader:
    """Follows the instructions of the last stage, and of those stages that it is built from."""

    def __init__(
        self, files: _Files, head: tuple[Instruction, ...], stages: tuple[Stage, ...], notebook: Notebook
    ) -> None:
        self._files = files
        self._head = head
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
        found = Dockerfile(Said(image, f"{self._files.file}:{chain[0].line}"))
        self._base(found)
        for stage in chain:
            for instruction in stage.instructions:
                self._follow(instruction, found)
        followed = {stage.line for stage in chain} | self._files.read.keys()
        if unread := [stage.name or f"line {stage.line}" for stage in self._stages if stage.line not in followed]:
            self._notebook.add(self._files.file, f"stages that the last one does not use: {', '.join(unread)}")
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
        origin = f"{self._files.file}:{instruction.line}"
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
            case "EXPOSE" | "VOLUME" | "HEALTHCHECK":
                self._for_runs(instruction, origin, found)
            case name if name not in _QUIET:
                self._notebook.add(origin, f"{name} {instruction.value}: not understood")

    def _for_runs(self, instruction: Instruction, origin: str, found: Dockerfile) -> None:
        match instruction.name:
            case "EXPOSE":
                if (ports := self._filled(instruction, origin)) is not None:
                    found.ports += [Said(port, origin) for port in ports.split()]
            case "VOLUME":
                paths = instruction.exec_form or _words(self._filled(instruction, origin) or "")
                found.volumes += [Said(path, origin) for path in paths]
            case "HEALTHCHECK":
                found.health = self._health(instruction, origin)

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
            if is_secret(name):
                self._notebook.add(origin, f"{name} looks like a secret, left out: give it with 'nautiloid run --env'")
            elif not is_for_building(name):
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
            if "from" in instruction.flags:
                path = str(_absolute(PurePosixPath("/"), source))
                self._copy_from(
                    instruction.flags["from"], Copy(path, _absolute(self._workdir, to), into, origin), found
                )
            else:
                found.copies.append(Copy(source.strip("/") or ".", _absolute(self._workdir, to), into, origin))

    def _copy_from(self, name: str, asked: Copy, found: Dockerfile) -> None:
        other = self._other_stage(name)
        if other is None:
            if not INSTALLERS.search(asked.source):
                self._notebook.add(asked.origin, f"copies from {name}, not carried over: {asked.source}")
            return
        copies = list(copied_from(self._files.root, other.copies, asked))
        # Each thing once: stages that hand on to each other would double it every time.
        have = {(copy.source, copy.to, copy.into) for copy in found.copies}
        found.copies += [copy for copy in copies if (copy.source, copy.to, copy.into) not in have]
        # Where pip puts packages is a virtual environment's affair: what the stage installs is what is handed on.
        found.pip_requirements += [said for said in other.pip_requirements if said not in found.pip_requirements]
        found.pip_packages += [said for said in other.pip_packages if said not in found.pip_packages]
        found.installs_project |= other.installs_project
        if not copies and not (other.pip_requirements or other.pip_packages or other.uses_lock):
            self._notebook.add(
                asked.origin, f"copies what another stage makes, not carried over: {asked.source} from {name}"
            )

    def _other_stage(self, name: str) -> Dockerfile | None:
        """Read an earlier stage, by its name or number."""
        filled = substitute(name, self._variables)[0].lower()
        for place, stage in enumerate(self._stages[:-1]):
            if filled in (stage.name, str(place)) and filled:
                if stage.line not in self._files.read:
                    reader = _Reader(self._files, self._head, self._stages[: place + 1], Notebook())
                    self._files.read[stage.line] = reader.read()
                return self._files.read[stage.line]
        return None

    def _health(self, instruction: Instruction, origin: str) -> Said[HealthCheck] | None:
        kind, _, value = instruction.value.partition(" ")
        if kind.upper() == "NONE":
            return None
        test = replace(instruction, value=value.strip()).exec_form or value.strip()
        options = {name.replace("-", "_"): given for name, given in instruction.flags.items()}
        check = health_check(test, self._workdir, options) if kind.upper() == "CMD" else None
        if check is None:
            self._notebook.add(
                origin, f"not understood, the image has no shell and no curl; see image.healthcheck: {shown(test)}"
            )
        return Said(check, origin) if check else None

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
        elif program in _LOCK_INSTALLERS or (program in _CONDAS and "env" in arguments):
            found.uses_lock = True  # what they install stands in the project's own files, which are read themselves
        elif program not in _HARMLESS_COMMANDS and not is_pip(program):
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
