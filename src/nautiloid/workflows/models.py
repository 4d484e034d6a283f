"""Judge models wherever they are: one file, a directory, an image; nothing is loaded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nautiloid.buffer import mapped_file
from nautiloid.errors import NautiloidError, UsageError
from nautiloid.models.judge import judge, may_be_model
from nautiloid.models.verdict import Judgement, Verdict, cannot_tell, gravest
from nautiloid.regular_file import open_regular
from nautiloid.workflows.inspecting import ImageChoice, inspect
from nautiloid.workflows.workspace import Workspace

_HEAD = 4096


@dataclass(frozen=True)
class JudgedFile:
    """A file and what was said of it.

    Attributes:
        path: As the user knows it; in an image with a leading slash.
        size: In bytes.
    """

    path: str
    size: int
    judgement: Judgement


@dataclass(frozen=True)
class JudgedModels:
    """What was said of all models of one target.

    Attributes:
        target: What the user named.
        files: By path.
    """

    target: str
    files: tuple[JudgedFile, ...]

    @property
    def verdict(self) -> Verdict:
        """The gravest of all; where there is no model, nobody can tell."""
        if not self.files:
            return Verdict.CANNOT_TELL
        return gravest(file.judgement.verdict for file in self.files)


def judge_models(target: str, workspace: Workspace, choice: ImageChoice | None = None) -> JudgedModels:
    """Judge every model of a file, a directory or an image.

    A file is always judged. In a directory, links to files are followed and links to directories are not; a directory
    that is an OCI layout is an image.

    Args:
        target: A path, or the name of an image as ``inspect`` takes it.
        workspace: Where names of images are looked up.
        choice: Which image of an index.

    Raises:
        UsageError: There is no such file.
        NautiloidError: There is no such image, or it cannot be read.
    """
    path = Path(target.removeprefix("dir:")).expanduser()
    if path.is_file():
        return JudgedModels(target, tuple(_judged(path, str(path), asked=True)))
    if path.is_dir() and not (path / "oci-layout").is_file():
        return JudgedModels(target, tuple(_below(path)))
    if os.path.lexists(path) and not path.is_dir():
        raise UsageError(f"{target} is no file, no directory and no image", "Name what can be read.")
    try:
        found = inspect(target, workspace, choice)
    except NautiloidError as error:
        if error.exit_code != 1 and ("/" in target or "." in target):
            raise UsageError(f"{target} is no file here, and as an image: {error.message}", error.hint) from error
        raise
    models = [
        JudgedFile(f"/{model.path}", model.size, Judgement.of(model.form, model.reasons, model.imports))
        for model in found.surface.models
    ]
    # What could not be read might have been one.
    unread = [
        JudgedFile(skipped.where, 0, Judgement.of("unread", [cannot_tell(skipped.reason)])) for skipped in found.skipped
    ]
    return JudgedModels(target, tuple(sorted([*models, *unread], key=lambda file: file.path)))


def _below(directory: Path) -> Iterator[JudgedFile]:
    """Judge the models below a directory; a file that is none is passed over."""
    faults: list[OSError] = []
    for place, directories, names in os.walk(directory, onerror=faults.append):
        directories.sort()
        for name in sorted([*names, *(inner for inner in directories if (Path(place) / inner).is_symlink())]):
            path = Path(place) / name
            shown = str(path.relative_to(directory))
            if path.is_dir():
                yield _unread(shown, "a link to a directory, which is not followed")
            elif not path.is_file():
                if not path.exists():
                    yield _unread(shown, "a link that leads nowhere")
            else:
                yield from _judged(path, shown, asked=False)
    for fault in faults:
        yield _unread(os.path.relpath(fault.filename, directory), fault.strerror or str(fault))


def _judged(path: Path, shown: str, *, asked: bool) -> Iterator[JudgedFile]:
    """Judge one file; nothing where it is no model and nobody asked for it by name."""
    try:
        with open_regular(path) as file:
            head = file.read(_HEAD)
            size = path.stat().st_size
            if not asked and not may_be_model(path.name, head, size):
                return
            with mapped_file(file) as content:
                found = judge(path.name, content, asked=asked)
    except OSError as error:
        yield _unread(shown, error.strerror or str(error))
        return
    if found is not None:
        yield JudgedFile(shown, size, found)


def _unread(shown: str, why: str) -> JudgedFile:
    return JudgedFile(shown, 0, Judgement.of("unread", [cannot_tell(why)]))
