"""What a definition adds to the catalog, and what of it the image says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nautiloid import catalog, labels
from nautiloid.factory.app import app_of
from nautiloid.factory.definition_file import DefinitionError, LoadedDefinition, load_definition
from nautiloid.factory.image_config import image_config
from nautiloid.factory.locked_files import lock_files
from nautiloid.factory.lockfile import Lock

APP = """\
extends: pytorch
name: app
python: {requirements: [einops]}
files: [{from: main.py, to: /app/main.py}, {from: data.txt, to: /app/data.txt}]
image: {workdir: /app}
"""


def _lock(loaded: LoadedDefinition) -> Lock:
    files = lock_files(loaded)
    timestamp = datetime(2026, 1, 2, tzinfo=UTC)
    return Lock(tool="nautiloid 0", timestamp=timestamp, definition=loaded.definition, files=files)


def _write(root: Path, text: str = APP) -> LoadedDefinition:
    (root / "main.py").write_text("")
    (root / "data.txt").write_text("")
    (root / "nautiloid.yaml").write_text(text)
    return load_definition(str(root))


def _home(loaded: LoadedDefinition) -> str:
    return next(line for line in image_config(_lock(loaded), loaded, ()).env if line.startswith("HOME="))


@pytest.mark.parametrize("name", [*catalog.names(), "pytorch-trixie-dev"])
def test_an_image_of_the_catalog_is_what_it_was(name: str) -> None:
    loaded = load_definition(name)
    lock = _lock(loaded)
    assert app_of(loaded, lock) is None
    config = image_config(lock, loaded, ())
    assert labels.APP not in config.labels
    own = loaded.definition.image.env.get("HOME", loaded.definition.image.workdir)
    assert f"HOME={own}" in config.env
    assert not {"probe", "skip"} & json.loads(lock.to_json())["definition"]["test"].keys()


def test_an_app_travels_with_its_image(tmp_path: Path) -> None:
    loaded = _write(tmp_path)
    app = app_of(loaded, _lock(loaded))
    assert app is not None
    assert (app.requirements, app.modules) == (("einops",), ("/app/main.py",))
    label = image_config(_lock(loaded), loaded, ()).labels[labels.APP]
    assert json.loads(label) == {"requirements": ["einops"], "modules": ["/app/main.py"]}


def test_rules_alone_make_no_app(tmp_path: Path) -> None:
    rule = "{name: x, because: not used, paths: [a]}"
    loaded = _write(tmp_path, f"extends: pytorch\nname: pytorch-slim\nslim: [{rule}]\n")
    assert app_of(loaded, _lock(loaded)) is None


def test_the_home_of_an_app_can_be_written(tmp_path: Path) -> None:
    assert _home(_write(tmp_path)) == "HOME=/tmp"
    assert _home(_write(tmp_path, APP.replace("extends: pytorch", "extends: python"))) == "HOME=/tmp"
    assert _home(_write(tmp_path, APP.replace("workdir: /app", "workdir: /app, tmpfs: []"))) == "HOME=/app"
    assert _home(_write(tmp_path, APP.replace("workdir: /app", "workdir: /app, env: {HOME: /app}"))) == "HOME=/app"


def test_a_home_that_the_definition_furnishes_stays(tmp_path: Path) -> None:
    furnished = APP.replace("/app/data.txt", "/app/.cache/huggingface/data.txt")
    assert _home(_write(tmp_path, furnished)) == "HOME=/app"


@pytest.mark.parametrize(
    "probe",
    [
        "{}",
        "{arguments: [--help], command: [x]}",
        "{command: []}",
        "{http: {port: 0}}",
        "{http: {port: 80, path: health}}",
        "{http: {port: 80}, exit_code: 1}",
        "{arguments: [], seconds: 0}",
        "{arguments: [], seconds: .inf}",
        "{arguments: [], exit_code: 256}",
    ],
)
def test_a_probe_says_one_thing_that_can_be_done(tmp_path: Path, probe: str) -> None:
    with pytest.raises(DefinitionError, match="probe"):
        _write(tmp_path, f"{APP}test: {{probe: {probe}}}\n")


def test_a_probe_replaces_an_inherited_one_as_a_whole(tmp_path: Path) -> None:
    _write(tmp_path, f"{APP}test: {{probe: {{arguments: [--help]}}}}\n")
    (tmp_path / "top.yaml").write_text("extends: nautiloid.yaml\nname: top\ntest: {probe: {http: {port: 80}}}\n")
    probe = load_definition(str(tmp_path / "top.yaml")).definition.test.probe
    assert probe is not None
    assert probe.http is not None
    assert probe.arguments is None
