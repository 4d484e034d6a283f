"""The parts of an OCI image as plain data: platform, descriptor, manifest, configuration.

Source: OCI image-spec 1.1 (descriptor.md, manifest.md, config.md). What we write is canonical JSON (sorted
keys, no spaces), so that the same image always has the same digest. What we read may come from any builder:
fields that are unknown, missing or null do not break reading.
"""

from __future__ import annotations

import platform as host
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nautiloid import bounds
from nautiloid.errors import quotable
from nautiloid.oci.digest import checked_digest
from nautiloid.oci.documents import (
    canonical_json,
    json_object,
    objects,
    plain_object,
    string_map,
    strings,
    without_empty,
)
from nautiloid.oci.errors import ImageFormatError

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER_TAR = "application/vnd.oci.image.layer.v1.tar"
LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip"

_LARGEST_SIZE = 1 << 63  # bytes; descriptors count in 64 bits

INDEX_TYPES = frozenset({INDEX, DOCKER_INDEX})


_GO_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}


@dataclass(frozen=True, order=True)
class Platform:
    """What an image runs on, in Go's words (``linux``, ``amd64``, ``v8``)."""

    os: str
    architecture: str
    variant: str = ""

    @classmethod
    def parse(cls, text: str) -> Platform:
        """Read ``os/architecture`` or ``os/architecture/variant``.

        Raises:
            ImageFormatError: The text has another shape.
        """
        parts = text.split("/")
        if len(parts) not in (2, 3) or not all(parts):
            raise ImageFormatError(f"{text!r} is not a platform.", "Write it like linux/amd64 or linux/arm64/v8.")
        return cls(*parts)

    @classmethod
    def of_this_machine(cls) -> Platform:
        """Return the Linux platform that this machine runs without emulation."""
        machine = host.machine()
        return cls("linux", _GO_ARCHITECTURES.get(machine, machine))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Platform:
        """Read a descriptor's ``platform`` or the same three fields of a configuration."""
        return cls(
            str(data.get("os") or "linux"),
            str(data.get("architecture") or ""),
            str(data.get("variant") or ""),
        )

    def to_dict(self) -> dict[str, str]:
        """Return the JSON object; an empty variant is left out."""
        whole = {"architecture": self.architecture, "os": self.os, "variant": self.variant}
        return {key: value for key, value in whole.items() if value}

    def matches(self, wanted: Platform) -> bool:
        """Tell whether an image for this platform serves ``wanted``; variants count where both name one."""
        same_machine = (self.os, self.architecture) == (wanted.os, wanted.architecture)
        return same_machine and (not self.variant or not wanted.variant or self.variant == wanted.variant)

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


