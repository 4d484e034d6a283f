"""Giving an image to Docker or Podman: an archive through a pipe, so that it never lies on disk a second time."""

from __future__ import annotations

import io
import subprocess

from nautiloid.oci.archive import stream_archive
from nautiloid.oci.docker_archive import docker_needs_plain_layers, stream_docker_archive
from nautiloid.oci.source import ImageSource
from nautiloid.programs import announced
from nautiloid.progress import Progress
from nautiloid.run.engine import EngineError


def load_with(program: str, source: ImageSource, reference: str, progress: Progress) -> None:
    """Pipe an image into ``PROGRAM load``.

    Args:
        program: ``docker`` or ``podman``.
        source: The image.
        reference: The name that it gets.
        progress: Hears of the transfer.

    Raises:
        EngineError: The engine refused it.
    """
    loading = subprocess.Popen(
        announced([program, "load"]), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
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
        raise EngineError(f"{program} could not load {reference}: {said}.")
