"""Says what a run must provide for: where the program writes, what it reads from elsewhere, what it fetches."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from nautiloid.project.facts import Notebook
from nautiloid.project.project_files import ProjectFiles
from nautiloid.project.run_needs import Kind, RunNeed
from nautiloid.project.sources import Sources

_OUT = "-o ./out:/out"


def note_provisions(sources: Sources, files: ProjectFiles, workdir: PurePosixPath, notebook: Notebook) -> None:
    """Say once for each remedy what asks for it.

    Args:
        sources: What the project's Python files say.
        files: What goes into the image.
        workdir: Where the program starts.
        notebook: Hears it.
    """
    needs = {kind: [need for need in sources.needs if need.kind is kind] for kind in Kind}
    _note_writes(needs[Kind.WRITES], _relative_inputs(sources, files), workdir, notebook)
    for need in needs[Kind.OUTSIDE]:
        inside = posixpath.normpath(workdir / need.what)
        notebook.add(
            need.origin, f"reads {need.what}, which is {inside} in the image: mount it, -v {need.what}:{inside}"
        )
    if fetched := needs[Kind.FETCHES]:
        notebook.add(
            _origins(fetched),
            f"fetches when it starts, and a run has no network: {_listed(fetched)}. Fetch it before and mount it (-v), "
            "or add it under weights",
        )


def _note_writes(writes: Sequence[RunNeed], inputs: Sequence[str], workdir: PurePosixPath, notebook: Notebook) -> None:
    for need in writes:
        if need.option:
            path = f"/out/{PurePosixPath(need.what).name}"
            notebook.add(
                need.origin, f"writes {need.what}, but the root is read-only: run with {_OUT}, and {need.option} {path}"
            )
    rest = [need for need in writes if not need.option]
    if not rest:
        return
    # A run has one directory to write to.
    place = _directory([need.what for need in rest])
    says = f"writes {_listed(rest)}, but the root is read-only: "
    if place is not None:
        inside = posixpath.normpath(workdir / place)
        outside = f"./{PurePosixPath(inside).name}"
        notebook.add(_origins(rest), f"{says}run with -o {outside}:{inside}, and it lands in {outside}")
        return
    says += f"run with {_OUT} -w /out, and it lands in ./out"
    if inputs:
        says += f"; started there it does not find {', '.join(inputs)}, which it names relative to {workdir}"
    notebook.add(_origins(rest), says)


def _directory(paths: Iterable[str]) -> str | None:
    """Return the one directory below the working directory, or the absolute one, that all paths lie in."""
    tops: set[str] = set()
    for path in paths:
        known = PurePosixPath(posixpath.normpath(path.partition("*")[0] + "x" if "*" in path else path))
        parent = known.parent if "*" in path or known.suffix or len(known.parts) > 1 else known
        if len(parent.parts) == 0 or parent.parts[0] == "..":
            return None
        tops.add(str(parent) if parent.is_absolute() else parent.parts[0])
    return tops.pop() if len(tops) == 1 and "/" not in tops else None


def _relative_inputs(sources: Sources, files: ProjectFiles) -> list[str]:
    return [
        text
        for text in sources.strings
        if not text.startswith("/") and not text.endswith(".py") and "." in text and _names_a_file(text, files)
    ][:5]


def _names_a_file(text: str, files: ProjectFiles) -> bool:
    path = PurePosixPath(text)
    return ".." not in path.parts and any(path == PurePosixPath(one.source) or path.is_relative_to(one.source)
                                          for one in files.chosen)  # fmt: skip


def _listed(needs: Iterable[RunNeed]) -> str:
    return ", ".join(dict.fromkeys(need.what for need in needs))


def _origins(needs: Iterable[RunNeed]) -> str:
    return ", ".join(list(dict.fromkeys(need.origin for need in needs))[:3])
