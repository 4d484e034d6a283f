"""The ``test`` section of a definition: what an image is for, tried after every build and by ``nautiloid test``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from nautiloid.factory.wholesome import AbsolutePath, Reason

_NEWER = ("probe", "skip", "package_manager")
"""Keys that older versions did not know: locks of definitions without them stay what they were."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TestStep(_Part):
    """Python code that must run in the image without an exception."""

    name: str
    code: str


class HttpProbe(_Part):
    """A request that the started program must answer with a status below 400.

    Attributes:
        port: Where it listens, on the container's loopback interface.
        path: What is asked for, with a query if there is one.
    """

    port: Annotated[int, Field(ge=1, le=65535)]
    path: AbsolutePath = "/"


class Probe(_Part):
    """How to start the image's program in small, and what it then must do.

    Attributes:
        arguments: Follow the entry point in place of ``image.command``.
        command: A program with its arguments, in place of entry point and command.
        http: The program keeps running and must answer this; without it, it must end.
        exit_code: What it must end with.
        seconds: How long it may take to end, or to answer.
    """

    arguments: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    http: HttpProbe | None = None
    exit_code: Annotated[int, Field(ge=0, le=255)] = 0
    seconds: Annotated[float, Field(gt=0, le=600)] = 60

    @model_validator(mode="after")
    def _says_one_thing(self) -> Probe:
        if self.command is not None and self.arguments is not None:
            raise ValueError("name 'command', or 'arguments' for the image's own entry point, not both")
        if self.command is not None and not self.command:
            raise ValueError("'command' names no program")
        if self.http is not None and self.exit_code:
            raise ValueError("a program that answers 'http' is ended, and has no exit code to ask for")
        if self.http is None and self.command is None and self.arguments is None:
            raise ValueError("name 'arguments', 'command' or 'http'")
        return self


class SelfTest(_Part):
    """How the image is tested, after every build and by ``nautiloid test``.

    Attributes:
        imports: Modules that must import.
        steps: What it is for, tried in small.
        shell: Whether a shell and a package manager belong in it.
        setuid: Whether files with setuid bits belong in it.
        probe: How its program is started.
        skip: Modules and distributions of the app that are not imported to test them, and why.
        package_manager: Whether a package manager belongs in it, though no shell does.
    """

    imports: tuple[str, ...] = ()
    steps: tuple[TestStep, ...] = ()
    shell: bool = False
    setuid: bool = False
    probe: Probe | None = None
    skip: Mapping[str, Reason] = Field(default_factory=dict)
    package_manager: bool = False

    @model_serializer(mode="wrap")
    def _without_what_is_newer(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = dump(self)
        return {name: value for name, value in data.items() if name not in _NEWER or value}
