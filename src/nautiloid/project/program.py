"""The program that a project is: its files, what they say, and whether it is an application or a notebook."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from nautiloid.errors import UsageError
from nautiloid.project.dockerfile import Dockerfile
from nautiloid.project.facts import Notebook, Wanted, read_requirement
from nautiloid.project.notebooks import NotebookFile, notebooks_of, read_notebook
from nautiloid.project.project_files import FileChooser, ProjectFiles, python_files
from nautiloid.project.sources import Sources, read_sources
from nautiloid.project.space import Space
from nautiloid.project.web_apps import WebApp, web_app

_STREAMLIT_SETTINGS = ".streamlit/config.toml"


@dataclass(frozen=True)
class Program:
    """What a project is.

    Attributes:
        files: What goes into the image, and what stays behind.
        sources: What its Python files say, or its notebook.
        app: The Streamlit or Gradio application that it is; None where it is none.
        notebook_file: The notebook that it is; None where it has scripts.
        wanted: What a notebook asks for, and what runs it.
    """

    files: ProjectFiles
    sources: Sources
    app: WebApp | None = None
    notebook_file: NotebookFile | None = None
    wanted: tuple[Wanted, ...] = ()


def read_program(
    root: Path,
    limit: int,
    dockerfile: Dockerfile | None,
    workdir: PurePosixPath,
    space: Space | None,
    notebook: Notebook,
) -> Program:
    """Choose the files of a project, and read what they say.

    Args:
        root: The project's directory.
        limit: Bytes above which a file or directory is taken for data, and left out.
        dockerfile: What its Dockerfile says; what that copies is chosen.
        workdir: Where the program starts in the image.
        space: What a Hugging Face Space says.
        notebook: Hears of what nobody understands.

    Raises:
        UsageError: There is nothing to put into an image.
        ProjectError: A file of the project is broken.
    """
    if dockerfile is not None and dockerfile.copies:
        chooser = FileChooser(root, limit, notebook)
        files = chooser.from_copies(dockerfile.copies)
        program = Program(files, read_sources(python_files(root, files), root, notebook))
    else:
        files = FileChooser(root, limit, notebook).whole(workdir, "the project", {})
        program = Program(files, read_sources(python_files(root, files), root, notebook))
        if not program.sources.scripts and (found := notebooks_of(root)):
            program = _of_notebook(root, found, notebook)
        # What the scripts name is known only now.
        chooser = FileChooser(root, limit, Notebook())
        program = replace(program, files=chooser.whole(workdir, "the project", program.sources.strings))
    program = replace(
        program,
        app=web_app(program.sources.scripts, space.sdk.value if space else "", space.app_file if space else ""),
    )
    if program.notebook_file is not None:
        path = program.notebook_file.path
        chooser.also(path, workdir / path.name, "the notebook")
    if program.app is not None and program.app.framework.module == "streamlit":
        chooser.also(Path(_STREAMLIT_SETTINGS), workdir / _STREAMLIT_SETTINGS, "Streamlit's settings")
    if not program.files.chosen:
        raise UsageError(
            f"{root} holds nothing to put into an image: no Python file, and no Dockerfile that copies one",
            "Name the project's directory: nautiloid init DIRECTORY.",
        )
    return program


def _of_notebook(root: Path, found: list[Path], notebook: Notebook) -> Program:
    if len(found) > 1:
        others = ", ".join(str(path) for path in found[1:])
        notebook.add("the project", f"has several notebooks; the image runs {found[0]}, not {others}")
    read = read_notebook(root, found[0], notebook)
    runs = [read_requirement(name, f"runs {found[0]}", notebook) for name in ("papermill", "ipykernel")]
    wanted = (*read.wanted, *(one for one in runs if one is not None))
    return Program(ProjectFiles(), read.sources, notebook_file=read, wanted=wanted)
