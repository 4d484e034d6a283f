"""gVisor: a kernel of its own for each run, in user space, between the program and the machine's kernel.

``runsc`` takes the unpacked image as an OCI bundle; it needs no daemon. What the program asks of its kernel is answered
by gVisor's, which asks the machine's for little: the strongest wall of all engines here, at the price of slower system
calls. Only used when asked for. (https://gvisor.dev/docs/)
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nautiloid.errors import UsageError
from nautiloid.oci.source import open_image
from nautiloid.oci.unpack import rootfs_path
from nautiloid.programs import announced
from nautiloid.run.bundle import Ground, bundle_config
from nautiloid.run.confinement import die_with_parent
from nautiloid.run.engine import Availability
from nautiloid.run.limits import limits
from nautiloid.run.output import prepare_output
from nautiloid.run.profile import HardenedProfile, User
from nautiloid.run.supervise import Invocation
from nautiloid.run.unpacking import UnpackingEngine

_SECONDS = 20


class RunscEngine(UnpackingEngine):
    """Runs images with ``runsc``."""

    name = "runsc"
    by_itself = False

    def available(self) -> Availability:
        """Start a program in a sandbox."""
        if shutil.which("runsc") is None:
            return Availability(False, "runsc is not installed", "apt-get install runsc, or see gvisor.dev")
        command = announced([*_runsc(), "--network=none", "do", "true"])
        try:
            tried = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            return Availability(False, "runsc does not finish", "look at `runsc do true`")
        if tried.returncode == 0:
            return Availability(True)
        said = (tried.stderr.strip().splitlines() or ["it gives no reason"])[-1]
        return Availability(False, f"runsc does not work: {said}", "look at `runsc do true`")

    def command(self, profile: HardenedProfile) -> list[str]:
        """Return the command; what it starts stands in the bundle that is made for each run."""
        return _command(profile, Path("STATE"), Path("BUNDLE"), "NAME")

    def shell_line(self, profile: HardenedProfile) -> str:
        """Return the command, and the bundle's configuration as a comment."""
        with open_image(profile.image, self._store) as source:
            root = rootfs_path(source.image, self._cache)
            ground = self._ground(profile, root, Path("BUNDLE"))
            config = bundle_config(profile, source.image, ground, _inside(profile.user))
        return f"{super().shell_line(profile)}  # BUNDLE/config.json: {json.dumps(config)}"

    def shortcomings(self, profile: HardenedProfile) -> Iterator[str]:
        """Say what gVisor does not limit."""
        yield "runsc does not limit the number of processes; what they take counts as memory (--memory)"
        if profile.memory or profile.cpus:
            with limits(profile, count=False) as held:
                if not held.together:
                    yield "--memory and --cpus are not held: no control group can be made here"

    @contextmanager
    def _invocation(self, profile: HardenedProfile, before: Sequence[str] = ()) -> Iterator[Invocation]:
        _check(profile)
        if profile.output:
            prepare_output(profile.output.source, profile.user)
        with (
            open_image(profile.image, self._store) as source,
            tempfile.TemporaryDirectory(prefix="nautiloid-runsc-") as scratch,
            limits(profile, count=False) as held,
        ):
            root = self._root_of(source, profile)
            bundle, state = Path(scratch, "bundle"), Path(scratch, "state")
            bundle.mkdir()
            ground = self._ground(profile, root, bundle)
            ground.lay_out()
            config = bundle_config(profile, source.image, ground, _inside(profile.user))
            (bundle / "config.json").write_text(json.dumps(config))

            # Its control socket is named after it, in one name space for all of the machine.
            name = f"nautiloid-{secrets.token_hex(8)}"

            def kill() -> None:
                _tell(state, "kill", name, "KILL")
                _tell(state, "delete", "--force", name)

            def deliver(_: int, signum: int) -> bool:
                return _tell(state, "kill", name, str(signum))

            def prepare() -> None:
                die_with_parent()
                if held.enter:
                    held.enter()

            words = [*held.words, *before, *_command(profile, state, bundle, name)]
            yield Invocation(words, prepare=prepare, kill=kill, deliver=deliver)

    def _ground(self, profile: HardenedProfile, root: Path, bundle: Path) -> Ground:
        return Ground.of(profile, root, self._own_files(profile), bundle)


def _runsc() -> list[str]:
    """Return the program for whoever we are; control groups are ours to make."""
    return ["runsc", *(["--rootless"] if os.geteuid() else []), "--ignore-cgroups"]


def _command(profile: HardenedProfile, state: Path, bundle: Path, name: str) -> list[str]:
    network = "host" if profile.network == "host" else "none"
    return [*_runsc(), f"--root={state}", f"--network={network}", "--oci-seccomp", "run", f"--bundle={bundle}", name]


def _inside(user: User) -> User:
    """Return the user as the sandbox counts: without root it maps one user, us, and that one is its number 0."""
    return User(0, 0) if os.geteuid() else user


def _check(profile: HardenedProfile) -> None:
    if profile.gpus:
        raise UsageError("The runsc engine has no GPUs.", "Use --engine docker or --engine podman.")
    if profile.ports:
        raise UsageError("The runsc engine publishes no ports.", "Use --engine docker or --engine bubblewrap.")
    if os.geteuid() and profile.user.uid != os.geteuid():
        raise UsageError(f"Without root, runsc runs only as you, not as {profile.user}.", "Leave --user away.")


def _tell(state: Path, *words: str) -> bool:
    command = announced([*_runsc(), f"--root={state}", *words])
    return subprocess.run(command, capture_output=True, check=False, timeout=_SECONDS).returncode == 0
