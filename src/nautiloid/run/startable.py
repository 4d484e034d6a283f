"""Whether what a run shall start is in the image: told before the start, in words, and not by an engine's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from nautiloid.errors import UsageError
from nautiloid.oci.model import ImageConfig
from nautiloid.oci.unpack import resolve_inside
from nautiloid.run.engine import NOT_FOUND, EngineError, how_to_look
from nautiloid.run.mount_points import is_within, resolved, targets
from nautiloid.run.process import environment, program, working_directory
from nautiloid.run.profile import HardenedProfile

_NOT_EXECUTABLE = 126
_LONGEST_LINE = 256  # bytes of a script's first line that the kernel reads (execve(2))


class ProgramError(EngineError):
    """A program is not there (``NOT_FOUND``), or cannot be started (126)."""

    def __init__(self, message: str, hint: str = "", *, exit_code: int = NOT_FOUND) -> None:
        super().__init__(message, hint)
        self.exit_code = exit_code


def check_start(profile: HardenedProfile, config: ImageConfig, root: Path) -> None:
    """Look for the program and its directory; what lies in a mount is left to the engine.

    Raises:
        UsageError: The image has no such directory.
        ProgramError: The image has no such program.
    """
    mounted = targets(profile, root)
    directory = PurePosixPath(working_directory(profile, config))
    if not is_within(resolved(directory, root), mounted) and not resolve_inside(root, directory).is_dir():
        raise UsageError(
            f"The image has no directory {directory} to start in.",
            "Mount one there, or choose another --workdir.",
        )
    word = program(profile, config)[0]
    for candidate in _candidates(word, directory, environment(profile, config)["PATH"]):
        place = resolve_inside(root, candidate)
        if is_within(resolved(candidate, root), mounted):
            return
        if place.is_file():
            _check_file(place, word, profile, root, mounted)
            return
    raise ProgramError(f"There is no program {word} in the image {profile.image}.", how_to_look(word, profile.image))


def _candidates(word: str, directory: PurePosixPath, path: str) -> Iterator[PurePosixPath]:
    """Yield where execvp(3) looks."""
    if "/" in word:
        yield directory / word
    else:
        yield from (directory / part / word for part in path.split(":"))


def _check_file(place: Path, word: str, profile: HardenedProfile, root: Path, mounted: Iterable[PurePosixPath]) -> None:
    if not place.stat().st_mode & 0o111:
        raise ProgramError(
            f"{word} in the image {profile.image} is not marked as a program (chmod +x).", exit_code=_NOT_EXECUTABLE
        )
    with place.open("rb") as file:
        line = file.readline(_LONGEST_LINE)
    words = line.removeprefix(b"#!").split(maxsplit=1) if line.startswith(b"#!") else []
    interpreter = words[0].decode(errors="replace") if words else "/"
    found = resolved(PurePosixPath("/", interpreter), root)
    if not is_within(found, mounted) and not (root / found.relative_to("/")).exists():
        raise ProgramError(
            f"{word} in the image {profile.image} is a script for {interpreter}, which is not there.",
            how_to_look(interpreter, profile.image),
        )
