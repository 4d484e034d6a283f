"""The image's settings that follow from how a project is run so far: environment, ports, user."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from nautiloid.project.answers import Survey
from nautiloid.project.environment_names import is_name, is_secret, note_needed_variables
from nautiloid.project.facts import Notebook, Said
from nautiloid.project.provisions import note_provisions
from nautiloid.project.web_apps import WebApp

# Jupyter writes below the home directory, which is read-only.
_OF_NOTEBOOKS = {
    "JUPYTER_RUNTIME_DIR": "/tmp/jupyter",  # noqa: S108 - the image's own path
    "IPYTHONDIR": "/tmp/ipython",  # noqa: S108 - the image's own path
    "MPLCONFIGDIR": "/tmp/matplotlib",  # noqa: S108 - the image's own path
}


def environment_of(said: Survey, words: Sequence[str]) -> dict[str, Said[str]]:
    """Return what the image sets; what the project says itself wins over what its framework needs."""
    env = dict(said.dockerfile.env) if said.dockerfile else {}
    if said.conda is not None:
        for name, value in said.conda.variables.items():
            if is_name(name) and not is_secret(name):
                env.setdefault(name, Said(value, said.conda.file))
    app = said.program.app
    if app is not None and _starts(app, words):
        env = {**app.env, **env}
    if said.program.notebook_file is not None:
        for name, place in _OF_NOTEBOOKS.items():
            env.setdefault(name, Said(place, "what Jupyter writes"))
    return env


def _starts(app: WebApp, words: Sequence[str]) -> bool:
    return app.framework.module in words or any(word.endswith(f"/{app.script.name}") for word in words)


def ports_of(said: Survey, words: Sequence[str], notebook: Notebook) -> tuple[Said[str], ...]:
    """Return what the program listens on; a framework's own port where the project names none.

    Args:
        said: What the project's files say.
        words: The command that is started.
        notebook: Hears of ranges, and of what is no port.
    """
    listed = list(said.dockerfile.ports) if said.dockerfile else []
    if said.space is not None and said.space.port is not None:
        listed.append(said.space.port)
    app = said.program.app
    if app is not None and _starts(app, words) and not listed:
        listed.append(Said(app.framework.port, f"{app.framework.module}'s own"))
    found: dict[str, Said[str]] = {}
    for port in listed:
        number, _, protocol = port.value.partition("/")
        if re.fullmatch(r"[1-9]\d{0,4}", number) and int(number) < 1 << 16 and protocol in ("", "tcp", "udp"):
            plain = number if protocol in ("", "tcp") else port.value
            found.setdefault(plain, Said(plain, port.origin))
        else:
            notebook.add(port.origin, f"is no single port: {port.value}")
    return tuple(found.values())


def note_run_options(root: Path, said: Survey, env: Mapping[str, Said[str]], notebook: Notebook) -> None:
    """Say with which options a run gives the program its files and variables, and what the Dockerfile calls a volume.

    Args:
        root: The project's directory.
        said: What its files say.
        env: What the image sets itself.
        notebook: Hears it.

    Raises:
        ProjectError: A file that shows the variables cannot be read.
    """
    note_provisions(said.program.sources, said.program.files, said.workdir.value, notebook)
    note_needed_variables(root, frozenset(env), notebook)
    for volume in said.dockerfile.volumes if said.dockerfile else ():
        outside = f"./{PurePosixPath(volume.value).name or 'data'}"
        notebook.add(
            volume.origin,
            f"VOLUME {volume.value}: run with -v {outside}:{volume.value}, or with -o to write there",
        )


def user_of(said: Survey, notebook: Notebook) -> Said[str] | None:
    """Return the user by number; None, with a note, where it is a name or root."""
    if said.dockerfile is None or said.dockerfile.user is None:
        return None
    user = said.dockerfile.user
    if re.fullmatch(r"[1-9]\d*(:\d+)?", user.value):
        return user
    notebook.add(user.origin, f"USER {user.value} becomes nonroot (65532)")
    return None
