"""Where Nautiloid keeps things on this machine, following the platform's conventions.

``NAUTILOID_CACHE``, ``NAUTILOID_IMAGES`` and ``NAUTILOID_STATE`` override the places; each is made on first
use by whoever writes there. A relative one counts from the directory in which the command was typed.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_directory() -> Path:
    """Return the directory for what can be fetched or made again (downloads, layers, unpacked images)."""
    override = os.environ.get("NAUTILOID_CACHE")
    return Path(override).absolute() if override else platformdirs.user_cache_path("nautiloid")


def images_directory() -> Path:
    """Return the directory of the local image store: one OCI image layout that holds every image built here."""
    override = os.environ.get("NAUTILOID_IMAGES")
    return Path(override).absolute() if override else platformdirs.user_data_path("nautiloid") / "images"


def state_directory() -> Path:
    """Return the directory for what is true at the moment: which containers there are, and their logs."""
    override = os.environ.get("NAUTILOID_STATE")
    return Path(override).absolute() if override else platformdirs.user_state_path("nautiloid")
