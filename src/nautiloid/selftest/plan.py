"""What an image says about how to test it: a label, written by the build from the definition's ``test`` section."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from nautiloid import labels
from nautiloid.errors import NautiloidError
from nautiloid.factory.definition import SelfTest


@dataclass(frozen=True)
class TestPlan:
    """What to test in one image.

    Attributes:
        imports: Modules that must import.
        steps: Name and Python code of what must run without an exception.
        shell: Whether the image is meant to have a shell and a package manager.
        setuid: Whether it is meant to have setuid files.
    """

    imports: tuple[str, ...] = ()
    steps: tuple[tuple[str, str], ...] = ()
    shell: bool = False
    setuid: bool = False


def read_plan(image_labels: Mapping[str, str]) -> TestPlan:
    """Read the plan from an image's labels; an image that says nothing is held to the run contract alone.

    Raises:
        NautiloidError: The label is not one that this version understands.
    """
    text = image_labels.get(labels.SELFTEST)
    if text is None:
        return TestPlan()
    try:
        section = SelfTest.model_validate_json(text)
    except ValidationError as error:
        raise NautiloidError(
            f"the image's label {labels.SELFTEST} cannot be read: {error.errors()[0]['msg']}"
        ) from error
    steps = tuple((step.name, step.code) for step in section.steps)
    return TestPlan(section.imports, steps, section.shell, section.setuid)
