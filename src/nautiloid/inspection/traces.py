"""Secrets and start-up hooks of all layers, also of files that later layers delete, overwrite or hide.

A layer is kept whole wherever the image is: who can pull the one can read what the other took away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nautiloid.inspection.facts import Secret, StartupHook
from nautiloid.inspection.file_tree import FileTree, TreeFile
from nautiloid.inspection.inventory import Risk, Weakness
from nautiloid.inspection.layer_listing import LayerEntry
from nautiloid.inspection.startup_hooks import LOADER


@dataclass(frozen=True, slots=True)
class Traced:
    """A file in which something was seen.

    Attributes:
        path: In the finished image, or where it was in its layer.
        hidden: What a later layer (or the same, further on) did to it; empty where the finished image shows it.
    """

    path: str
    layer: int
    hidden: str
    traces: tuple[object, ...]


def traced_files(
    entries: Sequence[tuple[int, LayerEntry]], files: Mapping[str, TreeFile], tree: FileTree
) -> tuple[Traced, ...]:
    """Return the files of all layers in which something was seen.

    Args:
        entries: Those of the layers that have traces, each with the position of its layer.
        files: The finished file system.
        tree: The same, to follow links of directories.
    """
    shown = {id(file.entry): path for path, file in reversed(list(files.items())) if file.entry and file.entry.traces}
    return tuple(_traced(layer, entry, shown.get(id(entry)), files, tree) for layer, entry in entries)


def _traced(layer: int, entry: LayerEntry, path: str | None, files: Mapping[str, TreeFile], tree: FileTree) -> Traced:
    if path is not None:
        return Traced(path, layer, "", entry.traces)
    over = files.get(entry.path) or files.get(tree.real_path(entry.path))
    hidden = f"layer {over.layer + 1} overwrites it" if over is not None else "a later layer deletes it"
    return Traced(entry.path, layer, hidden, entry.traces)


def find_traces(traced: Sequence[Traced], owner: Callable[[str], str]) -> Iterator[Weakness]:
    """Yield what secrets and hooks give reason to say.

    Args:
        traced: Files in which they were seen.
        owner: The package of a path; empty for none.
    """
    for file in traced:
        for trace in file.traces:
            package = owner(file.path) if not file.hidden else ""
            if isinstance(trace, Secret):
                yield _secret(file, trace, package)
            elif isinstance(trace, StartupHook):
                yield _hook(file, trace, package)


def _secret(file: Traced, secret: Secret, package: str) -> Weakness:
    shown = f", {secret.shown}" if secret.shown else ""
    published = f", published with {package}: everybody has it" if package else ""
    hidden = f"; {file.hidden}, but who has the image has this layer" if file.hidden else ""
    return Weakness(
        "secret-in-layer" if file.hidden else "secret-in-file", Risk.LOW if package else Risk.HIGH,
        "A secret in a file that a later layer hides" if file.hidden else "A secret in a file", f"/{file.path}",
        f"line {secret.line} holds what looks like a {secret.kind}{shown}{published}{hidden}",
        "Make sure that nothing trusts it." if package else
        "Take it out of every layer (a later layer only hides it), and replace the secret.",
        file.layer,
    )  # fmt: skip


def _hook(file: Traced, hook: StartupHook, package: str) -> Weakness:
    origin = f" (from {package})" if package else f" ({file.hidden})" if file.hidden else ""
    loader = hook.rule == LOADER
    return Weakness(
        hook.rule, Risk.MEDIUM if loader and not file.hidden else Risk.INFO,
        "All programs load it at each start" if loader else "Python runs it at each start",
        f"/{file.path}", f"{hook.what}{origin}", "Make sure that you know who put it there.", file.layer,
    )  # fmt: skip
