"""Refuse a root filesystem that could not work: a library missing or too old, or the run contract broken."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nautiloid.elf.linking import ElfFacts
from nautiloid.errors import NautiloidError
from nautiloid.factory.lockfile import Lock
from nautiloid.factory.rootfs.linkage import missing_libraries, missing_versions
from nautiloid.factory.rootfs.system import check_contract
from nautiloid.factory.rootfs.tree import Tree
from nautiloid.factory.shadows import check_libraries

_CUDA = re.compile(
    r"lib(cuda|cublas|cudart|cudnn|cufft|cupti|curand|cusolver|cusparse|nccl|nvrtc|nvJitLink|torch_cuda|c10_cuda)"
)
_CUDA_HINT = (
    "These are CUDA's: an index gave the build for NVIDIA GPUs of one package and the build for CPUs of another. Add "
    "PyTorch's CPU wheel index to pip's configuration, extend pytorch-cuda, or slim the file away as pytorch does "
    "with torchvision's."
)
_LIBRARY_HINT = "Add the Debian package that brings them to 'debian.packages', or slim away the file that needs them."


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
        TreeError: A library would be loaded in place of another's.
    """
    by_host = lock.definition.image.host_libraries
    missing = [
        library
        for library in missing_libraries(tree, facts, lock.definition.architecture, _needs(lock))
        if library.soname not in by_host
    ]
    if missing:
        shown = "\n".join(f"  {library}" for library in missing[:20])
        raise AssemblyError(
            f"{len(missing)} native libraries are missing in the image '{lock.definition.name}':\n{shown}",
            _CUDA_HINT if any(_CUDA.match(library.soname) for library in missing) else _LIBRARY_HINT,
        )
    old = missing_versions(tree, facts, lock.definition.architecture)
    if old:
        shown = "\n".join(f"  {version}" for version in old[:20])
        raise AssemblyError(
            f"libraries of the image '{lock.definition.name}' are too old for {len(old)} needs of its files:\n{shown}",
            "Choose a wheel that was built for an older C library, or a newer Debian (suite: trixie).",
        )
    check_libraries(tree, facts)
    faults = check_contract(tree, setuid=lock.definition.image.setuid == "keep")
    if faults:
        raise AssemblyError("the image would break the run contract:\n" + "\n".join(f"  {f}" for f in faults[:20]))


def _needs(lock: Lock) -> dict[str, set[str]]:
    """Return for each wheel's component those of all that it needs, directly or through others."""
    direct: dict[str, set[str]] = {wheel.name: set() for wheel in lock.wheels}
    for wheel in lock.wheels:
        for dependent in wheel.wanted_by:
            direct.setdefault(dependent, set()).add(wheel.name)
    found: dict[str, set[str]] = {}
    for name, wanted in direct.items():
        reached, agenda = set(wanted), list(wanted)
        while agenda:
            more = direct.get(agenda.pop(), set()) - reached
            reached |= more
            agenda += more
        found[f"wheel:{name}"] = {f"wheel:{other}" for other in reached}
    return found
