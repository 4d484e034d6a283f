"""TOML 1.0 of strangers."""

from __future__ import annotations

import tomllib
from typing import Any

from nautiloid.documents.depth import TOO_DEEP, check_depth


def loads_toml(text: str) -> dict[str, Any]:
    """Parse TOML.

    Raises:
        ValueError: It is none, or is nested too deeply.
    """
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    check_depth(data)
    return data
