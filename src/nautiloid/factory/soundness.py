"""Refuse a root filesystem that could not work: a library missing or too old, or the run contract broken."""

from __future__ import annotations

from collections.abc import Mapping

from nautiloid.elf.linking import ElfFacts
from nautiloid.errors import NautiloidError
from nautiloid.factory.libraries.answered import refuse_old, unanswered
from nautiloid.factory.libraries.cuda import CUDA_HINT, is_cuda
from nautiloid.factory.lockfile import Lock
from nautiloid.factory.rootfs.system import check_contract
from nautiloid.factory.rootfs.tree import Tree
from nautiloid.factory.shadows import check_libraries

_LIBRARY_HINT = "Make the lock anew: 'nautiloid lock' adds the Debian packages that bring them, or says what to do."


class AssemblyError(NautiloidError):
    """The inputs do not make an image that can work."""


def check_soundness(tree: Tree, facts: Mapping[str, ElfFacts], lock: Lock) -> None:
    """Check that what the tree holds can be loaded and keeps the run contract.

    Args:
        tree: Finished.
        facts: The linking facts of its ELF files, by canonical path.
        lock: Says what needs what, and what the host brings.

    Raises:
        AssemblyError: It cannot, or does not; the message lists why.
        OldLibraryError: A library is too old for what needs it.
        TreeError: A library would be loaded in place of another's.
    """
    missing = unanswered(tree, facts, lock)
    if missing:
        shown = "\n".join(f"  {library}" for library in missing[:20])
        raise AssemblyError(
            f"{len(missing)} native libraries are missing in the image '{lock.definition.name}':\n{shown}",
            CUDA_HINT if any(is_cuda(library.soname) for library in missing) else _LIBRARY_HINT,
        )
    refuse_old(tree, facts, lock)
    check_libraries(tree, facts)
    faults = check_contract(tree, setuid=lock.definition.image.setuid == "keep")
    if faults:
        raise AssemblyError("the image would break the run contract:\n" + "\n".join(f"  {f}" for f in faults[:20]))
