"""What a project's files say about it, before anything is decided: metadata, Dockerfile, requirements, scripts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nautiloid.errors import UsageError
from nautiloid.project.conda_environment import CondaEnvironment, read_conda_environment
from nautiloid.project.declared import declared_requirements
from nautiloid.project.dockerfile import Dockerfile, read_dockerfile
from nautiloid.project.facts import Notebook, Said, Wanted
from nautiloid.project.imports import Import, Sources, read_sources
from nautiloid.project.own_modules import own_modules
from nautiloid.project.project_files import FileChooser, ProjectFiles, python_files
from nautiloid.project.pyproject import Pyproject, read_pyproject

_WORKDIR = PurePosixPath("/app")


@dataclass(frozen=True)
class Survey:
    """What the sources say.

    Attributes:
        dockerfile: None where the project has none.
        conda: None where it has no environment file.
        declared: The requirements of all files that state some, lock files apart.
        files: What goes into the image, and what stays behind.
        sources: What its Python files say.
        imports: Of those files; the project's own modules left out.
    """

    pyproject: Pyproject
    dockerfile: Dockerfile | None
    conda: CondaEnvironment | None
    declared: list[Wanted]
    files: ProjectFiles
    sources: Sources
    imports: list[Import]

    @property
    def workdir(self) -> Said[PurePosixPath]:
        """Where the program starts in the image."""
        return _workdir(self.dockerfile)


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
    pyproject = read_pyproject(root, notebook) or Pyproject()
    dockerfile = read_dockerfile(root, notebook)
    conda = read_conda_environment(root, notebook)
    files = _files(root, limit, dockerfile, notebook)
    sources = read_sources(python_files(root, files), root, notebook)
    if not dockerfile or not dockerfile.copies:
        # What the scripts name is known only now.
        files = FileChooser(root, limit, Notebook()).whole(_workdir(dockerfile).value, "the project", sources.strings)
    if not files.chosen:
        raise UsageError(
            f"{root} holds nothing to put into an image: no Python file, and no Dockerfile that copies one",
            "Name the project's directory: nautiloid init DIRECTORY.",
        )
    local = own_modules(root, files)
    imports = [one for one in sources.imports if one.module not in local]
    declared = list(pyproject.wanted)
    declared += declared_requirements(root, dockerfile, notebook)
    declared += conda.wanted if conda else ()
    return Survey(pyproject, dockerfile, conda, declared, files, sources, imports)


def _files(root: Path, limit: int, dockerfile: Dockerfile | None, notebook: Notebook) -> ProjectFiles:
    chooser = FileChooser(root, limit, notebook)
    if dockerfile is not None and dockerfile.copies:
        return chooser.from_copies(dockerfile.copies)
    return chooser.whole(_workdir(dockerfile).value, "the project", {})


def _workdir(dockerfile: Dockerfile | None) -> Said[PurePosixPath]:
    if dockerfile is not None and dockerfile.workdir is not None:
        return dockerfile.workdir
    return Said(_WORKDIR, "where the files lie")
