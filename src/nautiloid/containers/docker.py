"""Containers that Docker or Podman keeps: found by a label, so that other people's are left alone."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import datetime

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from nautiloid import labels
from nautiloid.containers.container import Container, ContainerError
from nautiloid.programs import announced
from nautiloid.run.docker import DockerEngine, last_line

_CHUNK = 1 << 16
_MARGIN = 30  # seconds that the engine itself may take


class _State(BaseModel):
    running: bool = Field(alias="Running")
    process: int = Field(alias="Pid")
    exit_code: int = Field(alias="ExitCode")
    started: datetime = Field(alias="StartedAt")


class _Config(BaseModel):
    image: str = Field(alias="Image")


class _Binding(BaseModel):
    address: str = Field(alias="HostIp")
    port: str = Field(alias="HostPort")


class _HostConfig(BaseModel):
    ports: dict[str, list[_Binding] | None] | None = Field(default=None, alias="PortBindings")


class _Inspected(BaseModel):
    """What ``inspect`` says of a container (Docker's API; Podman answers in the same words)."""

    name: str = Field(alias="Name")
    state: _State = Field(alias="State")
    config: _Config = Field(alias="Config")
    host: _HostConfig = Field(alias="HostConfig")


_ANSWERS = TypeAdapter(list[_Inspected])


class DockerKeeper:
    """Keeps what the engine's daemon keeps."""

    def __init__(self, engine: DockerEngine) -> None:
        self._engine = engine

    def all(self) -> list[Container]:
        """Return the containers that bear our label, the newest first."""
        listed = self._engine.ask("ps", "--all", "--quiet", "--no-trunc", f"--filter=label={labels.CONTAINER}")
        numbers = listed.stdout.split()
        if listed.returncode != 0 or not numbers:
            return []
        answer = self._engine.ask("container", "inspect", *numbers)
        try:
            return [self._container(one) for one in _ANSWERS.validate_json(answer.stdout or "[]")]
        except ValidationError as error:
            raise ContainerError(
                f"{self._engine.name} describes its containers in words that are not known."
            ) from error

    def log(self, name: str, *, follow: bool) -> Iterator[bytes]:
        """Pass on what the engine has, standard error among it."""
        command = [self._engine.name, "logs", *(["--follow"] if follow else []), name]
        with subprocess.Popen(announced(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as reading:
            try:
                while reading.stdout and (data := reading.stdout.read1(_CHUNK)):  # type: ignore[attr-defined]
                    yield data
            finally:
                reading.kill()

    def stop(self, name: str, grace: float) -> None:
        """Ask the engine to stop it."""
        self._tell("stop", f"--time={max(0, round(grace))}", name, timeout=grace + _MARGIN)

    def remove(self, name: str) -> None:
        """Ask the engine to remove it."""
        self._tell("rm", name)

    def _tell(self, *words: str, timeout: float = _MARGIN) -> None:
        answer = self._engine.ask(*words, timeout=timeout)
        if answer.returncode != 0:
            raise ContainerError(f"{self._engine.name} refused: {last_line(answer.stderr)}")

    def _container(self, one: _Inspected) -> Container:
        ports = tuple(
            f"{binding.address or '0.0.0.0'}:{binding.port}:{inside.partition('/')[0]}"  # noqa: S104 - what it means
            for inside, bindings in (one.host.ports or {}).items()
            for binding in bindings or ()
        )
        return Container(
            name=one.name.removeprefix("/"),
            image=one.config.image,
            engine=self._engine.name,
            started=one.state.started.replace(microsecond=0),
            process=one.state.process if one.state.running else None,
            exit_code=None if one.state.running else one.state.exit_code,
            ports=ports,
        )
