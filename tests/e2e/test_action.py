"""The GitHub Action, run as its own file says, and the hook for pre-commit; repository and API are on this machine."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from nautiloid.debian.mirrors import read_apt_sources

from ..unit.vulns.exports_server import ExportsServer, record

ROOT = Path(__file__).parents[2]
ACTION = ROOT / "action.yml"
BOT = "github-actions[bot]"
MARK = f"<!-- nautiloid {hashlib.sha256(b'.').hexdigest()[:16]} -->"
BASE = "name: small\nsummary: one library\ndebian: {packages: [libexpat1]}\n"
PULL = BASE.replace("[libexpat1]", "[libexpat1, zlib1g]")

needs_mirrors = pytest.mark.skipif(not read_apt_sources(), reason="apt has no sources here")


class GitHub:
    """Speaks as much of GitHub's API as the action asks for: comments of an issue in pages, and SARIF uploads."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.analyses: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.refuses: tuple[str, ...] = ()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = int(re.search(r"[?&]page=(\d+)", self.path)[1])  # type: ignore[index]
                self._answer(200, outer.comments[100 * page - 100 : 100 * page])

            def do_POST(self) -> None:
                body = self._body()
                if self.path == "/repos/team/images/issues/7/comments":
                    outer.say(BOT, body["body"])
                    self._answer(201, outer.comments[-1])
                elif self.path == "/repos/team/images/code-scanning/sarifs":
                    outer.analyses.append(body)
                    self._answer(202, {"id": "1"})
                else:
                    self._answer(404, {"message": "Not Found"})

            def do_PATCH(self) -> None:
                number = int(self.path.removeprefix("/repos/team/images/issues/comments/"))
                outer.comments[number]["body"] = self._body()["body"]
                self._answer(200, outer.comments[number])

            def _body(self) -> Any:
                return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

            def _answer(self, status: int, body: Any) -> None:
                outer.asked.append(f"{self.command} {self.headers['Authorization']}")
                if self.command in outer.refuses:
                    status, body = 403, {"message": "Resource not accessible by integration"}
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def say(self, login: str, body: str) -> None:
        self.comments.append({"id": len(self.comments), "user": {"login": login}, "body": body})

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def github() -> Iterator[GitHub]:
    running = GitHub()
    yield running
    running.close()


@pytest.fixture
def advisories(tmp_path: Path) -> Iterator[ExportsServer]:
    (tmp_path / "bucket").mkdir()
    running = ExportsServer(tmp_path / "bucket")
    running.publish("Debian", [record("DEBIAN-CVE-2026-5", "expat", fixed="99", ecosystem="Debian:12")])
    yield running
    running.close()


def _git(place: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=True).stdout.strip()


def _commit(place: Path, definition: str) -> str:
    (place / "nautiloid.yaml").write_text(definition)
    subprocess.run([sys.executable, "-m", "nautiloid", "lock"], cwd=place, check=True, capture_output=True)
    _git(place, "add", ".")
    _git(place, "commit", "--quiet", "-m", "change")
    return _git(place, "rev-parse", "HEAD")


class Runner:
    """Runs the action's steps as a runner of GitHub's does, with the contexts that its expressions ask for."""

    def __init__(self, place: Path, environment: dict[str, str], contexts: dict[str, str]) -> None:
        self.workspace, self.summary, self.output = place / "workspace", place / "summary.md", place / "output"
        self.environment = {
            **environment, "RUNNER_TEMP": str(place / "runner"), "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_STEP_SUMMARY": str(self.summary), "GITHUB_OUTPUT": str(self.output),
        }  # fmt: skip
        self.contexts = contexts
        self.action = yaml.safe_load(ACTION.read_text())

    def run(self, step: str, **inputs: str) -> subprocess.CompletedProcess[str]:
        known = {f"inputs.{name}": one["default"] for name, one in self.action["inputs"].items()}
        known |= {f"inputs.{name.replace('_', '-')}": value for name, value in inputs.items()}
        known |= {"inputs.token": "a-token", **self.contexts}
        (chosen,) = (one for one in self.action["runs"]["steps"] if one["id"] == step)
        said = {
            name: re.sub(r"\$\{\{ (.+?) \}\}", lambda found: known[found[1]], value)
            for name, value in chosen.get("env", {}).items()
        }
        self.summary.write_text("")
        self.output.write_text("")
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", chosen["run"]],
            cwd=self.workspace, env=self.environment | said, capture_output=True, text=True, check=False,
        )  # fmt: skip


