"""A second program beside the one in a container, from an image with tools: hardened images have no shell to look with.

It sees the container's processes, network and files (below ``/proc/NUMBER/root``), may trace what runs there
(``CAP_SYS_PTRACE``, within the container's own user namespace where bubblewrap runs it), and nothing more.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from nautiloid.oci.image import Image
from nautiloid.programs import announced
from nautiloid.run.engine import EngineError
from nautiloid.run.masks import bubblewrap_masks
from nautiloid.run.mount_points import make_common_places
from nautiloid.run.namespaces import program_started_by
from nautiloid.run.process import environment
from nautiloid.run.profile import HardenedProfile

_TRACING = "SYS_PTRACE"


def debug_in_namespaces(watcher: int, image: Image, root: Path, words: Sequence[str]) -> int:
    """Run a program of another image in the namespaces of a container of bubblewrap, with our standard streams.

    Args:
        watcher: The process to which the container belongs.
        image: The image with the tools.
        root: Where it lies unpacked.
        words: The program and its arguments.

    Raises:
        EngineError: The container has ended.
    """
    process = program_started_by(watcher)
    if process is None:
        raise EngineError("The container has ended.", "Look at its image: nautiloid debug IMAGE")
    make_common_places(root, ())
    variables = environment(HardenedProfile(image="tools"), image.config).items()
    inner = [
        *("bwrap", "--pidns", "@PROCESSES", "--die-with-parent", "--cap-drop", "ALL", "--cap-add", f"CAP_{_TRACING}"),
        *("--clearenv", *(word for name, value in variables for word in ("--setenv", name, value))),
        *("--ro-bind", "@ROOT", "/", "--proc", "/proc", *bubblewrap_masks(), "--dev", "/dev"),
        *("--perms", "1777", "--tmpfs", "/tmp", "--chdir", "/", "--", *words),  # noqa: S108 - in the container
    ]
    command = [sys.executable, "-P", "-m", "nautiloid.run.join", str(process), str(root), *inner]
    return subprocess.run(announced(command), check=False).returncode


def debug_in_engine(engine: str, container: str, user: str, image: str, words: Sequence[str], *, tty: bool) -> int:
    """Run a program of another image beside a container of Docker or Podman, with our standard streams.

    Args:
        engine: The program.
        container: Its name.
        user: As whom the container runs: the kernel lets nobody else look at its files.
        image: What the engine calls the image with the tools.
        words: The program and its arguments.
        tty: Whether we have a terminal.
    """
    command = [
        *(engine, "run", "--rm", "--pull=never", "--interactive", *(["--tty"] if tty else [])),
        *(f"--pid=container:{container}", f"--network=container:{container}", *([f"--user={user}"] if user else [])),
        *("--read-only", "--tmpfs=/tmp:rw,nosuid,nodev,mode=1777", "--security-opt=no-new-privileges"),
        *("--cap-drop=ALL", f"--cap-add={_TRACING}", f"--entrypoint={words[0]}", image, *words[1:]),
    ]
    return subprocess.run(announced(command), check=False).returncode
