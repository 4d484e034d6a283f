"""Data sets of one folder a class: what they hold, how they split, and a digest that names them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from octopus_detector.errors import DataError
from octopus_detector.images import SUFFIXES

VALIDATION_NAMES = ("val", "validation", "test")
VALIDATION_SHARE = 5  # one image in five, where a data set does not come split


@dataclass(frozen=True)
class Sample:
    """One labelled image file; ``label`` counts into the data set's classes."""

    path: Path
    label: int


@dataclass(frozen=True)
class Dataset:
    """Images for training and for validation.

    Attributes:
        root: The folder that the data was read from.
        classes: Class names in alphabetical order, from the folders' names.
        train: Images to learn from.
        validation: Images to be judged by.
        digest: SHA-256 over the splits, class names and file contents; the files' names do not count.
    """

    root: Path
    classes: tuple[str, ...]
    train: tuple[Sample, ...]
    validation: tuple[Sample, ...]
    digest: str


def load(folder: Path) -> Dataset:
    """Read a data set: ``train/`` and ``val/`` with a folder a class, or one folder a class, which we split.

    ``folder`` may also hold a single such data set one level down, as an unpacked archive does. Without ``val/``,
    one image in five of each class is set aside by the digest of its name: the same ones each time.

    Raises:
        DataError: There is no such folder, it holds fewer than two classes, a class has too few images, or the
            classes of the two splits differ.
    """
    root = locate(folder)
    if (root / "train").is_dir():
        validation_folder = next(root / name for name in VALIDATION_NAMES if (root / name).is_dir())
        classes = _class_names(root / "train")
        if classes != _class_names(validation_folder):
            raise DataError(
                f"{root}: train/ and {validation_folder.name}/ do not hold the same classes",
                f"train/ has {', '.join(classes)}; {validation_folder.name}/ has "
                f"{', '.join(_class_names(validation_folder))}.",
            )
        train, validation = _samples(root / "train", classes), _samples(validation_folder, classes)
    else:
        classes = _class_names(root)
        train, validation = _split(_samples(root, classes))
    _require_every_class(root, classes, train, "training")
    _require_every_class(root, classes, validation, "validation")
    return Dataset(root, classes, train, validation, _digest(classes, train, validation))


def locate(folder: Path) -> Path:
    """Find the data set at ``folder`` or, where that is a mere wrapper, one level down.

    Raises:
        DataError: There is no such folder, or nothing in it looks like a data set.
    """
    if not folder.is_dir():
        raise DataError(f"no data set at {folder}: there is no such folder")
    if is_split(folder):
        return folder
    if (folder / "train").is_dir():
        raise DataError(f"{folder} has train/ but no val/", "Add val/, a folder a class, or name train/ itself.")
    within = [child for child in _visible_folders(folder) if is_split(child)]
    if len(within) == 1:
        return within[0]
    if len(within) > 1:
        names = ", ".join(child.name for child in within)
        raise DataError(f"{folder} holds several data sets: {names}", "Name one of them.")
    return folder


def is_split(folder: Path) -> bool:
    """Tell whether ``folder`` holds a ``train/`` and a validation folder."""
    return (folder / "train").is_dir() and any((folder / name).is_dir() for name in VALIDATION_NAMES)


def images_under(folder: Path) -> list[Path]:
    """List the image files below ``folder`` by suffix, hidden ones left out, in a fixed order."""
    found = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    visible = (path for path in found if not _is_hidden(path.relative_to(folder)))
    return sorted(visible, key=lambda path: path.relative_to(folder).as_posix())


def _class_names(folder: Path) -> tuple[str, ...]:
    names = tuple(child.name for child in _visible_folders(folder))
    if len(names) < 2:
        raise DataError(
            f"{folder} holds {len(names)} class folder(s); a classifier needs two or more",
            "Lay the images out as FOLDER/CLASS/IMAGE, or as FOLDER/{train,val}/CLASS/IMAGE.",
        )
    return names


def _visible_folders(folder: Path) -> list[Path]:
    folders = (child for child in folder.iterdir() if child.is_dir() and not child.name.startswith("."))
    return sorted(folders, key=lambda child: child.name)


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _samples(folder: Path, classes: tuple[str, ...]) -> tuple[Sample, ...]:
    return tuple(Sample(path, label) for label, name in enumerate(classes) for path in images_under(folder / name))


def _split(samples: Iterable[Sample]) -> tuple[tuple[Sample, ...], tuple[Sample, ...]]:
    by_class: dict[int, list[Sample]] = {}
    for sample in samples:
        by_class.setdefault(sample.label, []).append(sample)
    train: list[Sample] = []
    validation: list[Sample] = []
    for members in by_class.values():
        shuffled = sorted(members, key=lambda sample: _name_digest(sample.path))
        held_back = max(1, len(shuffled) // VALIDATION_SHARE)
        validation += shuffled[:held_back]
        train += shuffled[held_back:]
    return tuple(train), tuple(validation)


def _name_digest(path: Path) -> bytes:
    return hashlib.sha256(path.name.encode("utf-8", "surrogateescape")).digest()


def _require_every_class(root: Path, classes: tuple[str, ...], samples: Iterable[Sample], use: str) -> None:
    present = {sample.label for sample in samples}
    missing = [name for label, name in enumerate(classes) if label not in present]
    if missing:
        raise DataError(
            f"{root}: no image for {use} in class {', '.join(missing)}",
            "Each class needs at least one image for training and one for validation.",
        )


def _digest(classes: tuple[str, ...], train: Iterable[Sample], validation: Iterable[Sample]) -> str:
    lines = []
    for split, samples in (("train", train), ("validation", validation)):
        for sample in samples:
            try:
                with sample.path.open("rb") as file:
                    content = hashlib.file_digest(file, "sha256").hexdigest()
            except OSError as error:
                raise DataError(f"cannot read {sample.path}: {error.strerror or error}") from error
            lines.append(f"{split} {classes[sample.label]} {content}\n")
    joined = "".join(sorted(lines)).encode("utf-8", "surrogateescape")
    return f"sha256:{hashlib.sha256(joined).hexdigest()}"
