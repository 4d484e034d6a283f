"""Generated jobs: valid by their platforms' own schemas, safe by an auditor's rules, and nobody's text becomes code."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from nautiloid.cli.app import app
from nautiloid.errors import UsageError
from nautiloid.nightly.jobs import NightlyJob, github_workflow, kubernetes_objects, refresh_script
from nautiloid.version import __version__

JOB = NightlyJob("pytorch", "images/pytorch", "images/pytorch/pytorch.lock", "ghcr.io/team/pytorch")
JOBS = [
    JOB,
    replace(JOB, image="registry.example.com:5000/a/b", sign=False, cron="0 4 * * 1-5", base="release/1"),
    replace(JOB, source="git+https://github.com/team/nautiloid@v1"),
    replace(JOB, source="https://pypi.example.com/simple/"),
]


def _run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(one) for one in command], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("job", JOBS)
def test_the_workflow_follows_githubs_schema_and_an_auditor_finds_nothing(job: NightlyJob, tmp_path: Path) -> None:
    file = tmp_path / ".github/workflows/refresh.yml"
    file.parent.mkdir(parents=True)
    file.write_text(github_workflow(job))
    checked = _run(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", file)
    assert checked.returncode == 0, checked.stdout
    audited = _run(Path(sys.executable).parent / "zizmor", "--offline", "--no-progress", file)
    assert audited.returncode == 0, audited.stdout + audited.stderr


@pytest.mark.parametrize("job", JOBS)
def test_the_workflow_runs_the_script_with_what_the_job_says(job: NightlyJob) -> None:
    workflow = yaml.safe_load(github_workflow(job))
    run = workflow["jobs"]["refresh"]
    assert run["steps"][-1]["run"].strip() == refresh_script().strip()
    assert run["env"]["IMAGE"] == job.image
    assert run["env"]["SIGN"] == ("yes" if job.sign else "no")
    assert ("id-token" in run["permissions"]) is job.sign
    assert workflow[True]["schedule"] == [{"cron": job.cron}]  # YAML 1.1 reads `on` as true; GitHub does not


@pytest.mark.parametrize("job", JOBS)
def test_the_cron_job_is_what_kubernetes_takes_and_is_locked_down(job: NightlyJob) -> None:
    import kubernetes_validate

    text = kubernetes_objects(job, "team/images", "registry.example.com/runner:1", "credentials")
    config, cron = yaml.safe_load_all(text)
    for document in (config, cron):
        kubernetes_validate.validate(document, "1.30", strict=True)
    assert config["data"]["refresh.sh"].strip() == refresh_script().strip()
    pod = cron["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert not any("value" in one for one in container["env"] if one["name"].endswith(("TOKEN", "PASSWORD")))


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_the_script_is_sound_by_shellcheck(tmp_path: Path) -> None:
    (tmp_path / "refresh.sh").write_text(refresh_script())
    checked = _run("shellcheck", "--shell=sh", tmp_path / "refresh.sh")
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("name", ['a"b', "a: b", "a $x {{ y }}", "a\\", "- a", "#a"])
def test_hostile_paths_stay_values(name: str) -> None:
    job = replace(JOB, definition=f"images/{name}", lock=f"images/{name}.lock")
    assert yaml.safe_load(github_workflow(job))["jobs"]["refresh"]["env"]["DEFINITION"] == f"images/{name}"
    _, cron = yaml.safe_load_all(kubernetes_objects(job, "a/b", "r", "s"))
    env = cron["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {one["name"]: one.get("value") for one in env}["LOCK"] == f"images/{name}.lock"


@pytest.mark.parametrize(
    "wrong",
    [{"image": "ghcr.io/team/app:1"}, {"image": "Ghcr.io/Team/App"}, {"cron": "nightly"}, {"cron": "1 2 3 4"},
     {"cron": "* * * * *\n"}, {"lock": "/etc/lock"}, {"lock": "a ${{ github.token }}.lock"},
     {"definition": "images/${{ secrets.TOKEN }}"}, {"definition": "../x"}, {"definition": "-x"}, {"base": "-f"},
     {"image": f"ghcr.io/a@sha256:{'a' * 64}"}],
)  # fmt: skip
def test_what_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        replace(JOB, **wrong)
    with pytest.raises(UsageError):
        kubernetes_objects(JOB, "no-owner", "r", "s")


@pytest.mark.parametrize(
    ("source", "requirement", "index"),
    [("", f"nautiloid=={__version__}", None),
     ("git+https://github.com/team/nautiloid@0123abc", "git+https://github.com/team/nautiloid@0123abc", None),
     ("https://pypi.example.com/simple/", f"nautiloid=={__version__}", "https://pypi.example.com/simple/")],
)  # fmt: skip
def test_nautiloid_is_installed_from_where_it_is_said(source: str, requirement: str, index: str | None) -> None:
    (install, *_) = yaml.safe_load(github_workflow(replace(JOB, source=source)))["jobs"]["refresh"]["steps"]
    assert install["run"] == 'pipx install "$NAUTILOID"'
    assert (install["env"]["NAUTILOID"], install["env"].get("PIP_INDEX_URL")) == (requirement, index)


@pytest.mark.parametrize(
    "source",
    ["nautiloid", "git+https://github.com/team/nautiloid", "git+ssh://git@github.com/team/nautiloid@v1", "http://index/",
     "https://user:secret@index.example.com/", "git+https://a/b@-x", "https://a/${{ secrets.X }}", "--index-url=https://a"],
)  # fmt: skip
def test_what_nautiloid_cannot_be_installed_from_is_refused(source: str) -> None:
    with pytest.raises(UsageError):
        replace(JOB, source=source)


def test_the_command_finds_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "images/app").mkdir(parents=True)
    (tmp_path / "images/app/nautiloid.yaml").write_text("name: my-app\nsummary: an image\n")
    monkeypatch.chdir(tmp_path)
    ours = "images/app/my-app.lock"
    for definition, lock in (("images/app", ours), ("images/app/nautiloid.yaml", ours), ("pytorch", "pytorch.lock")):
        done = CliRunner().invoke(app, ["automate", "github", definition, "--image", "ghcr.io/t/a"])
        assert done.exit_code == 0, done.exception
        env = yaml.safe_load(done.stdout)["jobs"]["refresh"]["env"]
        assert (env["DEFINITION"], env["LOCK"]) == (definition, lock)
        assert json.dumps(env)
