"""What an image says of itself: its configuration, its annotations, and through them, of which lock it was built."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from nautiloid import labels
from nautiloid.factory.app import App, app_of
from nautiloid.factory.definition import Definition, Healthcheck
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.layers import BuiltLayer
from nautiloid.factory.lockfile import Lock
from nautiloid.oci.image import Image
from nautiloid.oci.model import History, ImageConfig, Platform
from nautiloid.version import __version__

_PATH = "/usr/local/bin:/usr/bin:/bin"


def image_config(lock: Lock, loaded: LoadedDefinition, layers: tuple[BuiltLayer, ...]) -> ImageConfig:
    """Return the image's configuration: the run contract, and a history that names each layer.

    Args:
        lock: What it is built from.
        loaded: The definition, for what it adds to the catalog.
        layers: Of the image, the lowest first.
    """
    definition, app = lock.definition, app_of(loaded, lock)
    settings = definition.image
    created = lock.timestamp.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    # Sorted: a lock that comes from disk has its mappings in another order than one that was just made.
    environment = {
        "PATH": _PATH,
        "HOME": _home(definition, app),
        "LANG": "C.UTF-8",
        **dict(sorted(settings.env.items())),
    }
    stated = {
        labels.TITLE: definition.name,
        labels.DESCRIPTION: definition.summary,
        labels.CREATED: created,
        labels.BUILT_BY: __version__,
        labels.RUN_TMPFS: ",".join(settings.tmpfs),
        labels.SELFTEST: definition.test.model_dump_json(exclude_defaults=True),
        **({labels.APP: app.model_dump_json(exclude_defaults=True)} if app is not None else {}),
        **settings.labels,
    }
    return ImageConfig(
        platform=Platform("linux", definition.architecture),
        created=created,
        user=settings.user,
        env=tuple(f"{name}={value}" for name, value in environment.items()),
        entrypoint=settings.entrypoint,
        cmd=settings.command,
        working_dir=settings.workdir,
        labels=stated,
        exposed_ports=tuple(port if "/" in port else f"{port}/tcp" for port in settings.ports),
        healthcheck=_healthcheck(settings.healthcheck) if settings.healthcheck else {},
        diff_ids=tuple(layer.diff_id for layer in layers),
        history=tuple(History(created=created, created_by=f"nautiloid: {layer.name}") for layer in layers),
    )


def _healthcheck(check: Healthcheck) -> dict[str, Any]:
    """Return the check as Docker's image configuration has it: durations in nanoseconds."""
    times = {"Interval": check.interval, "Timeout": check.timeout, "StartPeriod": check.start_period}
    return {
        "Test": ["CMD", *check.command],
        **{name: round(seconds * 1e9) for name, seconds in times.items() if seconds is not None},
        **({"Retries": check.retries} if check.retries is not None else {}),
    }


def _home(definition: Definition, app: App | None) -> str:
    """Return the home directory, below which libraries keep caches and settings.

    An app's is scratch space, for its working directory cannot be written; unless the definition has put there what
    such a library is to find. The images of the catalog keep theirs, so that their digests stay.
    """
    settings = definition.image
    placed = (*(file.to for file in definition.files), *(weights.to for weights in definition.weights))
    provided = any(path.startswith(f"{settings.workdir.rstrip('/')}/.") for path in placed)
    return settings.tmpfs[0] if app is not None and settings.tmpfs and not provided else settings.workdir


def image_annotations(lock: Lock) -> dict[str, str]:
    """Return the annotations of the image's manifest: its name, and the lock that it is built from."""
    return {labels.TITLE: lock.definition.name, labels.LOCK: lock.digest}


def is_built_from(image: Image, lock: Lock) -> bool:
    """Tell whether an image says that this version of Nautiloid built it from this very lock."""
    same = image.manifest.annotations.get(labels.LOCK) == lock.digest
    return same and image.config.labels.get(labels.BUILT_BY) == __version__
