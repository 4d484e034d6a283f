"""``nautiloid slim`` on a small image: what goes is really unused, and a wrong rule is found out."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nautiloid.factory.definition_file import load_definition
from nautiloid.oci.layout import Layout

pytestmark = [
    pytest.mark.network,
    pytest.mark.engine,
    pytest.mark.skipif(
        shutil.which("strace") is None or shutil.which("bwrap") is None, reason="needs strace and bubblewrap"
    ),
]

APP = """\
import json, sys, xml.dom.minidom
with open("answer.json", "w") as file:
    json.dump({"answer": 42}, file)
print(xml.dom.minidom.parseString("<a><b/></a>").documentElement.tagName)
"""


def _slim(place: Path, *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nautiloid", "slim", *args]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=300)


def test_what_is_proposed_is_unused_and_the_proof_holds(image_store: Layout, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "base").mkdir()
    (tmp_path / "base/mine.yaml").write_text("extends: python\nname: mine\n")
    done = _slim(
        tmp_path, "base/mine.yaml", "--trace", "-v", f"{tmp_path}:/app", "-o", "/out", "-w", "/out",
        "--smallest", "50k", "--apply", "slim.yaml", "--", "/app/app.py",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "same answers" in done.stdout
    assert "extends: base/mine.yaml\n" in (tmp_path / "slim.yaml").read_text()
    definition = load_definition(str(tmp_path / "slim.yaml")).definition
    paths = [path for rule in definition.slim if rule.name.startswith("unused-") for path in rule.paths]
    assert any("pydoc_data" in path for path in paths)
    assert not any("/xml/" in path and "dom" in path for path in paths)
    full, slim = (
        sum(layer.size for layer in image_store.resolve(f"nautiloid/{name}:latest").manifest.layers)
        for name in ("mine", "mine-slim")
    )
    assert slim < full * 0.95

    again = _slim(tmp_path, "python", "--apply", "slim.yaml", "--", "-c", "pass")
    assert again.returncode == 2
    assert "is there already" in again.stderr


def test_work_that_fails_is_not_traced_for_rules(image_store: Layout, tmp_path: Path) -> None:
    done = _slim(tmp_path, "python", "--", "-c", "raise SystemExit('no such thing')")
    assert done.returncode == 1
    assert "no such thing" in done.stderr
    assert "Traceback" not in done.stderr
