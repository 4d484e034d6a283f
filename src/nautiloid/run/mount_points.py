"""Places in an unpacked image over which a run mounts something.

What is unpacked is shared by every run of the image, later and at the same time, so that nothing of one run may be made
in it. Where the image has no place for a mount, the run gets the directory that lacks it anew: an empty one, in which
everything that the image has there is mounted again, beside what is new.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nautiloid.errors import UsageError
from nautiloid.oci.errors import ImageFormatError
from nautiloid.oci.unpack import resolve_inside
from nautiloid.run.profile import HardenedProfile, User

_EVERY_RUN_HAS = (PurePosixPath("/proc"), PurePosixPath("/dev"))


@dataclass(frozen=True)
class Opening:
    """A directory that a run gets anew.

    Attributes:
        directory: The image's own, unpacked.
        place: Where the container has it.
        kept: What lies in it, to be mounted again.
        links: Symbolic links that lie in it, to be made again.
        new: Places that the image lacks, below it, and whether each is a directory.
    """

    directory: Path
    place: PurePosixPath
    kept: tuple[Path, ...]
    links: tuple[Path, ...]
    new: tuple[tuple[PurePosixPath, bool], ...]

    @property
    def mode(self) -> int:
        """Permission bits of the image's directory."""
        return self.directory.stat().st_mode & 0o1777


def make_common_places(root: Path, files: Iterable[PurePosixPath], working_directory: str = "") -> None:
    """Make what every run mounts over: nobody ever sees that these are empty (Docker makes them in every image, too).

    Args:
        root: Where the image lies unpacked.
        files: Those that are files; where the image has no room for one, it goes without.
        working_directory: The image's own. Where it is missing it is made, as Docker and Podman do.

    Raises:
        ImageFormatError: The image has a file where the kernel's own directories have to be.
    """
    for target in _EVERY_RUN_HAS:
        try:
            resolve_inside(root, target).mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise ImageFormatError(f"The image has no room for {target}.", "No engine could run it.") from error
    # Where a file is in the way of it, the start says so.
    with contextlib.suppress(FileExistsError, NotADirectoryError):
        resolve_inside(root, PurePosixPath("/", working_directory)).mkdir(parents=True, exist_ok=True)
    for target in files:
        place = resolve_inside(root, target)
        if not any(parent.exists() and not parent.is_dir() for parent in place.parents):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch(exist_ok=True)


def resolved(target: PurePosixPath, root: Path) -> PurePosixPath:
    """Return the path that a mount really gets, which a link in the image may send elsewhere."""
    return PurePosixPath("/", resolve_inside(root, target).relative_to(root))


def targets(profile: HardenedProfile, root: Path) -> dict[PurePosixPath, bool]:
    """Return where a run mounts something of the user's, or scratch space, and whether each is a directory."""
    mounts = [*profile.mounts, *([profile.output] if profile.output else [])]
    found = {mount.target: not mount.source.is_file() for mount in mounts}
    return {resolved(target, root): kind for target, kind in (dict.fromkeys(profile.tmpfs, True) | found).items()}


def is_within(place: PurePosixPath, mounted: Iterable[PurePosixPath]) -> bool:
    """Tell whether a path of the container is, or lies in, something that is mounted."""
    return not {place, *place.parents}.isdisjoint(mounted)


def openings(profile: HardenedProfile, root: Path, user: User) -> list[Opening]:
    """Return the directories that a run needs anew, outer ones first.

    Args:
        profile: The run.
        root: Where the image lies unpacked.
        user: Who the kernel sees: what lies in a directory that is closed to them they could not see anyway.

    Raises:
        UsageError: The image has a file where a directory is to be mounted, or the other way round.
    """
    wanted = targets(profile, root)
    lacking: dict[PurePosixPath, list[tuple[PurePosixPath, bool]]] = {}
    for target, is_directory in wanted.items():
        place = root / target.relative_to("/")
        if is_within(target.parent, wanted) or not root.is_dir():
            continue
        nearest = next(path for path in (place, *place.parents) if path.exists())
        if nearest.is_dir() != (is_directory or nearest != place):
            raise UsageError(
                f"The image has a {'directory' if nearest.is_dir() else 'file'} at /{nearest.relative_to(root)}, over "
                f"which a {'directory' if is_directory else 'file'} cannot be mounted.",
                "Choose another path in the container.",
            )
        if nearest != place:
            lacking.setdefault(PurePosixPath("/", nearest.relative_to(root)), []).append((target, is_directory))
    return [_opening(root, place, new, user) for place, new in sorted(lacking.items())]


def lay_out(opening: Opening, directory: Path) -> None:
    """Make a directory that an engine mounts in the place of the image's: places in it, and links."""
    directory.mkdir(mode=0o755)
    directory.chmod(opening.mode)
    for link in opening.links:
        (directory / link.name).symlink_to(link.readlink())
    kinds: Mapping[PurePosixPath, bool] = {
        **{opening.place / path.name: path.is_dir() for path in opening.kept},
        **dict(opening.new),
    }
    for target, is_directory in kinds.items():
        place = directory / target.relative_to(opening.place)
        (place if is_directory else place.parent).mkdir(parents=True, exist_ok=True)
        if not is_directory:
            place.touch()


def _opening(root: Path, place: PurePosixPath, new: list[tuple[PurePosixPath, bool]], user: User) -> Opening:
    directory = root / place.relative_to("/")
    way = [path for path in (directory, *directory.parents) if path == root or root in path.parents]
    within = sorted(directory.iterdir()) if all(user.may_read(path.stat()) for path in way) else []
    others = [path for path in within if place / path.name not in _EVERY_RUN_HAS]
    links = tuple(path for path in others if path.is_symlink())
    kernels = [(target, True) for target in _EVERY_RUN_HAS if target.parent == place]
    return Opening(directory, place, tuple(path for path in others if path not in links), links, (*new, *kernels))
