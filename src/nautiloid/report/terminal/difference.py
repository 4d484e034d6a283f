"""Every difference between two images, in words: never cut, since what is not shown cannot be explained."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

from rich.text import Text

from nautiloid.inspection.difference import Difference
from nautiloid.inspection.file_changes import ChangeKind, Field, FileChange
from nautiloid.inspection.layer_changes import LayerChanges, LayerState
from nautiloid.inspection.setting_changes import Setting
from nautiloid.report import words

_MANY = 20
_LONGEST_NAME = 60
_SIGNS = {ChangeKind.ADDED: "+", ChangeKind.REMOVED: "-", ChangeKind.CHANGED: "~"}


def difference_to_lines(found: Difference, *, every: bool = False) -> list[Text]:
    """Return the files, settings and layers that differ.

    Args:
        found: The difference.
        every: List every file, also of packages that came or went as a whole.
    """
    return [Text(words.printable(line)) for line in _lines(found, every=every)]


def _lines(found: Difference, *, every: bool) -> Iterable[str]:
    yield f"A  {found.before}"
    yield f"B  {found.after}"
    if found.same:
        yield "same: " + (f"nothing differs but what was ignored ({', '.join(sorted(found.ignored))})"
                          if found.before != found.after else "one digest, one image")  # fmt: skip
        return
    if found.files:
        counts = ", ".join(f"{found.count(change)} {change}" for change in ChangeKind)
        yield ""
        yield f"Files: {counts}"
        yield from _file_lines(found, every=every)
    yield from _setting_lines("Configuration", found.settings)
    yield from _setting_lines("Annotations", found.annotations)
    if not found.layers.same and "layers" not in found.ignored:
        yield from _layer_lines(found.layers)
    elif not (found.files or found.settings or found.annotations):
        yield ""
        yield "Only the spelling differs: order of variables, media types of layers, or spaces in the JSON documents"


def _file_lines(found: Difference, *, every: bool) -> Iterable[str]:
    heading: Callable[[FileChange], tuple[str, str]] = lambda file: (file.layer, str(file.package or ""))  # noqa: E731
    # Sorting is stable: paths stay sorted within a group, and groups come in the order of the layers' names.
    for (layer, _), group in itertools.groupby(sorted(found.files, key=heading), key=heading):
        files = list(group)
        package = files[0].package
        yield f"  layer {_short(layer)}" + (f", {package}{_versions(found, files[0])}" if package else "")
        if not every and _whole_package(found, files):
            sizes = sum(file.size for file in files)
            yield f"    {_SIGNS[files[0].change]} {len(files)} paths, {_bytes(sizes)} (--all lists them)"
            continue
        for file in files:
            yield f"    {_SIGNS[file.change]} /{file.path}{_summary(file)}"
            yield from (f"        {line}" for line in _text_lines(found, file))


def _whole_package(found: Difference, files: list[FileChange]) -> bool:
    """Tell whether a package came or went as a whole, with more files than anybody wants to read."""
    package = files[0].package
    if package is None or len(files) < _MANY:
        return False
    return "" in found.packages.get((package.kind, package.name), ())


def _versions(found: Difference, file: FileChange) -> str:
    if file.package is None:
        return ""
    before, after = found.packages.get((file.package.kind, file.package.name), ("", ""))
    return f" {before or 'none'} -> {after or 'none'}" if before != after else f" {after}"


def _summary(file: FileChange) -> str:
    if file.change is not ChangeKind.CHANGED:
        return f"  ({file.kind}{f', {_bytes(file.size)}' if file.kind.startswith('file') else ''})"
    fields = "; ".join(_field(field) for field in file.fields)
    why = "; only the header that says when it was made" if file.header_only else ""
    kind = file.kind.partition(", ")[2]
    return f"  {fields}{why}" + (f"  ({kind})" if kind and file.content_differs else "")


def _field(field: Field) -> str:
    if field.name == "content":
        return f"content {field.before[:19]} -> {field.after[:19]}"
    return f"{field.name} {field.before or 'none'} -> {field.after or 'none'}"


def _text_lines(found: Difference, file: FileChange) -> Iterable[str]:
    text = found.texts.get(file.path)
    if text is not None:
        yield from text.lines or (f"(not shown: {text.left_out})",)


def _setting_lines(title: str, settings: tuple[Setting, ...]) -> Iterable[str]:
    if settings:
        yield ""
        yield f"{title}: {len(settings)} differ"
    for setting in settings:
        if setting.before is None:
            yield f"    + {setting.name} {setting.after}"
        elif setting.after is None:
            yield f"    - {setting.name} {setting.before}"
        else:
            yield f"    ~ {setting.name} {setting.before} -> {setting.after}"


def _layer_lines(layers: LayerChanges) -> Iterable[str]:
    yield ""
    yield (f"Layers: B shares {words.size(layers.shared)} with A; {words.size(layers.moved)} would have to be moved")
    for pair in layers.pairs:
        state = pair.after or pair.before
        assert state is not None  # noqa: S101 - a pair has at least one side
        yield f"    {'=' if pair.same else '~'} {_short(state.name)}  {_blobs(pair.before, pair.after)}" + (
            f"  {pair.why}" if pair.why else ""
        )
    if all(pair.same for pair in layers.pairs):
        yield "    the same layers in another order"


def _blobs(before: LayerState | None, after: LayerState | None) -> str:
    a, b = (f"{state.digest[:19]} {words.size(state.size)}" if state else "none" for state in (before, after))
    return b if a == b else f"{a} -> {b}"


def _short(name: str) -> str:
    """Return a layer's name without most of the command that made it, as Docker calls its layers."""
    words = " ".join(name.split())
    return words if len(words) <= _LONGEST_NAME else f"{words[: _LONGEST_NAME - 3]}..."


def _bytes(size: int) -> str:
    return f"{size} bytes" if size < 100_000 else words.size(size)
