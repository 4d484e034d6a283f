"""What the names of environment variables tell: which hold secrets, which only matter to a build, which a run needs."""

from __future__ import annotations

import re
from pathlib import Path

from nautiloid import bounds
from nautiloid.project.facts import Notebook
from nautiloid.project.project_text import read_text

EXAMPLES = (".env.example", ".env.sample", ".env.template", ".env.dist", "env.example", "example.env", "sample.env")
"""Files that show which variables a ``.env`` must hold, with values that mean nothing."""

_SECRET = re.compile(r"(TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|API_?KEY|ACCESS_KEY|PRIVATE_KEY)", re.IGNORECASE)
# Only the build, pip or a Debian shell reads these; or the base image sets them itself.
_BUILD = re.compile(
    r"PATH|LANG|LC_ALL|HOME|DEBIAN_FRONTEND|(PIP|POETRY|UV|CONDA|VIRTUAL_ENV).*|PYTHONUNBUFFERED|PYTHONDONTWRITEBYTECODE"
    r"|PYTHONFAULTHANDLER|PYTHONHASHSEED"
)
_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=")


def is_secret(name: str) -> bool:
    """Tell whether a variable of that name is likely to hold a secret, which no image may hold."""
    return _SECRET.search(name) is not None


def is_for_building(name: str) -> bool:
    """Tell whether a variable says something to the build alone."""
    return _BUILD.fullmatch(name) is not None


def is_name(name: str) -> bool:
    """Tell whether a text can be the name of a variable."""
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) is not None


def note_needed_variables(root: Path, set_already: frozenset[str], notebook: Notebook) -> None:
    """Say which variables the run needs, by a project's example of a ``.env``; a ``.env`` itself is never opened.

    Args:
        root: The project's directory.
        set_already: What the image sets itself.
        notebook: Hears the names; never a value.

    Raises:
        ProjectError: The example cannot be read.
    """
    for file in EXAMPLES:
        text = read_text(root, root / file, bounds.ENVIRONMENT_EXAMPLE)
        if text is None:
            continue
        names = [match[1] for line in text.splitlines() if (match := _ASSIGNMENT.match(line))]
        needed = [name for name in dict.fromkeys(names) if name not in set_already]
        if needed:
            notebook.add(file, f"the run needs {', '.join(needed)}: give each with 'nautiloid run --env NAME=VALUE'")
