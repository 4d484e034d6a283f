"""Projects as trees of small files, and what a draft says of them, for the tests of what ``init`` reads."""

from __future__ import annotations

from pathlib import Path

from nautiloid.factory.definition import Definition
from nautiloid.factory.definition_file import load_definition
from nautiloid.project.draft import Draft, write_draft
from nautiloid.project.survey import draft_definition

SCRIPT = "import sys\n\nif __name__ == '__main__':\n    print(sys.argv)\n"


def write_tree(root: Path, files: dict[str, str]) -> Path:
    """Write the files below a directory, which is returned."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def draft_of(root: Path, files: dict[str, str]) -> Draft:
    """Write a project and draft its definition."""
    return draft_definition(write_tree(root, files))


def loaded(draft: Draft, root: Path) -> Definition:
    """Write the draft into the project and load it as a definition."""
    return load_definition(str(write_draft(draft.to_yaml(), root, force=True))).definition


def notes(draft: Draft) -> str:
    """Return all notes, a line each."""
    return "\n".join(f"{note.origin}: {note.message}" for note in draft.notes)


def requirements(draft: Draft) -> set[str]:
    """Return what the definition asks for."""
    return {said.value for said in draft.requirements}


def starts(draft: Draft) -> list[str]:
    """Return the words of what is started."""
    return [*draft.entrypoint.value, *draft.command.value]
