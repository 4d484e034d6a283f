"""Lock -> root filesystem: every locked input put into one tree, slimmed, completed and checked."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from nautiloid.factory import slim
from nautiloid.factory.bookkeeping import write_books
from nautiloid.factory.compiling import compile_image
from nautiloid.factory.gathering import gather
from nautiloid.factory.inputs import Inputs
from nautiloid.factory.lockfile import Lock
from nautiloid.factory.rootfs.tree import Tree
from nautiloid.factory.soundness import check_soundness
from nautiloid.progress import SILENT, Progress


@dataclass(frozen=True)
class Assembly:
    """A finished root filesystem, and what slimming did to get there."""

    tree: Tree
    effects: tuple[slim.SlimEffect, ...]


def assemble(
    lock: Lock, inputs: Inputs, cache: Path, scratch: Path, open_files: ExitStack, progress: Progress = SILENT
) -> Assembly:
    """Build the tree of an image.

    Args:
        lock: What goes in.
        inputs: Where it lies.
        cache: Nautiloid's cache directory.
        scratch: A directory that lives as long as the tree is used.
        open_files: Holds the wheels open as long as the tree is used.
        progress: Told about long steps.

    Raises:
        IntegrityError: An input is not what the lock says.
        AssemblyError: A native library is missing, or a file breaks the run contract.
    """
    tree, packages = gather(lock, inputs, scratch, open_files, progress)
    effects = slim.apply_rules(tree, lock.definition.slim, cache / "stripped")
    compile_image(tree, lock, inputs, cache, scratch, progress)
    facts = write_books(tree, lock, packages, cache, scratch)
    check_soundness(tree, facts, lock)
    return Assembly(tree, effects)
