"""The Debian packages that a definition asks for because a Dockerfile installs them, and those that it leaves out."""

from __future__ import annotations

from nautiloid.project.apt_packages import choose_packages
from nautiloid.project.base_image import BaseImage
from nautiloid.project.dockerfile import Dockerfile
from nautiloid.project.facts import Said


def system_packages(dockerfile: Dockerfile | None, base: BaseImage) -> tuple[list[Said[str]], list[Said[str]]]:
    """Judge the packages that a Dockerfile installs.

    Args:
        dockerfile: None where the project has none.
        base: What the definition builds upon; what it does without is not taken.

    Returns:
        The packages that are taken and those that are refused, each with the line that asks for it and a remark.
    """
    taken: dict[str, Said[str]] = {}
    refused: dict[str, Said[str]] = {}
    for said in dockerfile.installs if dockerfile else ():
        for choice in choose_packages(said.value, base.definition.debian.never):
            remark = f"{said.origin}; {choice.why}" if choice.why else said.origin
            (taken if choice.taken else refused).setdefault(choice.package, Said(choice.package, remark))
    return list(taken.values()), list(refused.values())
