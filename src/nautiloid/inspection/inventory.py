"""What an image holds, as plain data: the result of an inspection, which comparison, SBOM and report read.

Sizes are bytes, paths have no leading slash, layers are counted from 0, the lowest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from nautiloid.models.verdict import Reason, Verdict
from nautiloid.packages.component import Component


class Risk(StrEnum):
    """How much a finding matters, the gravest first."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Executable:
    """A regular file with an x bit that is an ELF program or a script.

    Attributes:
        kind: ``ELF`` or ``script``.
        interpreter: What a script names behind ``#!``.
        owner: Name of the package that brought it; empty for none.
    """

    path: str
    kind: str
    layer: int
    size: int
    interpreter: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Hardening:
    """Which protections an ELF file was linked with.

    Attributes:
        program: Whether it can be started (else it is a shared object).
        pie: Position independent; always so for a shared object.
        relro: ``full`` (with BIND_NOW), ``partial`` or ``none``.
        canary: It calls ``__stack_chk_fail``: some function checks its stack.
        fortify: It calls checked variants of C functions (``__memcpy_chk``).
        nx: Its stack may not be executed.
    """

    path: str
    program: bool
    pie: bool
    relro: str
    canary: bool
    fortify: bool
    nx: bool
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Weakness:
    """Something that ought to be otherwise, or that one should know of.

    Attributes:
        rule: A stable name, such as ``setuid-file``.
        where: A path with leading slash, or a part of the configuration.
        detail: What is there, in one sentence.
        remedy: What to do about it.
    """

    rule: str
    severity: Risk
    title: str
    where: str
    detail: str
    remedy: str
    layer: int = -1


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file that holds a model, or that runs code when it is loaded.

    Attributes:
        form: Such as ``safetensors``, ``ONNX``, ``PyTorch checkpoint``, ``pickle``, ``Keras model``.
        verdict: What loading it the usual way does.
        reasons: Why it is not safe, the gravest first.
        imports: What its pickles would import, ``module.name``, sorted.
        sha256: Hexadecimal.
    """

    path: str
    form: str
    size: int
    layer: int
    sha256: str = ""
    verdict: Verdict = Verdict.SAFE
    reasons: tuple[Reason, ...] = ()
    imports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """What could not be read, or was left unread on purpose.

    Attributes:
        where: A path with leading slash.
        reason: Why, in a few words.
    """

    where: str
    reason: str
    layer: int = -1


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """One layer.

    Attributes:
        compressed: Bytes as stored.
        size: Bytes of the regular files that it brings, also of those that later layers hide.
        kept: Bytes of those that the finished image still shows.
    """

    position: int
    digest: str
    diff_id: str
    name: str
    compressed: int
    size: int
    kept: int
    files: int


@dataclass(frozen=True)
class Surface:
    """What an attacker could use.

    Attributes:
        shared_objects: How many ELF shared objects there are.
        shells: Paths, as the following ones.
        capabilities: Files with file capabilities.
    """

    executables: tuple[Executable, ...] = ()
    shared_objects: int = 0
    shells: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()
    package_managers: tuple[str, ...] = ()
    compilers: tuple[str, ...] = ()
    network_clients: tuple[str, ...] = ()
    setuid: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    world_writable: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    hardening: tuple[Hardening, ...] = ()
    models: tuple[ModelFile, ...] = ()


@dataclass(frozen=True)
class Usage:
    """Where the bytes are: a tree of layers, owners and files for a picture.

    Attributes:
        size: Bytes of all that is below.
    """

    name: str
    size: int
    children: tuple[Usage, ...] = ()


@dataclass(frozen=True)
class Inspection:
    """Everything known about one image.

    Attributes:
        name: What the user called it.
        digest: Of the manifest; empty for a plain directory.
        created: RFC 3339, or empty.
        distribution: ``PRETTY_NAME`` of os-release; empty without one.
        distribution_id: Such as ``debian``; with ``distribution_version`` (``12``) it tells whose advisories apply.
        config: User, entry point, environment names and the like, for display.
        files: How many regular files the finished image shows.
        size: Bytes of those; hard links count once.
        compressed: What a pull moves.
        seconds: How long the inspection took.
        tool: Name and version of what made it.
    """

    name: str
    digest: str
    platform: str
    created: str
    distribution: str
    distribution_id: str
    distribution_version: str
    config: Mapping[str, str]
    layers: tuple[LayerFacts, ...]
    components: tuple[Component, ...]
    files: int
    size: int
    compressed: int
    surface: Surface
    findings: tuple[Weakness, ...]
    skipped: tuple[Skipped, ...]
    usage: Usage
    tool: str
    seconds: float = 0.0
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def packages(self) -> tuple[Component, ...]:
        """What counts as a package."""
        return tuple(component for component in self.components if component.package)

    def of_kind(self, kind: str) -> tuple[Component, ...]:
        """Return the packages of one kind, such as ``deb`` or ``pypi``."""
        return tuple(component for component in self.packages if component.kind == kind)

    @property
    def bundled(self) -> tuple[Component, ...]:
        """What is hidden in other components: vendored packages and native libraries inside of wheels."""
        return tuple(component for component in self.components if component.within)
