"""The base image that suits a project: by the distributions that its files ask for or import, and by its Python."""

from __future__ import annotations

import re

from nautiloid.project.answers import Survey
from nautiloid.project.base_image import BaseImage, choose_base
from nautiloid.project.facts import Notebook
from nautiloid.project.import_names import providers


def base_for(said: Survey, notebook: Notebook) -> BaseImage:
    """Choose the base image that suits a project.

    Args:
        said: What the project's files say.
        notebook: Hears when no image has the Python that they ask for.

    Raises:
        ProjectError: The catalog has no image with Python.
    """
    names = {wanted.name for wanted in said.declared}
    names |= {name for one in said.imports if not one.optional for name in providers(one.module)[:1]}
    exact = None
    if said.dockerfile is not None:
        exact = said.dockerfile.python
        if re.search(r"(^|/)pytorch", said.dockerfile.image.value):
            names.add("torch")
    return choose_base(names, exact, said.pythons, notebook)
