"""A hardened run as a command of Docker or Podman, whose grammar is the same."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence

from nautiloid import labels
from nautiloid.run.confinement import hardened_call_filter
from nautiloid.run.profile import HardenedProfile, Mount, User


def docker_command(program: str, profile: HardenedProfile, user: User, extra: Sequence[str]) -> list[str]:
    """Return the whole ``run`` command.

    Args:
        program: ``docker`` or ``podman``.
        profile: The run.
        user: Whom the program runs as, as the engine counts.
        extra: Options beside the profile's.
    """
    return [
        *(program, "run", *extra, "--pull=never", f"--label={labels.CONTAINER}"),
        *(["--interactive"] if profile.interactive else []),
        *(["--tty"] if profile.tty else []),
        *("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"),
        f"--security-opt=seccomp={hardened_call_filter()}",
        f"--network={'bridge' if profile.ports else profile.network}",
        *(f"--user={user}", *_user_namespace(program, user)),
        *([] if profile.network == "host" else [f"--hostname={profile.hostname}"]),
        *(f"--publish={port}" for port in profile.ports),
        *_limits(profile),
        *(f"--tmpfs={path}:rw,nosuid,nodev,mode=1777{_size(profile)}" for path in profile.tmpfs),
        *(f"--mount={_mount(mount, 'readonly')}" for mount in profile.mounts),
        *([f"--mount={_mount(profile.output)}"] if profile.output else []),
        *(f"--env={name}={value}" for name, value in profile.environment.items()),
        *([f"--workdir={profile.workdir}"] if profile.workdir else []),
        *(_gpus(program) if profile.gpus else []),
        *([f"--entrypoint={profile.entrypoint[0]}"] if profile.entrypoint else []),
        profile.image,
        *(profile.entrypoint[1:] if profile.entrypoint else ()),
        *profile.args,
    ]


def _user_namespace(program: str, user: User) -> list[str]:
    """Rootless Podman maps our own number to root unless told to keep it."""
    ours = program == "podman" and os.geteuid() != 0 and user.uid == os.geteuid()
    return ["--userns=keep-id"] if ours else []


def _gpus(program: str) -> list[str]:
    return ["--gpus=all"] if program == "docker" else ["--device=nvidia.com/gpu=all"]


def _limits(profile: HardenedProfile) -> list[str]:
    memory = [f"--memory={profile.memory}", f"--memory-swap={profile.memory}"] if profile.memory else []
    cpus = [f"--cpus={profile.cpus:g}"] if profile.cpus else []
    ulimits = [limit.docker() for limit in profile.ulimits]
    return [f"--pids-limit={profile.pids}", *memory, *cpus, f"--shm-size={profile.shared_memory}", *ulimits]


def _size(profile: HardenedProfile) -> str:
    return f",size={profile.scratch_memory}" if profile.scratch_memory else ""


def _mount(mount: Mount, *flags: str) -> str:
    """Write a --mount value, which is a CSV record: a comma or quote in a path must be quoted."""
    record = io.StringIO()
    fields = ("type=bind", f"source={mount.source}", f"target={mount.target}", *flags)
    csv.writer(record, lineterminator="").writerow(fields)
    return record.getvalue()
