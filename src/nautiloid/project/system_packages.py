"""The Debian packages that a definition asks for because a Dockerfile installs them, and those that it leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from nautiloid.project.apt_packages import choose_packages
from nautiloid.project.base_image import BaseImage
from nautiloid.project.facts import Said

# What OpenCV's windows load; the wheels without windows need none of it, nor does anything else that is common.
_OF_WINDOWS = ("libgl1", "libgl1-mesa-glx", "libgl1-mesa-dri", "libglib2.0-0", "libsm6", "libice6", "libxext6",
               "libxrender1", "libx11-6", "libxcb1", "libgtk2.0-0", "libgtk-3-0")  # fmt: skip
# Those that draw with them, or with windows of their own.
_DRAWS = frozenset(
    """
    glfw manim moderngl mujoco open3d opencv-contrib-python opencv-python pygame pyglet pymeshlab pyopengl pyqt5 pyqt6
    pyrender pyside2 pyside6 pyvista vedo vispy vtk weasyprint
    """.split()  # noqa: SIM905 - a word list reads better than forty quotes
)


def _needless(distributions: Set[str]) -> Mapping[str, str]:
    headless = sorted(distributions & {"opencv-python-headless", "opencv-contrib-python-headless"})
    if not headless or distributions & _DRAWS:
        return {}
    return dict.fromkeys(_OF_WINDOWS, f"for OpenCV's windows, which {headless[0]} does not have")


def system_packages(
    installs: Iterable[Said[tuple[str, ...]]], base: BaseImage, distributions: Set[str]
) -> tuple[list[Said[str]], list[Said[str]]]:
    """Judge the packages that a Dockerfile or ``packages.txt`` installs.

    Args:
        installs: The words of each ``apt-get install``.
        distributions: Canonical names of the Python distributions that the image holds.
        base: What the definition builds upon; what it does without is not taken.

    Returns:
        The packages that are taken and those that are refused, each with the line that asks for it and a remark.
    """
    taken: dict[str, Said[str]] = {}
    refused: dict[str, Said[str]] = {}
    never = {**base.definition.debian.never, **_needless(distributions)}
    for said in installs:
        for choice in choose_packages(said.value, never):
            remark = f"{said.origin}; {choice.why}" if choice.why else said.origin
            (taken if choice.taken else refused).setdefault(choice.package, Said(choice.package, remark))
    return list(taken.values()), list(refused.values())
