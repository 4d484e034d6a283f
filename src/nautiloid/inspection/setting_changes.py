"""Compares two images' configurations and annotations, every field of them, also those that Nautiloid never reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from nautiloid import labels
from nautiloid.oci.documents import json_object, plain_object
from nautiloid.oci.source import ImageSource

_UNSET = ('""', "null", "[]", "{}", "false")
_CREATED = ("created", labels.CREATED)


@dataclass(frozen=True, slots=True)
class Setting:
    """A value that differs, by its place (``config.Env.PATH``); None where an image does not have it."""

    name: str
    before: str | None
    after: str | None


def setting_changes(before: ImageSource, after: ImageSource, ignore: Set[str]) -> tuple[Setting, ...]:
    """Compare the configurations: env by variable, labels by name, history line by line, the rest by its place.

    Args:
        before: Image A.
        after: Image B.
        ignore: May hold ``config`` (everything), ``env``, ``labels``, ``history`` and ``created``.
    """
    if "config" in ignore:
        return ()
    found = _compare(_config(before), _config(after))
    return tuple(setting for setting in found if not _ignored(setting.name, ignore))


def annotation_changes(before: ImageSource, after: ImageSource, ignore: Set[str]) -> tuple[Setting, ...]:
    """Compare the manifests' annotations and types; ``ignore`` may hold ``annotations`` and ``created``."""
    if "annotations" in ignore:
        return ()
    found = _compare(_manifest(before), _manifest(after))
    return tuple(setting for setting in found if not _ignored(setting.name, ignore))


def _config(source: ImageSource) -> dict[str, str]:
    raw = json_object(source.blobs.read_blob(source.image.manifest.config.digest), "configuration")
    raw.pop("rootfs", None)  # the layers are compared on their own
    run = plain_object(raw.get("config"))
    if isinstance(run.get("Env"), list):
        run["Env"] = dict(str(item).partition("=")[::2] for item in run["Env"])
    flat = dict(_flatten(raw, ""))
    # Docker writes null, "" and [] for what is not set; a variable that is empty is set.
    return {name: value for name, value in flat.items() if value not in _UNSET or name.startswith("config.Env.")}


def _manifest(source: ImageSource) -> dict[str, str]:
    manifest = source.image.manifest
    shown = {f"annotations.{name}": json.dumps(value) for name, value in manifest.annotations.items()}
    return {**shown, "mediaType": json.dumps(manifest.media_type)}


def _flatten(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _flatten(item, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list) and place == "history":
        for number, item in enumerate(value, 1):
            yield from _flatten(item, f"history.{number}")
    else:
        yield place, json.dumps(value, sort_keys=True, ensure_ascii=False)


def _compare(a: Mapping[str, str], b: Mapping[str, str]) -> Iterator[Setting]:
    for name in sorted(a.keys() | b.keys(), key=_order):
        if a.get(name) != b.get(name):
            yield Setting(name, a.get(name), b.get(name))


def _order(name: str) -> tuple[object, ...]:
    """Sort history.2 before history.10."""
    return tuple((0, int(step), "") if step.isdigit() else (1, 0, step) for step in name.split("."))


def _ignored(name: str, ignore: Set[str]) -> bool:
    parents = {"config.Env.": "env", "config.Labels.": "labels", "history.": "history"}
    if any(name.startswith(start) and word in ignore for start, word in parents.items()):
        return True
    return "created" in ignore and name.endswith(_CREATED)
