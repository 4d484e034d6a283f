"""Docker and Podman, through their command lines, whose grammar they share.

The command line (and not the API) honours what the user has set up: contexts, DOCKER_HOST, rootless daemons.
"""

from __future__ import annotations

import csv
import io
import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Literal

from nautiloid.oci.archive import stream_archive
from nautiloid.oci.docker_archive import docker_needs_plain_layers, stream_docker_archive
from nautiloid.oci.documents import string_map
from nautiloid.oci.errors import ImageNotFoundError
from nautiloid.oci.image import Image
from nautiloid.oci.source import ImageSource
from nautiloid.programs import announced
from nautiloid.progress import SILENT, Progress
from nautiloid.run.confinement import hardened_call_filter
from nautiloid.run.engine import Availability, Engine, EngineError
from nautiloid.run.output import prepare_output
from nautiloid.run.profile import HardenedProfile, Mount, User
from nautiloid.run.supervise import CompletedRun, Invocation, attach, capture

_PROBE_SECONDS = 20


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
            answer = self._ask("info", "--format", version, timeout=_PROBE_SECONDS)
        except subprocess.TimeoutExpired:
            return Availability(False, f"{self.name} does not answer", f"look at `{self.name} info`")
        if answer.returncode == 0 and answer.stdout.strip():
            return Availability(True)
        complaint = (answer.stderr.strip().splitlines() or ["it gives no reason"])[-1]
        return Availability(False, f"{self.name} does not work: {complaint}", f"look at `{self.name} info`")

    def holds(self, image: Image, reference: str) -> bool:
        """Compare image IDs: of the configuration in classic storage, of the manifest in containerd's."""
        answer = self._ask("image", "inspect", "--format", "{{.Id}}", reference)
        identity = answer.stdout.strip().removeprefix("sha256:")
        known = {digest.removeprefix("sha256:") for digest in (image.config_digest, image.digest)}
        return answer.returncode == 0 and identity in known

    def load(self, source: ImageSource, reference: str, progress: Progress = SILENT) -> None:
        """Pipe the image into ``load`` as an archive."""
        loading = subprocess.Popen(
            announced([self.name, "load"]), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        broken = False
        try:
            with loading.stdin or io.BytesIO() as stream:
                if docker_needs_plain_layers(source):
                    stream_docker_archive(source, reference, stream, progress)
                else:
                    stream_archive(source.blobs, source.image, reference, stream, progress)
        except BrokenPipeError:
            broken = True
        finally:
            said = loading.stdout.read().decode(errors="replace").strip() if loading.stdout else ""
            failed = loading.wait() != 0
        if failed or broken:
            raise EngineError(f"{self.name} could not load {reference}: {said}.")

    def labels_of(self, reference: str) -> Mapping[str, str]:
        """Ask the engine for an image's labels."""
        answer = self._ask("image", "inspect", "--format", "{{json .Config.Labels}}", reference)
        if answer.returncode != 0:
            raise ImageNotFoundError(
                f"There is no image {reference} here, neither in Nautiloid's store nor in {self.name}.",
                f"Build it with nautiloid build, or fetch it with {self.name} pull.",
            )
        return string_map(json.loads(answer.stdout))

    def command(self, profile: HardenedProfile) -> list[str]:
        """Return the whole ``run`` command."""
        return self._command(profile, ())

    def shortcomings(self, profile: HardenedProfile) -> Iterable[str]:
        """Say what comes with a published port."""
        if profile.ports:
            yield f"{self.name} publishes ports from a bridge, over which the program can also reach out"

    def run(self, profile: HardenedProfile, timeout: float | None = None) -> int:
        """Run attached to our standard streams."""
        return attach(self._invocation(profile), self._grace, timeout)

    def run_captured(self, profile: HardenedProfile, timeout: float | None = None) -> CompletedRun:
        """Run without input and return what the program wrote."""
        return capture(self._invocation(profile), timeout)

    def _command(self, profile: HardenedProfile, extra: Sequence[str]) -> list[str]:
        return [
            *(self.name, "run", "--rm", "--pull=never", *extra),
            *(["--interactive"] if profile.interactive else []),
            *(["--tty"] if profile.tty else []),
            *("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"),
            f"--security-opt=seccomp={hardened_call_filter()}",
            *(
                f"--network={'bridge' if profile.ports else profile.network}",
                f"--user={profile.user}",
                *self._user_namespace(profile.user),
            ),
            *([] if profile.network == "host" else [f"--hostname={profile.hostname}"]),
            *(f"--publish={port}" for port in profile.ports),
            *_limits(profile),
            *(f"--tmpfs={path}:rw,nosuid,nodev,mode=1777{_size(profile)}" for path in profile.tmpfs),
            *(f"--mount={_mount(mount, 'readonly')}" for mount in profile.mounts),
            *([f"--mount={_mount(profile.output)}"] if profile.output else []),
            *(f"--env={name}={value}" for name, value in profile.environment.items()),
            *([f"--workdir={profile.workdir}"] if profile.workdir else []),
            *(self._gpus() if profile.gpus else []),
            *([f"--entrypoint={profile.entrypoint[0]}"] if profile.entrypoint else []),
            profile.image,
            *(profile.entrypoint[1:] if profile.entrypoint else ()),
            *profile.args,
        ]

    def _user_namespace(self, user: User) -> list[str]:
        """Rootless Podman maps our own number to root unless told to keep it."""
        ours = self.name == "podman" and os.geteuid() != 0 and user.uid == os.geteuid()
        return ["--userns=keep-id"] if ours else []

    def _gpus(self) -> list[str]:
        return ["--gpus=all"] if self.name == "docker" else ["--device=nvidia.com/gpu=all"]

    def _invocation(self, profile: HardenedProfile) -> Invocation:
        """Get everything ready for a run, under a name of its own, so that its container can be removed."""
        if profile.output:
            prepare_output(profile.output.source, profile.user)
        container = f"nautiloid-{secrets.token_hex(6)}"
        return Invocation(self._command(profile, ("--name", container)), kill=partial(self._remove, container))

    def _remove(self, container: str) -> None:
        """Remove a container, whatever state it is in."""
        subprocess.run(announced([self.name, "rm", "--force", container]), capture_output=True, check=False)

    def _ask(self, *args: str, timeout: float | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            announced([self.name, *args]), capture_output=True, text=True, check=False, timeout=timeout
        )


def _limits(profile: HardenedProfile) -> list[str]:
    memory = [f"--memory={profile.memory}", f"--memory-swap={profile.memory}"] if profile.memory else []
    cpus = [f"--cpus={profile.cpus:g}"] if profile.cpus else []
    ulimits = [f"--ulimit={limit}" for limit in profile.ulimits]
    return [f"--pids-limit={profile.pids}", *memory, *cpus, f"--shm-size={profile.shared_memory}", *ulimits]


def _size(profile: HardenedProfile) -> str:
    return f",size={profile.scratch_memory}" if profile.scratch_memory else ""


def _mount(mount: Mount, *flags: str) -> str:
    """Write a --mount value, which is a CSV record: a comma or quote in a path must be quoted."""
    record = io.StringIO()
    fields = ("type=bind", f"source={mount.source}", f"target={mount.target}", *flags)
    csv.writer(record, lineterminator="").writerow(fields)
    return record.getvalue()
