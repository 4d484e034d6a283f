"""An image in a local Docker engine, read through its API socket.

Source: Docker Engine API 1.41, ``GET /images/{name}/get``, which answers with what ``docker save`` writes. Engines
before version 25 put ``manifest.json`` behind the layers, so that the archive must be kept before it can be read: in a
file without a name, gone when the process ends.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx

from nautiloid.errors import NautiloidError
from nautiloid.oci.archive_reader import Archive
from nautiloid.oci.errors import ImageNotFoundError
from nautiloid.oci.model import Platform
from nautiloid.oci.source import ImageSource
from nautiloid.progress import SILENT, Progress

_SOCKET = Path("/var/run/docker.sock")
_OK, _NOT_FOUND = 200, 404
_PATIENCE = httpx.Timeout(30.0, read=600.0)  # seconds; an engine may take long to begin an archive


class DockerDaemonError(NautiloidError):
    """The Docker engine cannot be asked, or refuses."""


@contextmanager
def open_daemon_image(name: str, platform: Platform | None, progress: Progress = SILENT) -> Iterator[ImageSource]:
    """Lend an image of the engine that ``DOCKER_HOST`` names, or that listens where Docker does.

    Raises:
        DockerDaemonError: The engine cannot be reached.
        ImageNotFoundError: It has no such image.
    """
    with tempfile.TemporaryDirectory(prefix="nautiloid-docker-") as scratch:
        archive = Path(scratch) / "image.tar"
        with _client() as client, progress.task(f"Read {name} from Docker", unit="bytes") as task:
            try:
                with client.stream("GET", f"/images/{quote(name, safe='/:@')}/get") as answer:
                    if answer.status_code != _OK:
                        answer.read()
                        raise _refusal(name, answer)
                    with archive.open("wb") as file:
                        for chunk in answer.iter_bytes(1 << 20):
                            file.write(chunk)
                            task.advance(len(chunk))
            except httpx.HTTPError as error:
                raise _unreachable(error) from error
        with Archive(archive) as opened:
            archive.unlink()
            yield ImageSource(opened, opened.resolve(None, platform))


def _host() -> str:
    return os.environ.get("DOCKER_HOST", f"unix://{_SOCKET}")


def _client() -> httpx.Client:
    host = _host()
    scheme, _, place = host.partition("://")
    if scheme == "unix":
        transport = httpx.HTTPTransport(uds=place)
        return httpx.Client(transport=transport, base_url="http://docker", timeout=_PATIENCE)
    if scheme in ("tcp", "http"):
        return httpx.Client(base_url=f"http://{place}", timeout=_PATIENCE)
    raise DockerDaemonError(
        f"DOCKER_HOST is {host}, which cannot be read from.",
        "Set it to unix://... or tcp://..., or save the image: docker save -o image.tar NAME.",
    )


def _unreachable(error: httpx.HTTPError) -> DockerDaemonError:
    return DockerDaemonError(
        f"The Docker engine at {_host()} cannot be asked: {error}.",
        "Start it, set DOCKER_HOST, or get the right to its socket (the group docker). Without an engine, "
        "docker://NAME reads from the registry.",
    )


def _refusal(name: str, answer: httpx.Response) -> NautiloidError:
    try:
        said = str(answer.json().get("message", ""))
    except ValueError:
        said = answer.text[:200]
    if answer.status_code == _NOT_FOUND or "No such image" in said or "does not exist" in said:
        return ImageNotFoundError(
            f"Docker has no image {name}.", "See 'docker images', or fetch it with 'docker pull'."
        )
    return DockerDaemonError(f"Docker refused to give {name}: {said or answer.status_code}.")
