"""Beside a real Docker: whatever it unpacks from a layer we see, or we say that we could not read the layer."""

from __future__ import annotations

import io
import random
import subprocess
import tarfile

import pytest

from nautiloid.inspection.layer_listing import KeepWanted, list_layer
from nautiloid.oci.errors import ImageFormatError
from tests.unit.oci.odd_headers import ODD, RECORDS, UNREADABLE, header, odd_layer

pytestmark = pytest.mark.engine

_RANDOM = 24
_PLACES = (0, 100, 108, 116, 124, 136, 156, 157, 257, 263, 329, 337, 345, 357, 500)


def _generated(seed: int) -> bytes:
    """Return an odd header: some of its fields hold what a generator puts there."""
    chance = random.Random(seed)
    contents = (
        bytes(chance.randrange(256) for _ in range(chance.randrange(1, 12))),
        b"\x80" + bytes(chance.randrange(256) for _ in range(7)),
        b" 0000755\0",
        b"\xff" * 8,
        b"ustar  \0",
        b"",
    )
    fields = {chance.choice(_PLACES): chance.choice(contents) for _ in range(chance.randrange(1, 4))}
    return header("odd", magic=chance.choice((bytes(8), b"ustar  \0", b"ustar\x0000")), fields=fields)


_ENDLESS = "holes-beyond-all-bounds"  # Docker reads eight exabytes of zeros
CASES = [
    *ODD,
    *RECORDS,
    *(odd for odd in UNREADABLE if odd[0] != _ENDLESS),
    *((f"generated-{seed}", _generated(seed)) for seed in range(_RANDOM)),
]


@pytest.mark.parametrize("odd", CASES, ids=[name for name, _ in CASES])
def test_what_docker_unpacks_is_seen_or_said_to_be_unread(docker_daemon: str, odd: tuple[str, bytes]) -> None:
    layer = odd_layer(odd[1])
    unpacked = _unpacked_by_docker(layer)
    try:
        seen = {entry.path for entry in list_layer(io.BytesIO(layer), KeepWanted(lambda _path, _size: False))}
    except ImageFormatError:
        return
    assert unpacked <= seen


def test_docker_itself_reads_on_behind_an_odd_header(docker_daemon: str) -> None:
    """Otherwise the test above would show nothing."""
    readable = [name for name, odd in (*ODD, *RECORDS) if "key.pem" in _unpacked_by_docker(odd_layer(odd))]
    assert len(readable) >= len(ODD) // 2, readable


def _unpacked_by_docker(layer: bytes) -> set[str]:
    """Return the files of a layer as Docker unpacks it; none where it refuses it."""
    made = subprocess.run(["docker", "import", "-"], input=layer, capture_output=True, check=False)
    if made.returncode != 0:
        return set()
    image = made.stdout.decode().strip()
    container = _docker("create", "--network=none", image, "none").decode().strip()
    try:
        with tarfile.open(fileobj=io.BytesIO(_docker("export", container))) as archive:
            names = {member.name.rstrip("/") for member in archive if member.isreg()}
    finally:
        _docker("rm", container)
        _docker("rmi", "--force", image)
    return names - {".dockerenv", "dev/console", "etc/hostname", "etc/hosts", "etc/resolv.conf"}


def _docker(*words: str) -> bytes:
    return subprocess.run(["docker", *words], capture_output=True, check=True).stdout
