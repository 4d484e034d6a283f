"""Models of a file, a directory and an image, and what the command makes of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nautiloid.cli.app import application
from nautiloid.models.verdict import Verdict
from nautiloid.workflows.models import judge_models
from nautiloid.workflows.workspace import Workspace

from ..inspection.images import File, image_of
from ..models.corpus import benign, malicious

GOOD, BAD = benign()["one.safetensors"], malicious()["protocol-4.pkl"]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.at(tmp_path / "images", tmp_path / "cache")


def test_a_directory_with_links_in_it(tmp_path: Path, workspace: Workspace) -> None:
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs/x").write_bytes(BAD)
    (tmp_path / "m").mkdir()
    (tmp_path / "m/a.safetensors").write_bytes(GOOD)
    (tmp_path / "m/README.md").write_text("no model")
    (tmp_path / "m/link").symlink_to("../blobs/x")
    (tmp_path / "m/nowhere.pt").symlink_to("gone")
    (tmp_path / "m/away").symlink_to("../blobs")
    found = judge_models(str(tmp_path / "m"), workspace)
    assert {file.path: str(file.judgement.verdict) for file in found.files} == {
        "a.safetensors": "safe", "link": "runs code", "nowhere.pt": "cannot tell", "away": "cannot tell",
    }  # fmt: skip
    assert found.verdict is Verdict.RUNS_CODE


def test_an_image(tmp_path: Path, workspace: Workspace) -> None:
    with image_of(tmp_path, [File("m/a.txt", BAD), File("m/b.safetensors", GOOD)]):
        pass
    found = judge_models(str(tmp_path / "layout"), workspace)
    assert [(file.path, str(file.judgement.verdict)) for file in found.files] == [
        ("/m/a.txt", "runs code"), ("/m/b.safetensors", "safe"),
    ]  # fmt: skip


@pytest.mark.parametrize(("content", "code"), [(GOOD, 0), (BAD, 1), (b"of no known form", 1), (b"", 1)])
def test_only_what_is_safe_passes(tmp_path: Path, content: bytes, code: int) -> None:
    (tmp_path / "file").write_bytes(content)
    done = CliRunner().invoke(application("model"), ["model", "check", str(tmp_path / "file"), "--format", "json"])
    assert done.exit_code == code
    assert (json.loads(done.stdout)["verdict"] == "safe") is (code == 0)


def test_nothing_is_not_safe(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("nothing here")
    assert CliRunner().invoke(application("model"), ["model", "check", str(tmp_path)]).exit_code == 1
    assert CliRunner().invoke(application("model"), ["model", "inspect", str(tmp_path)]).exit_code == 0
