"""What a definition says of ports and health, in the lock and in the image's configuration."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from nautiloid.factory.definition import Definition
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.image_config import image_config
from nautiloid.factory.lockfile import Lock

CHECK = {"command": ["/usr/bin/python3", "/app/check.py"], "interval": 30, "timeout": 0.5, "retries": 3}


def _config(image: dict[str, object]) -> dict[str, object]:
    definition = Definition.model_validate({"name": "x", "image": image})
    lock = Lock(tool="nautiloid 0", timestamp=datetime(2026, 1, 2, tzinfo=UTC), definition=definition)
    found = json.loads(image_config(lock, LoadedDefinition(definition, Path("x.yaml"), ()), ()).to_json())["config"]
    assert isinstance(found, dict)
    return found


def test_ports_and_health_are_what_docker_reads() -> None:
    found = _config({"ports": ["8000", "53/udp"], "healthcheck": CHECK})
    assert found["ExposedPorts"] == {"8000/tcp": {}, "53/udp": {}}
    assert found["Healthcheck"] == {
        "Test": ["CMD", "/usr/bin/python3", "/app/check.py"],
        "Interval": 30_000_000_000,
        "Timeout": 500_000_000,
        "Retries": 3,
    }


def test_a_definition_without_them_has_the_lock_and_the_image_that_it_had() -> None:
    data = Definition(name="x").to_data()
    assert not {"ports", "healthcheck"} & data["image"].keys()
    assert not {"ExposedPorts", "Healthcheck"} & _config({}).keys()


def test_they_survive_the_lock() -> None:
    definition = Definition.model_validate({"name": "x", "image": {"ports": ["8000"], "healthcheck": CHECK}})
    assert Definition.model_validate(definition.to_data()) == definition


@pytest.mark.parametrize(
    "image",
    [
        {"ports": ["0"]},
        {"ports": ["65536"]},
        {"ports": ["80/sctp"]},
        {"ports": ["80-90"]},
        {"ports": ["８０"]},
        {"healthcheck": {"command": []}},
        {"healthcheck": {}},
        {"healthcheck": {"command": ["x"], "interval": -1}},
        {"healthcheck": {"command": ["x"], "interval": float("inf")}},
        {"healthcheck": {"command": ["x"], "retries": 0}},
        {"healthcheck": {"command": ["x"], "shell": "y"}},
    ],
)
def test_what_is_no_port_or_check_is_refused(image: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Definition.model_validate({"name": "x", "image": image})