@dataclass(frozen=True)
class Descriptor:
    """Points at a blob: its type, digest and size in bytes (descriptor.md)."""

    media_type: str
    digest: str
    size: int
    annotations: Mapping[str, str] = field(default_factory=dict)
    platform: Platform | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Descriptor:
        """Read one descriptor.

        Raises:
            ImageFormatError: Digest or size is missing or not valid.
        """
        size = data.get("size")
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < _LARGEST_SIZE:
            raise ImageFormatError(f"A descriptor says {quotable(repr(size))} for its size.", "The image is damaged.")
        platform = data.get("platform")
        return cls(
            media_type=str(data.get("mediaType") or ""),
            digest=checked_digest(str(data.get("digest"))),
            size=size,
            annotations=string_map(data.get("annotations")),
            platform=Platform.from_dict(platform) if isinstance(platform, dict) else None,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object; empty optional fields are left out."""
        data: dict[str, Any] = {"digest": self.digest, "mediaType": self.media_type, "size": self.size}
        if self.annotations:
            data["annotations"] = dict(self.annotations)
        if self.platform:
            data["platform"] = self.platform.to_dict()
        return data


def index_entries(content: bytes) -> list[Descriptor]:
    """Read what an index of images names.

    Raises:
        ImageFormatError: It is no index, or names more than any image has platforms and attestations.
    """
    entries = objects(json_object(content, "index").get("manifests"))
    if len(entries) > bounds.IMAGE_DOCUMENTS:
        raise ImageFormatError(
            f"An index names {len(entries)} manifests; {bounds.IMAGE_DOCUMENTS} are read.",
            "Ask for one image by its digest.",
        )
    return [Descriptor.from_dict(entry) for entry in entries]


@dataclass(frozen=True)
class Manifest:
    """One image for one platform: its configuration and its layers, lowest first (manifest.md)."""

    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)
    media_type: str = MANIFEST

    @classmethod
    def from_json(cls, content: bytes) -> Manifest:
        """Read a manifest.

        Raises:
            ImageFormatError: It is not a manifest.
        """
        data = json_object(content, "manifest")
        if not isinstance(data.get("config"), dict) or not isinstance(data.get("layers"), list):
            raise ImageFormatError("An image manifest names no configuration or no layers.", "The image is damaged.")
        return cls(
            config=Descriptor.from_dict(data["config"]),
            layers=tuple(Descriptor.from_dict(layer) for layer in _layers(data["layers"])),
            annotations=string_map(data.get("annotations")),
            media_type=str(data.get("mediaType") or MANIFEST),
        )

    def to_json(self) -> bytes:
        """Return the canonical JSON."""
        data: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": self.media_type,
            "config": self.config.to_dict(),
            "layers": [layer.to_dict() for layer in self.layers],
        }
        if self.annotations:
            data["annotations"] = dict(self.annotations)
        return canonical_json(data)


def _layers(listed: list[Any]) -> list[dict[str, Any]]:
    if not all(isinstance(layer, dict) for layer in listed):
        raise ImageFormatError("An image manifest names a layer that is none.", "The image is damaged.")
    if len(listed) > bounds.LAYERS:
        raise ImageFormatError(f"An image manifest names {len(listed):,} layers; engines stop at {bounds.LAYERS}.")
    return listed


@dataclass(frozen=True)
class History:
    """How one layer (or, with ``empty_layer``, one piece of configuration) came to be."""

    created: str = ""
    created_by: str = ""
    comment: str = ""
    empty_layer: bool = False

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> History:
        """Read one history entry."""
        return cls(
            created=str(data.get("created") or ""),
            created_by=str(data.get("created_by") or ""),
            comment=str(data.get("comment") or ""),
            empty_layer=bool(data.get("empty_layer")),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object; empty fields are left out."""
        return without_empty(
            {
                "created": self.created,
                "created_by": self.created_by,
                "comment": self.comment,
                "empty_layer": self.empty_layer,
            }
        )


@dataclass(frozen=True)
class ImageConfig:
    """How an image runs and what its layers hold (config.md).

    Attributes:
        platform: What the image runs on.
        created: RFC 3339 time, or empty.
        user: ``user``, ``uid``, ``uid:gid`` ...; empty means root.
        env: ``NAME=value`` strings, in order.
        entrypoint: The program and its first arguments.
        cmd: Arguments that a user's own arguments replace.
        working_dir: Absolute directory in which the program starts; empty means ``/``.
        labels: Free-form facts about the image.
        volumes: Paths that want to be writable.
        exposed_ports: What the program listens on: ``8000/tcp``.
        healthcheck: How Docker finds out whether it works, in Docker's own words (``Test``, ``Interval`` ...).
        diff_ids: Digests of the layers' uncompressed tars, lowest first.
        history: How the layers came to be.
    """

    platform: Platform
    created: str = ""
    user: str = ""
    env: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    working_dir: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    volumes: tuple[str, ...] = ()
    exposed_ports: tuple[str, ...] = ()
    healthcheck: Mapping[str, Any] = field(default_factory=dict)
    diff_ids: tuple[str, ...] = ()
    history: tuple[History, ...] = ()

    @classmethod
    def from_json(cls, content: bytes) -> ImageConfig:
        """Read an image configuration.

        Raises:
            ImageFormatError: It is not one.
        """
        data = json_object(content, "configuration")
        run, root = plain_object(data.get("config")), plain_object(data.get("rootfs"))
        return cls(
            platform=Platform.from_dict(data),
            created=str(data.get("created") or ""),
            user=str(run.get("User") or ""),
            env=strings(run.get("Env")),
            entrypoint=strings(run.get("Entrypoint")),
            cmd=strings(run.get("Cmd")),
            working_dir=str(run.get("WorkingDir") or ""),
            labels=string_map(run.get("Labels")),
            volumes=tuple(sorted(string_map(run.get("Volumes")))),
            exposed_ports=tuple(sorted(string_map(run.get("ExposedPorts")))),
            healthcheck=plain_object(run.get("Healthcheck")),
            diff_ids=tuple(checked_digest(digest) for digest in strings(root.get("diff_ids"))),
            history=tuple(History.from_dict(entry) for entry in objects(data.get("history"))),
        )

    def to_json(self) -> bytes:
        """Return the canonical JSON; empty fields are left out."""
        run = {
            "User": self.user,
            "Env": list(self.env),
            "Entrypoint": list(self.entrypoint),
            "Cmd": list(self.cmd),
            "WorkingDir": self.working_dir,
            "Labels": dict(self.labels),
            "Volumes": {path: {} for path in self.volumes},
            "ExposedPorts": {port: {} for port in self.exposed_ports},
            "Healthcheck": dict(self.healthcheck),
        }
        return canonical_json(
            {
                **self.platform.to_dict(),
                **({"created": self.created} if self.created else {}),
                "config": without_empty(run),
                "rootfs": {"type": "layers", "diff_ids": list(self.diff_ids)},
                "history": [entry.to_dict() for entry in self.history],
            }
        )
