"""What slimming takes away, image by image: everything that the inputs bring, beside what the image holds.

    python benchmarks/slimming.py [IMAGE...]      # default: the catalog's images but pytorch-cuda

Prints a Markdown table. Sizes are those of regular files, uncompressed; an executable is a regular file with an x bit
that is an ELF program or a script. "Before" has the same packages and wheels as "after", so it is already without what
never enters (shells, perl, apt); bytecode that the build adds counts into "after".
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from nautiloid import catalog, places
from nautiloid.debian.mirrors import Mirrors
from nautiloid.elf.reader import Elf, ElfError
from nautiloid.factory.assemble import assemble
from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.gathering import gather
from nautiloid.factory.inputs import fetch_inputs
from nautiloid.factory.locker import make_lock
from nautiloid.factory.rootfs.tree import Node, Tree
from nautiloid.net.fetch import Fetcher
from nautiloid.net.store import Store
from nautiloid.progress import SILENT


def _can_be_started(head: bytes) -> bool:
    try:
        return head.startswith(b"#!") or Elf(head).program
    except ElfError:
        return False


def main(names: Iterable[str]) -> None:
    """Measure and print."""
    print("| image | Debian packages | Python distributions | files | size | executables |")
    print("|---|---|---|---|---|---|")
    cache = places.cache_directory()
    for name in names:
        loaded = load_definition(name)
        with Fetcher(Store(cache / "store"), SILENT) as fetcher, ExitStack() as files:
            lock = make_lock(loaded, fetcher)
            inputs = fetch_inputs(lock, loaded, fetcher, Mirrors())
            before = gather(lock, inputs, _scratch(files), files)[0]
            after = assemble(lock, inputs, cache, _scratch(files), files).tree
            columns = zip(_measure(before), _measure(after), strict=True)
            changes = " | ".join(f"{one} \u2192 {other}" for one, other in columns)
            print(f"| `{name}` | {len(lock.debs)} | {len(lock.wheels)} | {changes} |", flush=True)


def _scratch(files: ExitStack) -> Path:
    return Path(files.enter_context(tempfile.TemporaryDirectory()))


def _measure(tree: Tree) -> tuple[str, str, str]:
    entries = list(tree.files())
    size = sum(entry.size for entry in entries)
    return f"{len(entries):,}", f"{size / 1e6:,.0f} MB", str(sum(_starts(entry) for entry in entries))


def _starts(entry: Node) -> bool:
    if not entry.mode & 0o111 or entry.content is None:
        return False
    with entry.content.open() as stream:
        return _can_be_started(stream.read(4096))


if __name__ == "__main__":
    main(sys.argv[1:] or [name for name in catalog.names() if name != "pytorch-cuda"])
