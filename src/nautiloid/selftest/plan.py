"""What an image says about how to test it: labels, written by the build from its definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from nautiloid import labels
from nautiloid.documents.faults import faults_of
from nautiloid.errors import NautiloidError
from nautiloid.factory.app import App
from nautiloid.factory.self_test import Probe, SelfTest
from nautiloid.oci.model import ImageConfig

_Label = TypeVar("_Label", bound=BaseModel)


@dataclass(frozen=True)
class TestPlan:
    """What to test in one image.

    Attributes:
        imports: Modules that must import.
        steps: Name and Python code of what must run without an exception.
        shell: Whether the image is meant to have a shell and a package manager.
        setuid: Whether it is meant to have setuid files.
        app: What its definition adds to the catalog; None for an image of the catalog.
        probe: How its program is started; None: nobody says how.
        skip: Modules and distributions of the app that are not imported, and why.
        entrypoint: What the image starts.
        command: What follows the entry point.
        package_manager: Whether it is meant to have a package manager, though no shell.
    """

    imports: tuple[str, ...] = ()
    steps: tuple[tuple[str, str], ...] = ()
    shell: bool = False
    setuid: bool = False
    app: App | None = None
    probe: Probe | None = None
    skip: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    package_manager: bool = False


def read_plan(config: ImageConfig) -> TestPlan:
    """Read the plan from an image's configuration; one that says nothing is held to the run contract alone.

    Raises:
        NautiloidError: A label is not one that this version understands.
    """
    section = _read(config.labels, labels.SELFTEST, SelfTest) or SelfTest()
    steps = tuple((step.name, step.code) for step in section.steps)
    return TestPlan(
        section.imports,
        steps,
        section.shell,
        section.setuid,
        _read(config.labels, labels.APP, App),
        section.probe,
        section.skip,
        config.entrypoint,
        config.cmd,
        section.package_manager,
    )


def _read(image_labels: Mapping[str, str], label: str, kind: type[_Label]) -> _Label | None:
    text = image_labels.get(label)
    if text is None:
        return None
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise NautiloidError(f"the image's label {label} cannot be read: {faults_of(error)[0]}") from error
