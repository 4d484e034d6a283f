"""What an image and a profile together say about the process that is started, as an engine of our own needs it.

Source: OCI image-spec 1.1, config.md, and what Docker does with ``Entrypoint``, ``Cmd`` and ``Env``.
"""

from __future__ import annotations

from nautiloid.oci.model import ImageConfig
from nautiloid.run.engine import EngineError
from nautiloid.run.profile import HardenedProfile

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def environment(profile: HardenedProfile, config: ImageConfig) -> dict[str, str]:
    """Return the variables: of the image, and above them the profile's."""
    declared = dict(entry.split("=", 1) for entry in config.env if "=" in entry)
    return {"PATH": _PATH, "HOME": "/", **declared, **profile.environment}


def program(profile: HardenedProfile, config: ImageConfig) -> tuple[str, ...]:
    """Return the program and its arguments.

    Raises:
        EngineError: Neither names a program.
    """
    if profile.entrypoint:
        return (*profile.entrypoint, *profile.args)
    words = (*config.entrypoint, *(profile.args or config.cmd))
    if not words:
        raise EngineError(f"The image {profile.image} names no program.", "Name one after the image.")
    return words


def working_directory(profile: HardenedProfile, config: ImageConfig) -> str:
    """Return where the program starts."""
    return str(profile.workdir or config.working_dir or "/")
