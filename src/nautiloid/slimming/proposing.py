"""From the paths that a trace saw to what can go: the image's tree, what must stay, and proposals for the rest."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from nautiloid.debian.mirrors import Mirrors
from nautiloid.factory.assemble import assemble
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.inputs import fetch_inputs
from nautiloid.factory.lockfile import Lock
from nautiloid.factory.rootfs.elf_index import ELF_NOTES, read_all_elf
from nautiloid.net.fetch import Fetcher
from nautiloid.slimming.needed import needed_files
from nautiloid.slimming.proposal import ComponentProposal, propose


@dataclass(frozen=True)
class Removable:
    """What can go of an image.

    Attributes:
        size: Bytes of all its files.
    """

    proposals: tuple[ComponentProposal, ...]
    size: int


def propose_removals(
    loaded: LoadedDefinition, lock: Lock, used: Iterable[str], fetcher: Fetcher, cache: Path, smallest: int
) -> Removable:
    """Propose what can go of the image that a lock describes.

    Args:
        loaded: The definition.
        lock: Its lock.
        used: Paths that were seen to be used.
        fetcher: The way to downloads.
        cache: Nautiloid's cache directory.
        smallest: Bytes below which a removal is not worth a line.
    """
    with ExitStack() as files:
        scratch = Path(files.enter_context(tempfile.TemporaryDirectory(prefix="slim-", dir=cache)))
        inputs = fetch_inputs(lock, loaded, fetcher, Mirrors())
        tree = assemble(lock, inputs, cache, scratch, files, fetcher.progress).tree
        facts = read_all_elf(tree, cache / ELF_NOTES, scratch)
        needed = needed_files(tree, set(used), facts)
        return Removable(propose(tree, needed, facts, smallest), sum(node.size for node in tree.files()))