def test_its_files_follow_githubs_schema_and_auditors_find_nothing() -> None:
    programs = Path(sys.executable).parent
    checks = [
        [programs / "check-jsonschema", "--builtin-schema", "vendor.github-actions", ACTION],
        [programs / "zizmor", "--offline", "--no-progress", ACTION],
        [programs / "pre-commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml"],
        *([["shellcheck", ROOT / "action/check.sh"]] if shutil.which("shellcheck") else []),
    ]
    for command in checks:
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr
    steps = yaml.safe_load(ACTION.read_text())["runs"]["steps"]
    assert not any("${{" in step["run"] for step in steps), "an input would become code"


@needs_mirrors
@pytest.mark.network
@pytest.mark.engine
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_a_pull_request_is_built_tested_scanned_compared_and_told(
    github: GitHub, advisories: ExportsServer, tmp_path: Path
) -> None:
    remote, place = tmp_path / "team/images", tmp_path / "workspace"
    remote.mkdir(parents=True)
    _git(remote, "init", "--quiet", "--initial-branch=main")
    _git(remote, "config", "uploadpack.allowAnySHA1InWant", "true")
    base = _commit(remote, BASE)
    _git(remote, "switch", "--quiet", "--create", "change")
    head = _commit(remote, PULL)
    # As actions/checkout leaves it: one commit deep, and the base branch is not there.
    _git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=change", f"file://{remote}", str(place))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {
        "NAUTILOID_IMAGES": str(tmp_path / "images"), "NAUTILOID_DB": str(tmp_path / "advisories.db"),
        "NAUTILOID_OSV_URL": advisories.url, "NAUTILOID_ENGINE": "bubblewrap", "GITHUB_API_URL": github.url,
        "GITHUB_SERVER_URL": f"file://{tmp_path}", "GITHUB_REPOSITORY": "team/images", "GITHUB_SHA": head,
        "GITHUB_REF": "refs/pull/7/merge",
    }  # fmt: skip
    event = "github.event.pull_request"
    runner = Runner(tmp_path, environment, {f"{event}.number": "7", f"{event}.base.sha": base,
                                            f"{event}.head.repo.fork": "false"})  # fmt: skip
    installed = runner.run("install")
    assert installed.returncode == 0, installed.stderr
    program = runner.output.read_text().strip().removeprefix("program=")
    seeded = [program, "db", "update", "-e", "Debian"]
    subprocess.run(seeded, env=environment, check=True, capture_output=True)

    # Somebody else has written the mark already, and may change what stands there: that is not our comment.
    github.comments += [{"id": number, "user": {"login": "x"}, "body": "talk"} for number in range(99)]
    github.say("stranger", f"### Nautiloid: passed\n{MARK}")
    done = runner.run("check")
    assert done.returncode == 0, done.stdout + done.stderr
    first, _, rest = done.stdout.partition("\n")
    assert first.startswith("::stop-commands::")
    assert rest.splitlines()[-1] == f"::{first.removeprefix('::stop-commands::')}::"
    assert "a-token" not in done.stdout + done.stderr
    (ours,) = (one for one in github.comments if one["user"]["login"] == BOT)
    assert "### Nautiloid: passed" in ours["body"]
    assert re.search(r"\| Packages \| 4 \| 5 ", ours["body"])
    assert runner.summary.read_text().strip() in ours["body"]
    assert re.search(r"digest=sha256:[0-9a-f]{64}", runner.output.read_text())
    assert set(github.asked) >= {"GET Bearer a-token", "POST Bearer a-token"}
    sent = github.analyses[-1]
    assert (sent["commit_sha"], sent["ref"]) == (head, "refs/pull/7/merge")
    (log,) = json.loads(gzip.decompress(base64.b64decode(sent["sarif"])))["runs"]
    assert log["automationDetails"]["id"] == "nautiloid/./"
    assert any("CVE-2026-5" in result["ruleId"] for result in log["results"])
    assert _git(place, "worktree", "list").count("\n") == 0, "the base branch's files are left behind"

    # A finding counts now: the job fails, and the comment of before says so. There is no second one.
    done = runner.run("check", fail_on="any", sarif="false")
    assert done.returncode == 1, done.stdout + done.stderr
    (again,) = (one for one in github.comments if one["user"]["login"] == BOT)
    assert "### Nautiloid: failed" in again["body"]
    assert "CVE-2026-5" in again["body"]
    assert "stranger" in {one["user"]["login"] for one in github.comments}

    # The lock is stale: nothing is built, and the summary says why.
    (place / "nautiloid.yaml").write_text(BASE)
    done = runner.run("check", comment="false", sarif="false")
    assert done.returncode == 1
    assert "**not built**" in runner.summary.read_text()
    assert "is not up to date" in runner.summary.read_text()


