"""The files that tell a program its machine's names: a run's own, as Docker makes them, whatever the image has there.

Without them, ``localhost`` and the container's own name stand for nothing (hosts(5), hostname(5), resolv.conf(5)).
"""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath

from nautiloid.atomic import write_text
from nautiloid.run.profile import HardenedProfile

_ETC = PurePosixPath("/etc")
OWN_FILES = (_ETC / "hosts", _ETC / "hostname", _ETC / "resolv.conf")


def own_files(profile: HardenedProfile, cache: Path) -> dict[PurePosixPath, Path]:
    """Return the file of this machine for each of ``OWN_FILES``; nothing is made.

    With the host's network its own names count. Else they lie in the cache, by their content, so that all runs share
    them and none ever changes one.
    """
    if profile.network == "host":
        return {target: Path(target) for target in OWN_FILES if Path(target).is_file()}
    return {_ETC / name: _place(cache, name, content) for name, content in _contents(profile).items()}


def write_own_files(profile: HardenedProfile, cache: Path) -> None:
    """Make those that lie in the cache."""
    for name, content in _contents(profile).items():
        file = _place(cache, name, content)
        if not file.is_file():
            write_text(file, content)


def _contents(profile: HardenedProfile) -> dict[str, str]:
    return {
        "hosts": f"127.0.0.1\tlocalhost {profile.hostname}\n::1\tlocalhost ip6-localhost ip6-loopback\n",
        "hostname": f"{profile.hostname}\n",
        "resolv.conf": "# There is no network but loopback, and no name server.\n",
    }


def _place(cache: Path, name: str, content: str) -> Path:
    return cache / "names" / f"{name}-{hashlib.sha256(content.encode()).hexdigest()[:16]}"
