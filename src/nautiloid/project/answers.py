"""What a project's files say about it, before anything is decided: metadata, Dockerfile, requirements, program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from packaging.specifiers import SpecifierSet

from nautiloid.project.conda_environment import CondaEnvironment, read_conda_environment
from nautiloid.project.container_files import read_container_files
from nautiloid.project.declared import declared_requirements
from nautiloid.project.dockerfile import Dockerfile
from nautiloid.project.facts import Notebook, Said, Wanted
from nautiloid.project.imports import Import
from nautiloid.project.metadata import Metadata
from nautiloid.project.origins import Origins, read_origins, table_requirements
from nautiloid.project.own_modules import own_modules
from nautiloid.project.packaging_files import read_metadata
from nautiloid.project.program import Program, read_program
from nautiloid.project.space import Space, read_space, space_packages

_WORKDIR = PurePosixPath("/app")


@dataclass(frozen=True)
class Survey:
    """What the sources say.

    Attributes:
        dockerfile: As its Compose file uses it; None where the project has none.
        conda: None where it has no environment file.
        space: None where it is no Hugging Face Space.
        installs: The words of each ``apt-get install``, in the Dockerfile and in ``packages.txt``.
        declared: The requirements of all files that state some, lock files apart.
        origins: Where those come from, other than pip's own index.
        program: Its files, and what they say.
        imports: Of those files; the project's own modules left out.
    """

    metadata: Metadata
    dockerfile: Dockerfile | None
    conda: CondaEnvironment | None
    space: Space | None
    installs: tuple[Said[tuple[str, ...]], ...]
    declared: list[Wanted]
    origins: Origins
    program: Program
    imports: list[Import]

    @property
    def workdir(self) -> Said[PurePosixPath]:
        """Where the program starts in the image."""
        return _workdir(self.dockerfile)

    @property
    def pythons(self) -> list[Said[SpecifierSet]]:
        """The Python versions that it says it runs on."""
        said = (self.metadata.python, *(one.python for one in (self.conda, self.space) if one is not None))
        return [one for one in said if one is not None]


def ask(root: Path, limit: int, notebook: Notebook) -> Survey:
    """Ask every source of knowledge about a project.

    Args:
        root: The project's directory.
        limit: Bytes above which a file or directory is taken for data, and left out.
        notebook: Hears of what nobody understands.

    Raises:
        UsageError: There is no Python in it.
        ProjectError: A file of the project is broken.
    """
    metadata = read_metadata(root, notebook)
    dockerfile = read_container_files(root, notebook)
    conda = read_conda_environment(root, notebook)
    space = read_space(root, notebook)
    program = read_program(root, limit, dockerfile, _workdir(dockerfile).value, space, notebook)
    local = own_modules(root, program.files)
    declared = [
        *metadata.wanted,
        *declared_requirements(root, dockerfile, notebook),
        *(conda.wanted if conda else ()),
        *(space.wanted if space else ()),
        *program.wanted,
        *table_requirements(root),
    ]
    return Survey(
        metadata,
        dockerfile,
        conda,
        space,
        tuple(_installs(root, dockerfile)),
        declared,
        read_origins(root, declared, notebook),
        program,
        [one for one in program.sources.imports if one.module not in local],
    )


def _installs(root: Path, dockerfile: Dockerfile | None) -> Iterator[Said[tuple[str, ...]]]:
    yield from dockerfile.installs if dockerfile else ()
    listed = space_packages(root)
    if listed is not None:
        yield listed


def _workdir(dockerfile: Dockerfile | None) -> Said[PurePosixPath]:
    if dockerfile is not None and dockerfile.workdir is not None:
        return dockerfile.workdir
    return Said(_WORKDIR, "where the files lie")
