"""Docker and Podman, through their command lines, whose grammar they share.

The command line (and not the API) honours what the user has set up: contexts, DOCKER_HOST, rootless daemons.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from typing import Literal

from nautiloid.oci.documents import string_map
from nautiloid.oci.errors import ImageNotFoundError
from nautiloid.oci.image import Image
from nautiloid.oci.source import ImageSource
from nautiloid.programs import announced
from nautiloid.progress import SILENT, Progress
from nautiloid.run.docker_command import docker_command
from nautiloid.run.docker_load import load_with
from nautiloid.run.engine import NOT_FOUND, Availability, Engine, EngineError, how_to_look
from nautiloid.run.output import prepare_output
from nautiloid.run.profile import HardenedProfile, User
from nautiloid.run.supervise import CompletedRun, Invocation, attach, capture

_PROBE_SECONDS = 20
_LOG = ("--log-opt=max-size=10m", "--log-opt=max-file=2")


class DockerEngine(Engine):
    """Runs images with ``docker`` or ``podman``."""

    def __init__(self, name: Literal["docker", "podman"] = "docker", *, grace: float = 10.0) -> None:
        """Name the program.

        Args:
            name: Which of the two.
            grace: Seconds that a container has to end by itself after we were told to stop.
        """
        self.name = name
        self._grace = grace

    def available(self) -> Availability:
        """Ask the program for the state of its daemon or storage."""
        if shutil.which(self.name) is None:
            return Availability(False, f"{self.name} is not installed", f"install {self.name}")
        version = "{{.ServerVersion}}" if self.name == "docker" else "{{.Version.Version}}"
        try:
            answer = self.ask("info", "--format", version, timeout=_PROBE_SECONDS)
        except subprocess.TimeoutExpired:
            return Availability(False, f"{self.name} does not answer", f"look at `{self.name} info`")
        if answer.returncode == 0 and answer.stdout.strip():
            return Availability(True)
        return Availability(
            False, f"{self.name} does not work: {last_line(answer.stderr)}", f"look at `{self.name} info`"
        )

    def holds(self, image: Image, reference: str) -> bool:
        """Compare image IDs: of the configuration in classic storage, of the manifest in containerd's."""
        answer = self.ask("image", "inspect", "--format", "{{.Id}}", reference)
        identity = answer.stdout.strip().removeprefix("sha256:")
        known = {digest.removeprefix("sha256:") for digest in (image.config_digest, image.digest)}
        return answer.returncode == 0 and identity in known

    def load(self, source: ImageSource, reference: str, progress: Progress = SILENT) -> None:
        """Pipe the image into ``load`` as an archive."""
        load_with(self.name, source, reference, progress)

    def forget(self, reference: str) -> None:
        """Remove the name, and with its last name the image."""
        self.ask("image", "rm", "--no-prune", reference)

    def labels_of(self, reference: str) -> Mapping[str, str]:
        """Ask the engine for an image's labels."""
        answer = self.ask("image", "inspect", "--format", "{{json .Config.Labels}}", reference)
        if answer.returncode != 0:
            raise ImageNotFoundError(
                f"There is no image {reference} here, neither in Nautiloid's store nor in {self.name}.",
                f"Build it with nautiloid build, or fetch it with nautiloid pull or {self.name} pull.",
            )
        return string_map(json.loads(answer.stdout))

    def command(self, profile: HardenedProfile) -> list[str]:
        """Return the whole ``run`` command."""
        return docker_command(self.name, profile, self._seen(profile.user), ("--rm",))

    def shortcomings(self, profile: HardenedProfile) -> Iterable[str]:
        """Say what comes with a published port."""
        if self._rootless and profile.user.uid == os.geteuid():
            yield "rootless Docker shows the program as root; to this machine, and to every file, it is you"
        if self._rootless and self._daemon.endswith(" none"):
            yield "this rootless Docker has no control groups: --memory, --cpus and --pids are not held"
        if profile.ports:
            yield f"{self.name} publishes ports from a bridge, over which the program can also reach out"

    def run(
        self, profile: HardenedProfile, timeout: float | None = None, started: Callable[[], None] = lambda: None
    ) -> int:
        """Run attached to our standard streams."""
        return attach(self._invocation(profile), self._grace, timeout, started)

    def run_captured(self, profile: HardenedProfile, timeout: float | None = None) -> CompletedRun:
        """Run without input and return what the program wrote."""
        return capture(self._invocation(profile), timeout)

    def start(self, profile: HardenedProfile, *, remove: bool) -> None:
        """Start a container in the background, under its profile's name; the daemon limits the size of its log.

        Raises:
            EngineError: The engine refused it.
        """
        if profile.output:
            prepare_output(profile.output.source, profile.user)
        extra = ["--detach", f"--name={profile.name}", *_LOG, *(["--rm"] if remove else [])]
        answer = self.ask(*docker_command(self.name, profile, self._seen(profile.user), extra)[1:])
        if answer.returncode != 0:
            hint = how_to_look("sh", profile.image) if answer.returncode == NOT_FOUND else ""
            raise EngineError(f"{self.name} could not start it: {last_line(answer.stderr)}", hint)

    @cached_property
    def _daemon(self) -> str:
        """What the daemon says of how it runs, where that matters: to us who are not root, and use Docker."""
        if self.name != "docker" or os.geteuid() == 0:
            return ""
        return self.ask("info", "--format", "{{json .SecurityOptions}} {{.CgroupDriver}}").stdout.strip()

    @property
    def _rootless(self) -> bool:
        """Whether the daemon runs without root, in a user namespace whose root is the user."""
        return "name=rootless" in self._daemon

    def _seen(self, user: User) -> User:
        """Return a user as the engine counts: we ourselves are a rootless daemon's number 0."""
        return User(0, 0) if self._rootless and user.uid == os.geteuid() else user

    def _invocation(self, profile: HardenedProfile) -> Invocation:
        """Get everything ready for a run, under a name of its own, so that its container can be removed."""
        if profile.output:
            prepare_output(profile.output.source, profile.user)
        container = profile.name or f"nautiloid-{secrets.token_hex(6)}"
        words = docker_command(self.name, profile, self._seen(profile.user), ("--rm", "--name", container))
        return Invocation(words, kill=partial(self._remove, container))

    def _remove(self, container: str) -> None:
        """Remove a container, whatever state it is in."""
        subprocess.run(announced([self.name, "rm", "--force", container]), capture_output=True, check=False)

    def ask(self, *args: str, timeout: float | None = None) -> subprocess.CompletedProcess[str]:
        """Run one of the engine's own commands, and return what it answers."""
        return subprocess.run(
            announced([self.name, *args]), capture_output=True, text=True, check=False, timeout=timeout
        )


def last_line(said: str) -> str:
    """Return the last line of what an engine says, which holds the reason."""
    return (said.strip().splitlines() or ["it gives no reason"])[-1]
