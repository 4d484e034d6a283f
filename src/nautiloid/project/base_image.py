"""Chooses the catalog image that a project's definition builds upon."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from nautiloid.factory.definition import Definition
from nautiloid.factory.definition_file import DefinitionError, load_definition
from nautiloid.factory.wheels.target import Target
from nautiloid.project.facts import Notebook, ProjectError, Said

# The first whose distributions are wanted. Those beside torch need it, and would otherwise bring its build for GPUs.
_KINDS: tuple[tuple[str, frozenset[str]], ...] = (
    (
        "pytorch",
        frozenset(
            """
            torch torchvision torchaudio torchmetrics timm lightning pytorch-lightning ultralytics accelerate peft
            sentence-transformers open-clip-torch kornia monai
            """.split()  # noqa: SIM905 - a word list reads better than forty quotes
        ),
    ),
    ("onnxruntime", frozenset({"onnxruntime"})),
    ("python", frozenset()),
)
_VARIANTS = ("", "-trixie")


@dataclass(frozen=True)
class BaseImage:
    """A catalog image, and why it was chosen."""

    name: str
    definition: Definition
    why: str

    @property
    def python(self) -> str:
        """``major.minor`` of its interpreter."""
        assert self.definition.python is not None  # noqa: S101 - only images with Python are considered
        return self.definition.python.version

    @property
    def environment(self) -> dict[str, str]:
        """What environment markers evaluate to in it."""
        definition = self.definition
        return Target(self.python, definition.architecture, definition.debian.suite).marker_environment()

    @property
    def brings(self) -> Set[str]:
        """Canonical names of the distributions that it asks for itself."""
        names = (text.partition("=")[0].partition("[")[0] for text in self.requirements)
        return frozenset(canonicalize_name(name.strip("<>!~ ")) for name in names)

    @property
    def requirements(self) -> tuple[str, ...]:
        """What it asks for itself."""
        return self.definition.python.requirements if self.definition.python else ()


def choose_base(
    names: Iterable[str],
    exact: Said[str] | None,
    ranges: Sequence[Said[SpecifierSet]],
    notebook: Notebook,
) -> BaseImage:
    """Choose by what the project wants, and by the Python that it runs on.

    Args:
        names: Canonical names of the distributions that it wants.
        exact: The Python version that its Dockerfile starts from.
        ranges: The Python versions that it says it runs on.
        notebook: Hears when no image has such a Python.
    """
    wanted = frozenset(names)
    for kind, signs in _KINDS:
        if signs and not wanted & signs:
            continue
        images = [image for variant in _VARIANTS if (image := _load(f"{kind}{variant}", wanted & signs)) is not None]
        if images:
            return _by_python(images, exact, ranges, notebook)
    raise ProjectError("the catalog has no image with Python", "Install Nautiloid anew.")


def _load(name: str, because: Set[str]) -> BaseImage | None:
    try:
        definition = load_definition(name).definition
    except DefinitionError:
        return None
    if definition.python is None:
        return None
    return BaseImage(name, definition, f"wanted: {', '.join(sorted(because))}" if because else "a Python project")


def _by_python(
    images: Sequence[BaseImage], exact: Said[str] | None, ranges: Sequence[Said[SpecifierSet]], notebook: Notebook
) -> BaseImage:
    fitting = [image for image in images if all(_covers(said.value, image.python) for said in ranges)]
    same = next((image for image in fitting or images if exact and image.python == exact.value), None)
    chosen = same or (fitting or list(images))[0]
    if exact and not same:
        notebook.add(exact.origin, f"Python {exact.value} becomes {chosen.python}, which {chosen.name} has")
    if not fitting:
        for said in ranges:
            if not _covers(said.value, chosen.python):
                offered = ", ".join(f"{image.python} ({image.name})" for image in images)
                notebook.add(
                    said.origin, f"asks for Python {said.value}; there is {offered}, so the program may not run"
                )
    return chosen


def _covers(versions: SpecifierSet, python: str) -> bool:
    """Tell whether some release of ``major.minor`` fits; which one Debian has is only known when locking."""
    return any(versions.contains(Version(f"{python}.{patch}")) for patch in range(30))