def test_what_github_refuses_or_answers_wrongly_is_no_success(github: GitHub, tmp_path: Path) -> None:
    (tmp_path / "summary.md").write_text("### passed\n")
    (tmp_path / "scan.sarif").write_text('{"runs": []}')
    environment = {
        **os.environ, "DEFINITION": ".", "GITHUB_API_URL": github.url, "GITHUB_REPOSITORY": "team/images",
        "GITHUB_TOKEN": "a-token", "PULL_REQUEST": "7", "COMMENTER": BOT, "GITHUB_SHA": "0", "GITHUB_REF": "main",
    }  # fmt: skip

    def tell(*words: str, **said: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "action/github.py"), *words]
        return subprocess.run(
            command, cwd=tmp_path, env=environment | said, capture_output=True, text=True, check=False
        )

    github.refuses = ("POST",)
    for words in (("comment", "summary.md"), ("sarif", "scan.sarif")):
        done = tell(*words)
        assert done.returncode == 1
        assert "403: " in done.stderr
        assert "a-token" not in done.stderr
    assert tell("sarif", "scan.sarif", GITHUB_API_URL="http://127.0.0.1:1").returncode == 1
    github.refuses = ()
    (tmp_path / "summary.md").write_text("<details>\n\n~~~~text\n" + "a line\n" * 20_000)
    assert tell("comment", "summary.md").returncode == 0
    (written,) = github.comments
    assert len(written["body"]) < 65_536
    ending = "~~~~\n\n</details>\n\n**Cut here: the rest is in the job's summary.**"
    assert written["body"].endswith(f"{ending}\n\n{MARK}\n")


@pytest.mark.network
def test_the_hook_of_pre_commit_refuses_a_lock_that_is_not_up_to_date(tmp_path: Path) -> None:
    hooks, users = tmp_path / "nautiloid", tmp_path / "repository"
    files = _git(ROOT, "ls-files", "--", "src", "workloads", "pyproject.toml", "README.md", "LICENSE")
    for name in (*files.splitlines(), ".pre-commit-hooks.yaml"):
        if (ROOT / name).is_file():
            (hooks / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, hooks / name)
    users.mkdir()
    for place in (hooks, users):
        _git(place, "init", "--quiet")
    _git(hooks, "add", ".")
    _git(hooks, "commit", "--quiet", "-m", "begin")
    (users / "nautiloid.yaml").write_text("name: nothing\nsummary: no package\n")
    (users / ".pre-commit-config.yaml").write_text(
        f"repos: [{{repo: {hooks}, rev: {_git(hooks, 'rev-parse', 'HEAD')}, hooks: [{{id: nautiloid-lock}}]}}]\n"
    )
    _git(users, "add", ".")

    def check() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", "--all-files"], cwd=users, capture_output=True, text=True,
            env={**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "home")}, check=False,
        )  # fmt: skip

    missing = check()
    assert missing.returncode == 1, missing.stdout + missing.stderr
    assert "nothing.lock" in missing.stdout
    (users / "nautiloid.yaml").write_text("name: nothing\nextra: key\n")
    assert "extra: is not known here" in check().stdout
