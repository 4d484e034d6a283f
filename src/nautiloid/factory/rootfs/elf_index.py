"""The linking facts of every ELF file of a tree, remembered between builds.

A native library inside a wheel must be inflated before its dynamic section can be read; half a gigabyte of it for
torch. Facts are kept by content identity, so that only a library never seen before is inflated.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nautiloid.atomic import write_text
from nautiloid.buffer import mapped
from nautiloid.elf.linking import ElfFacts, linking_facts
from nautiloid.factory.rootfs.content import Content
from nautiloid.factory.rootfs.tree import Node, Tree

ELF_NOTES = "elf-3.json"
"""Name of the file in Nautiloid's cache that remembers facts; another form of facts has another name."""

_Noted = dict[str, dict[str, Any] | None]


def read_all_elf(tree: Tree, cache: Path, scratch: Path) -> dict[str, ElfFacts]:
    """Return the linking facts of every ELF file, by canonical path.

    Args:
        tree: What to look at: files with an x bit, and those named like a shared object.
        cache: A JSON file that remembers facts by content identity; made when it is not there.
        scratch: Where a library may be inflated for a moment.
    """
    noted = _recall(cache)
    used: _Noted = {}
    facts = {}
    for entry in tree.files():
        if entry.content is None or not _may_be_elf(entry):
            continue
        identity = entry.content.identity
        if identity not in noted:
            elf = _read(entry.content, scratch)
            noted[identity] = asdict(elf) if elf else None
        used[identity] = noted[identity]
        if (known := noted[identity]) is not None:
            facts[entry.path] = _from_json(known)
    if not _recall(cache).keys() >= used.keys():
        _note(noted, cache)
    return facts


def _may_be_elf(entry: Node) -> bool:
    return bool(entry.mode & 0o111) or ".so" in entry.path.rpartition("/")[2]


def _read(content: Content, scratch: Path) -> ElfFacts | None:
    with content.open() as stream, mapped(stream, scratch) as whole:
        return linking_facts(whole)


def _from_json(known: dict[str, Any]) -> ElfFacts:
    lists = {name: tuple(known[name]) for name in ("needed", "search", "defines")}
    versions = {soname: tuple(names) for soname, names in known["versions"].items()}
    return ElfFacts(**{**known, **lists, "versions": versions})


def _recall(cache: Path) -> _Noted:
    try:
        noted = json.loads(cache.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def _note(noted: _Noted, cache: Path) -> None:
    write_text(cache, json.dumps(noted))
