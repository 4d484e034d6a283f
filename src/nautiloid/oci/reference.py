"""What a user may type for an image: a name, a digest, or a path.

Names follow the distribution project's grammar (``[host[:port]/]path[:tag][@digest]``) and stay as they were
typed; only the tag ``latest`` is added where there is none, so that one image has one name everywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from nautiloid.errors import UsageError
from nautiloid.oci.digest import is_digest

# What the catalog's images are called by: nautiloid/pytorch.
CATALOG_PREFIX = "nautiloid/"

_NAME = re.compile(
    r"(?:[a-zA-Z0-9][a-zA-Z0-9.-]*(?::[0-9]+)?/)?"  # registry
    r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
    r"(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?"  # tag
    r"(?:@sha256:[0-9a-f]{64})?"
)
_TAGGED = re.compile(r"[^/]:[^/]*$")


@dataclass(frozen=True)
class Reference:
    """Where an image is to be found.

    Attributes:
        name: A reference or a digest to look for; None for the only image of ``path``.
        path: An OCI layout directory or an archive; None for the local image store.
    """

    name: str | None
    path: Path | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.path, self.name) if part is not None)


def parse_reference(text: str) -> Reference:
    """Read what a user typed.

    ``pytorch``, ``nautiloid/pytorch:latest`` and ``sha256:...`` name images of the local store. What starts
    with ``/``, ``./``, ``../`` or ``~``, or is the path of an existing file or layout, is read from there;
    ``PATH:REFERENCE`` picks one of several images at a path.

    Raises:
        UsageError: It is none of these.
    """
    if is_digest(text):
        return Reference(text)
    if _is_path(text):
        return Reference(None, _at_home(text))
    place, colon, name = text.partition(":")
    if colon and _is_path(place):
        return Reference(parse_name(name), _at_home(place))
    return Reference(parse_name(text))


def parse_name(text: str) -> str:
    """Return an image's name with its tag, which is ``latest`` unless it says otherwise.

    Raises:
        UsageError: It is not a name.
    """
    if is_digest(text):
        return text
    if _NAME.fullmatch(text) is None:
        raise UsageError(
            f"{text!r} is not the name of an image.",
            "Write a name like pytorch or nautiloid/pytorch:latest, a digest, or a path like ./image.tar.",
        )
    return text if "@" in text or _TAGGED.search(text) else f"{text}:latest"


def _is_path(text: str) -> bool:
    try:
        path = Path(text).expanduser()
        existing = path.is_file() or (path / "oci-layout").is_file()
    except (OSError, RuntimeError, ValueError):  # longer than any system takes; the home of nobody
        existing = False
    return existing or (text.startswith(("/", "./", "../", "~")) and ":" not in text)


def _at_home(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except (RuntimeError, ValueError) as error:
        raise UsageError(f"{text!r} names the home of somebody who has none here.", "Write the whole path.") from error
