"""Lock -> tree: everything that the lock names, put into one root filesystem as it came."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from nautiloid.factory.inputs import Inputs
from nautiloid.factory.lockfile import Lock
from nautiloid.factory.rootfs import apt, system
from nautiloid.factory.rootfs.dpkg import InstalledPackage
from nautiloid.factory.rootfs.tree import Tree
from nautiloid.factory.rootfs.unpack import add_deb
from nautiloid.factory.shadows import check_shadows
from nautiloid.factory.startup import check_startup
from nautiloid.factory.unpackaged import add_files, add_weights
from nautiloid.factory.wheels.unpack import add_wheel
from nautiloid.progress import SILENT, Progress

# A wheel of this many bytes has a layer of its own: an update of a small neighbour must not move it again.
_HEAVY_WHEEL = 8_000_000


def gather(
    lock: Lock, inputs: Inputs, scratch: Path, open_files: ExitStack, progress: Progress = SILENT
) -> tuple[Tree, list[InstalledPackage]]:
    """Put every input into a tree, with all that it brings; slimming and checks come later.

    Raises:
        IntegrityError: An input is not what the lock says.
        StartupError: One brings what runs at every start, without the definition's word.
        TreeError: One replaces, or stands before, what another brings.
    """
    tree = Tree(keep_setuid=lock.definition.image.setuid == "keep")
    system.lay_foundations(tree)
    with progress.task("Unpack", total=len(lock.debs) + len(lock.wheels)) as task:
        packages = []
        for deb in lock.debs:
            packages.append(add_deb(tree, deb, inputs.stored[deb.sha256], scratch))
            task.advance(1)
        for wheel in lock.wheels:
            layer = f"wheel-{wheel.name}" if wheel.size >= _HEAVY_WHEEL else "wheels"
            site = lock.definition.site_packages
            open_files.enter_context(add_wheel(tree, inputs.stored[wheel.sha256], wheel, site, layer))
            task.advance(1)
    # The wheels were held to this when they were locked; but the lock may be somebody else's.
    check_startup(tree, {package.name: package.source for package in packages}, lock.definition)
    check_shadows(tree)
    for weights in lock.weights:
        add_weights(tree, weights, inputs, open_files)
    add_files(tree, lock, inputs)
    system.write_system_files(tree, lock.definition)
    apt.write_apt_files(tree, lock.definition.debian)
    return tree, packages
