"""The nightly script, really run: a git remote, a registry, advisories and a pull request, all on this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from nautiloid.debian.mirrors import read_apt_sources
from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.lockfile import read_lock, write_lock
from nautiloid.nightly.jobs import refresh_script

from ..unit.vulns.exports_server import ExportsServer, record
from .test_registry import _serve

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(not read_apt_sources(), reason="apt has no sources here"),
    pytest.mark.skipif(
        any(shutil.which(name) is None for name in ("git", "curl", "docker-registry")),
        reason="needs git, curl and docker-registry",
    ),
]
DEFINITION = "name: small\nsummary: one library\ndebian:\n  pockets: release\n  packages: [libexpat1]\n"


class PullRequests:
    """Answers as GitHub's "Create a pull request" does: 201 the first time, 422 while one is open."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append((self.path, self.headers["Authorization"], body))
                first = len(outer.asked) == 1
                message = {"number": 1} if first else {"errors": [{"message": "A pull request already exists for x."}]}
                answer = json.dumps(message).encode()
                self.send_response(201 if first else 422)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def pulls() -> Iterator[PullRequests]:
    running = PullRequests()
    yield running
    running.close()


@pytest.fixture
def advisories(tmp_path: Path) -> Iterator[ExportsServer]:
    (tmp_path / "bucket").mkdir()
    running = ExportsServer(tmp_path / "bucket")
    running.publish("Debian", [record("DEBIAN-CVE-2026-5", "expat", fixed="2.5.0-1+deb12u3", ecosystem="Debian:12")])
    yield running
    running.close()


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    yield from _serve(tmp_path / "registry")


def _git(place: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A clone whose lock has aged, and the bare repository that it came from."""
    remote, clone = tmp_path / "remote.git", tmp_path / "clone"
    _git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(remote))
    _git(tmp_path, "clone", "--quiet", str(remote), str(clone))
    (clone / "nautiloid.yaml").write_text(DEFINITION)
    lock = [sys.executable, "-m", "nautiloid", "lock", "."]
    subprocess.run(lock, cwd=clone, check=True, capture_output=True)
    (clone / "nautiloid.yaml").write_text(DEFINITION.replace("  pockets: release\n", ""))
    definition = load_definition(str(clone)).definition
    write_lock(read_lock(clone / "small.lock").model_copy(update={"definition": definition}), clone / "small.lock")
    _git(clone, "checkout", "--quiet", "-B", "main")
    _git(clone, "add", ".")
    _git(clone, "commit", "--quiet", "-m", "begin")
    _git(clone, "push", "--quiet", "origin", "main")
    return clone


def test_a_night(
    repository: Path, registry: str, advisories: ExportsServer, pulls: PullRequests, tmp_path: Path
) -> None:
    environment = {
        **os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "NAUTILOID_IMAGES": str(tmp_path / "images"), "NAUTILOID_DB": str(tmp_path / "advisories.db"),
        "NAUTILOID_OSV_URL": advisories.url, "DEFINITION": ".", "LOCK": "small.lock", "IMAGE": f"{registry}/team/small",
        "NAME": "small", "MIN_AGE": "7d", "FAIL_ON": "low", "BASE": "main", "SIGN": "no", "MAX_DB_AGE": "9999w",
        "GITHUB_REPOSITORY": "team/images", "GITHUB_TOKEN": "a-token", "GITHUB_API_URL": pulls.url,
        "GIT_REMOTE": str(tmp_path / "remote.git"),
    }  # fmt: skip
    seeded = [sys.executable, "-m", "nautiloid", "db", "update", "-e", "Debian"]
    subprocess.run(seeded, env=environment, check=True, capture_output=True)

    def night(place: Path) -> subprocess.CompletedProcess[str]:
        script = ["sh", "-c", refresh_script()]
        return subprocess.run(script, cwd=place, env=environment, capture_output=True, text=True, check=False)

    (tmp_path / "empty").mkdir()
    first = night(tmp_path / "empty")
    assert first.returncode == 0, first.stdout + first.stderr
    assert "opened a pull request" in first.stdout
    assert "a-token" not in first.stdout + first.stderr
    ((path, authorization, body),) = pulls.asked
    assert (path, authorization) == ("/repos/team/images/pulls", "Bearer a-token")
    assert (body["title"], body["head"], body["base"]) == ("Refresh small", "nautiloid/refresh-small", "main")
    assert "CVE-2026-5" in body["body"]
    changed = _git(tmp_path / "remote.git", "diff", "--name-only", "main", "nautiloid/refresh-small").split()
    assert changed == ["small.lock"]
    image = body["body"].rpartition("Image: ")[2].strip()
    pulled = [sys.executable, "-m", "nautiloid", "scan", f"docker://{image.partition('@')[0]}", "--fail-on", "any"]
    done = subprocess.run(pulled, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    # Nobody has merged it: the next night begins from the old lock again, and finds the request open.
    second = night(repository)
    assert second.returncode == 0, second.stdout + second.stderr
    assert "open already" in second.stdout
    # Merged: there is nothing left to do.
    _git(repository, "merge", "--quiet", "nautiloid/refresh-small")
    third = night(repository)
    assert third.returncode == 0, third.stdout + third.stderr
    assert len(pulls.asked) == 2
    assert "nothing to update" in third.stdout
