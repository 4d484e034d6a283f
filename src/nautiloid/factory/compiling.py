"""Compile the modules of a tree with the Python that its lock names: the image's own, or a foreign image's twin."""

from __future__ import annotations

from pathlib import Path

from nautiloid.factory.bytecode import Compiler, compile_modules
from nautiloid.factory.inputs import Inputs
from nautiloid.factory.lockfile import Lock
from nautiloid.factory.rootfs.system import lay_foundations
from nautiloid.factory.rootfs.tree import Tree
from nautiloid.factory.rootfs.unpack import add_deb
from nautiloid.progress import SILENT, Progress


def compile_image(
    tree: Tree, lock: Lock, inputs: Inputs, cache: Path, scratch: Path, progress: Progress = SILENT
) -> None:
    """Add the bytecode that the lock's definition asks for.

    Args:
        tree: The slimmed tree.
        lock: Says which modules, and with which Python.
        inputs: Where that Python lies.
        cache: Nautiloid's cache directory.
        scratch: A directory that lives as long as the tree is used.
        progress: Told about the compiling.

    Raises:
        BytecodeError: The Python cannot run on this machine.
    """
    compiler = _compiler(tree, lock, inputs, scratch)
    compile_modules(tree, lock.definition, compiler, cache / "bytecode", scratch, progress)


def _compiler(tree: Tree, lock: Lock, inputs: Inputs, scratch: Path) -> Compiler:
    if not lock.compiler:
        return Compiler(tree, lock.definition.architecture)
    twin = Tree()
    lay_foundations(twin)
    for deb in lock.compiler:
        add_deb(twin, deb, inputs.stored[deb.sha256], scratch)
    return Compiler(twin, lock.compiler[0].architecture)
