"""What texts of definitions and locks may hold, whoever wrote them: they become paths, arguments and lines of files.

A definition may come from a stranger, and so may a lock. What they say must not lead out of where it belongs, must not
be read as an option by a program that it is handed to, and must not command the terminal that shows it.
"""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from pydantic import AfterValidator, StringConstraints

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LEADS_OUT = "leads out of where it belongs ('..')"


def has_control_characters(text: str) -> bool:
    """Tell whether a text holds what commands terminals, or turns the direction of what follows it."""
    return _CONTROL.search(text) is not None


def _printed(text: str) -> str:
    if has_control_characters(text):
        raise ValueError("holds control characters")
    return text


def _absolute(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError("is not an absolute path: it begins with '/'")
    if ".." in path.split("/"):
        raise ValueError(_LEADS_OUT)
    return _printed(path)


def _below(path: str) -> str:
    if path.startswith("/") or "\\" in path or ":" in path.partition("/")[0]:
        raise ValueError("is not a path below another one")
    if ".." in path.split("/"):
        raise ValueError(_LEADS_OUT)
    return _printed(path)


def _secure_url(url: str) -> str:
    parts = urlsplit(_printed(url))
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("is no https URL: download the file yourself, and name it under 'files'")
    if parts.username or parts.password:
        raise ValueError("holds credentials, which everybody who gets the lock would have")
    return url


def _requirement(text: str) -> str:
    """Accept names and versions only: a path, a repository or an option would let pip run what lies there."""
    try:
        parsed = Requirement(_printed(text))
    except InvalidRequirement as error:
        raise ValueError(f"is no requirement (PEP 508): {str(error).splitlines()[0]}") from error
    if parsed.url is not None:
        raise ValueError("names a place instead of a version: make a wheel of it, and add it to pip's find-links")
    return text


AbsolutePath = Annotated[str, AfterValidator(_absolute)]
"""A path in an image."""

PathBelow = Annotated[str, AfterValidator(_below)]
"""A path below a directory, or below a mirror."""

SecureUrl = Annotated[str, AfterValidator(_secure_url)]
"""An https URL without credentials."""

PythonRequirement = Annotated[str, AfterValidator(_requirement)]
"""A PEP 508 requirement by name."""

Printed = Annotated[str, AfterValidator(_printed)]
"""A text that may be shown as it is."""

DistributionName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$")]
"""The name of a Python distribution (core metadata)."""

DistributionVersion = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.!+_-]*$")]
"""The version of a Python distribution, also of one that is not PEP 440's."""

WheelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.!+_-]*\.whl$")]
"""The file name of a wheel."""

Reason = Annotated[str, StringConstraints(min_length=3)]
"""Why something is left out or removed: shown by ``lock --explain``, never optional."""
