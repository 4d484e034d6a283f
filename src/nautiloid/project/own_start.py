"""Chooses what a project starts that does not say it: its application, its script, its notebook.

The interpreter is the entry point and the file the command, so that the image can start another of its files as well:
what follows the image's name replaces the command.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nautiloid.project.answers import Survey
from nautiloid.project.facts import Notebook, Said
from nautiloid.project.notebooks import NotebookFile
from nautiloid.project.project_files import ProjectFiles
from nautiloid.project.sources import Script
from nautiloid.project.start import PYTHON, Start, StartChooser
from nautiloid.project.web_apps import WebApp

OUTPUT = "/out"
_PREFERRED = ("main.py", "app.py", "train.py", "run.py", "serve.py", "server.py", "predict.py", "inference.py")


def choose_start(root: Path, said: Survey, notebook: Notebook) -> Start:
    """Return what the image starts: what the project says, else what it is.

    Args:
        root: The project's directory.
        said: What its files say.
        notebook: Hears of what is not understood, and when nothing says what to start.
    """
    program = said.program
    chooser = StartChooser(root, program.files, said.workdir.value, said.metadata.scripts, notebook)
    if (start := chooser.choose(said.dockerfile)) is not None:
        return start
    if program.app is not None:
        return _start_of_app(program.app, program.files)
    if program.notebook_file is not None:
        return _start_of_notebook(program.notebook_file, program.files)
    return _start_of_scripts(program.sources.scripts, program.files, notebook)


def _start_of_app(app: WebApp, files: ProjectFiles) -> Start:
    """Start an application of Streamlit or Gradio."""
    words = (*app.framework.launcher, str(files.image_path(app.script)))
    return Start(Said((PYTHON,), app.origin), Said(words, app.origin), modules=bool(app.framework.launcher))


def _start_of_notebook(notebook_file: NotebookFile, files: ProjectFiles) -> Start:
    """Run a notebook from top to bottom with papermill, which writes it with its outputs into the output directory."""
    path = notebook_file.path
    how = ", and -p NAME VALUE behind it sets its parameters" if notebook_file.has_parameters else ""
    return Start(
        Said((PYTHON, "-m", "papermill"), f"{path} is a notebook: run with -o ./out:{OUTPUT}{how}"),
        Said((str(files.image_path(path)), f"{OUTPUT}/{path.name}", "-k", "python3"), str(path)),
    )


def _start_of_scripts(scripts: Sequence[Script], files: ProjectFiles, notebook: Notebook) -> Start:
    """Start the script that is meant to be started: with a main part, or one that acts and that no other imports.

    Args:
        scripts: The project's Python files.
        files: What goes into the image.
        notebook: Hears when nothing says what to start.
    """
    packages = [script.path.parent for script in scripts if script.guarded and script.path.name == "__main__.py"]
    candidates, why = _candidates(scripts)
    if not candidates and packages:
        module = ".".join(part for part in packages[0].parts if part != "src")
        return Start(Said((PYTHON, "-m", module), f"{packages[0]}/__main__.py"), Said((), ""), modules=True)
    if not candidates:
        notebook.add("the project", "nothing says what to start: the image starts Python; see image.entrypoint")
        return Start(Said((PYTHON,), "the interpreter"), Said((), ""))
    words = [str(files.image_path(path)) for path in candidates]
    origin = f"or {', '.join(words[1:])}" if len(words) > 1 else f"{candidates[0]} {why}"
    return Start(Said((PYTHON,), f"{candidates[0]} {why}"), Said((words[0],), origin))


def _candidates(scripts: Sequence[Script]) -> tuple[list[Path], str]:
    mains = [script.path for script in scripts if script.guarded and script.path.name != "__main__.py"]
    top = sorted((path for path in mains if len(path.parts) == 1), key=_preference)
    if top or mains:
        return top or sorted(mains), "has a main part"
    if len(scripts) == 1:
        return [scripts[0].path], "is the only script"
    imported = {module for script in scripts for module in script.modules}
    acting = [script.path for script in scripts if script.acts and len(script.path.parts) == 1]
    return sorted(
        (path for path in acting if path.stem not in imported), key=_preference
    ), "does something when started"


def _preference(path: Path) -> tuple[int, str]:
    return (_PREFERRED.index(path.name) if path.name in _PREFERRED else len(_PREFERRED), path.name)
