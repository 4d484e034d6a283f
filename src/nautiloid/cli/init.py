"""``nautiloid init``: draft the image definition of a Python project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.output import deliver
from nautiloid.errors import UsageError
from nautiloid.project.draft import FILE, Draft, check_draft, write_draft
from nautiloid.project.survey import DEFAULT_LIMIT, draft_definition


def init(
    directory: Annotated[Path, typer.Argument(help="The project.")] = Path(),
    *,
    name: Annotated[str | None, typer.Option(help="The image's name. Default: the project's.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a definition that is there.")] = False,
    show: Annotated[bool, typer.Option("--print", help="Write the definition to standard output instead.")] = False,
    data: Annotated[
        float, typer.Option("--data-size", metavar="MB", min=0, help="Larger files and directories stay behind.")
    ] = DEFAULT_LIMIT / 1e6,
) -> None:
    """Look at a Python project and write its `nautiloid.yaml`.

    Reads packaging files (pyproject.toml, setup.py, requirements.txt, environment.yml), locks (uv, Poetry, PDM, Pipenv,
    pylock.toml), the Dockerfile and the Compose file, a Space's README, scripts and notebooks; runs nothing. What it
    does not understand it says, here and in the file.

    Example: `nautiloid init && nautiloid build && nautiloid run nautiloid/my-project`
    """
    if not show and not force and (directory / FILE).exists():
        raise UsageError(f"{directory / FILE} exists.", "Replace it with --force, or look at a new one with --print.")
    draft = draft_definition(directory, name=name, limit=int(data * 1e6))
    text = draft.to_yaml()
    if show:
        check_draft(text)
        deliver(text, None)
    else:
        path = write_draft(text, directory, force=force)
        console.show(draft_to_lines(draft, path))
    remark_on(draft)


def remark_on(draft: Draft) -> None:
    """Print what a person should know of a draft."""
    for note in draft.notes:
        console.note(note.message, note.origin)
    for said in draft.unknown:
        console.note(f"imports {said.value}; which distribution brings it?", said.origin)


def draft_to_lines(draft: Draft, path: Path) -> list[str]:
    """Return what a draft says, in short, and where it was written."""
    start = " ".join((*draft.entrypoint.value, *draft.command.value))
    left = f", {len(draft.left_out)} left behind" if draft.left_out else ""
    lines = [
        f"Wrote {path}: {draft.name}, extends {draft.extends.value} ({draft.extends.origin})",
        f"  requirements  {', '.join(said.value for said in draft.requirements) or 'none of its own'}",
        f"  files         {', '.join(one.source for one in draft.files)}{left}",
        f"  starts        {start}",
    ]
    count = len(draft.notes) + len(draft.unknown)
    return [*lines, f"{count} remarks, also in the file:"] if count else lines
