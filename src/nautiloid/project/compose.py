"""Reads the Compose file: the one service that is built from this project, and how it is run.

Source: docs.docker.com, "Compose file reference" (services, build). What the definition has no place for (volumes,
other services) is said with what does the same for ``nautiloid run``; an ``env_file`` is never opened.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from nautiloid.project.environment_names import is_for_building, is_name, is_secret
from nautiloid.project.facts import Notebook, Said
from nautiloid.project.health import HealthCheck, health_check, shown
from nautiloid.project.project_text import read_yaml
from nautiloid.project.shell_commands import plain_words

FILES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_IMAGE_WORKDIR = PurePosixPath("/app")


@dataclass(frozen=True)
class ComposeService:
    """How Compose builds and runs this project.

    Attributes:
        name: The service's.
        dockerfile: Path of its Dockerfile, relative to the project.
        target: The stage that it builds; empty for the last one.
        entrypoint: None where it does not replace the image's.
        ports: What the program listens on: ``8000``, ``53/udp``.
    """

    name: str
    dockerfile: str
    target: str = ""
    entrypoint: Said[tuple[str, ...]] | None = None
    command: Said[tuple[str, ...]] | None = None
    workdir: Said[PurePosixPath] | None = None
    user: Said[str] | None = None
    env: Mapping[str, Said[str]] = field(default_factory=dict)
    ports: tuple[Said[str], ...] = ()
    health: Said[HealthCheck] | None = None


def read_compose(root: Path, notebook: Notebook) -> ComposeService | None:
    """Read the service that is built here; None where there is none, or no Compose file.

    Args:
        root: The project's directory.
        notebook: Hears of other services, volumes, and what is not understood.

    Raises:
        ProjectError: The file cannot be read.
    """
    for file in FILES:
        data = read_yaml(root, root / file)
        if data is not None:
            break
    else:
        return None
    listed = data.get("services")
    services = (
        {str(name): one for name, one in listed.items() if isinstance(one, dict)} if isinstance(listed, dict) else {}
    )
    here = [name for name, one in services.items() if _is_built_here(one.get("build"))]
    if not here:
        notebook.add(file, "no service of it is built from this directory")
        return None
    if len(here) > 1:
        notebook.add(file, f"the image is that of the service {here[0]}; others built here: {', '.join(here[1:])}")
    if others := [name for name in services if name not in here]:
        notebook.add(file, f"services that are not this image, and that it may need: {', '.join(others)}")
    return _Service(file, here[0], services[here[0]], notebook).read()


def _is_built_here(build: object) -> bool:
    context = build.get("context", ".") if isinstance(build, dict) else build
    return isinstance(context, str) and context.rstrip("/") in (".", "")


class _Service:
    def __init__(self, file: str, name: str, data: Mapping[str, Any], notebook: Notebook) -> None:
        self._name = name
        self._data = data
        self._origin = f"{file}, service {name}"
        self._notebook = notebook

    def read(self) -> ComposeService:
        build = self._data.get("build")
        details = build if isinstance(build, dict) else {}
        workdir = self._text("working_dir")
        self._note_volumes()
        if self._data.get("env_file"):
            self._notebook.add(self._origin, "env_file is never read: give its variables with 'nautiloid run --env'")
        return ComposeService(
            name=self._name,
            dockerfile=str(details.get("dockerfile") or "Dockerfile"),
            target=str(details.get("target") or ""),
            entrypoint=self._words("entrypoint"),
            command=self._words("command"),
            workdir=Said(_IMAGE_WORKDIR / workdir, self._origin) if workdir else None,
            user=Said(user, self._origin) if (user := self._text("user")) else None,
            env=dict(self._environment()),
            ports=tuple(Said(port, self._origin) for port in dict.fromkeys(self._ports())),
            health=self._health(),
        )

    def _text(self, key: str) -> str:
        value = self._data.get(key)
        return "" if value is None or isinstance(value, (dict, list)) or "${" in str(value) else str(value)

    def _words(self, key: str) -> Said[tuple[str, ...]] | None:
        value = self._data.get(key)
        words: tuple[str, ...] | None = None
        if isinstance(value, list):
            words = tuple(str(word) for word in value)
            if any(re.search(r"\$\{?\w", word) for word in words):
                words = None
        elif isinstance(value, str):
            words = plain_words(value)
        if value and words is None:
            text = value if isinstance(value, str) else shlex.join(map(str, value)) if isinstance(value, list) else ""
            self._notebook.add(self._origin, f"not understood without a shell, and the image has none: {key} {text}")
        return Said(words, self._origin) if words else None

    def _environment(self) -> Iterator[tuple[str, Said[str]]]:
        listed = self._data.get("environment")
        pairs: list[tuple[str, str | None]] = []
        if isinstance(listed, dict):
            pairs = [(str(name), None if value is None else str(value)) for name, value in listed.items()]
        elif isinstance(listed, list):
            parts = [str(item).partition("=") for item in listed]
            pairs = [(name, value if equals else None) for name, equals, value in parts]
        asked = []
        for name, value in pairs:
            if not is_name(name):
                self._notebook.add(self._origin, f"is no name of a variable: {name}")
            elif value is None or is_secret(name) or re.search(r"(?<!\$)\$(\w|\{)", value):
                asked.append(name)
            elif not is_for_building(name):
                yield name, Said(value.replace("$$", "$"), self._origin)
        if asked:
            self._notebook.add(
                self._origin, f"the run needs {', '.join(asked)}: give each with 'nautiloid run --env NAME=VALUE'"
            )

    def _ports(self) -> Iterator[str]:
        """``[[ADDRESS:]OUTSIDE:]INSIDE[/PROTOCOL]``, or a mapping with ``target``; what counts is the inside."""
        for key in ("ports", "expose"):
            listed = self._data.get(key)
            for item in listed if isinstance(listed, list) else ():
                if isinstance(item, dict):
                    protocol = item.get("protocol")
                    yield f"{item.get('target')}{f'/{protocol}' if protocol else ''}"
                else:
                    yield str(item).rpartition(":")[2]

    def _note_volumes(self) -> None:
        listed = self._data.get("volumes")
        for item in listed if isinstance(listed, list) else ():
            if isinstance(item, dict):
                source, inside, readonly = item.get("source"), item.get("target"), bool(item.get("read_only"))
            else:
                source, _, rest = str(item).partition(":")
                inside, _, mode = rest.partition(":")
                readonly = mode == "ro"
            source = str(source or "") if inside else "./data"
            if source == ".":
                continue  # the source itself, for developing: it is in the image
            place = source if source.startswith((".", "/", "~")) else f"./{source}"
            option = f"-v {place}:{inside}" if readonly else f"-v {place}:{inside}, or -o to write there"
            self._notebook.add(self._origin, f"has a volume at {inside or item}: run with {option}")

    def _health(self) -> Said[HealthCheck] | None:
        data = self._data.get("healthcheck")
        test = data.get("test") if isinstance(data, dict) else None
        if isinstance(test, list):
            kind, words = str(test[0]) if test else "NONE", [str(word) for word in test[1:]]
            if kind == "NONE":
                return None
            test = " ".join(words) if kind == "CMD-SHELL" else words
        if not isinstance(data, dict) or not isinstance(test, (str, list)) or not test:
            return None
        check = health_check(test, _IMAGE_WORKDIR, data)
        if check is None:
            self._notebook.add(
                self._origin,
                f"not understood, the image has no shell and no curl; see image.healthcheck: {shown(test)}",
            )
        return Said(check, self._origin) if check else None
