"""``nautiloid run`` as a user types it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nautiloid.oci.layout import Layout

pytestmark = pytest.mark.engine

PROBE = "nautiloid/probe:latest"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(params=["docker", "bubblewrap"])
def environment(request: pytest.FixtureRequest, probe_store: Layout, cache: Path) -> dict[str, str]:
    if request.param == "docker":
        request.getfixturevalue("docker_daemon")
    return {
        **os.environ,
        "NAUTILOID_ENGINE": request.param,
        "NAUTILOID_IMAGES": str(probe_store.directory),
        "NAUTILOID_CACHE": str(cache),
    }


def nautiloid(environment: dict[str, str], *args: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nautiloid", "run", *args]
    done = subprocess.run(command, env=environment, input=stdin, capture_output=True, text=True, check=False)
    if "cannot be used" in done.stderr:
        pytest.skip(done.stderr)
    return done


def test_what_follows_the_image_belongs_to_the_program(environment: dict[str, str]) -> None:
    done = nautiloid(environment, "-e", "A=b", "nautiloid/probe", "args", "-v", "--help", "--", "x y")
    assert done.stdout == "-v\n--help\n--\nx y\n"
    assert done.returncode == 0


def test_the_exit_code_and_the_streams_pass_through(environment: dict[str, str]) -> None:
    assert nautiloid(environment, PROBE, "exit", "42").returncode == 42
    assert nautiloid(environment, PROBE, "stdin", stdin="octopus\nwhale\n").stdout == "octopus\nwhale\n"
    failed = nautiloid(environment, PROBE, "write", "/new")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "/new" in failed.stderr


def test_mounts_output_and_declared_scratch_space(environment: dict[str, str], tmp_path: Path) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    (photos / "a").write_text("penguin\n")
    places = ("-v", f"{photos}:/data", "-o", f"{out}:/out")
    assert nautiloid(environment, *places, PROBE, "cat", "/data/a").stdout == "penguin\n"
    assert nautiloid(environment, *places, PROBE, "write", "/data/b").returncode == 1
    assert nautiloid(environment, *places, PROBE, "write", "/out/b").returncode == 0
    assert (out / "b").read_text() == "written\n"
    assert nautiloid(environment, PROBE, "write", "/scratch/x").returncode == 0


def test_a_command_line_of_dockers_runs_as_it_is(environment: dict[str, str], tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "photo").write_text("squid\n")
    (tmp_path / "variables").write_text("# mine\nFROM_FILE=1\nBOTH=file\n")
    habit = ("--rm", "-it", "-v", f"{photos}:/data:ro", "-e", "FROM_HERE", "-e", "BOTH=typed", "-e", "HOME=/data")
    environment = {**environment, "FROM_HERE": "a b"}
    assert nautiloid(environment, *habit, PROBE, "cat", "/data/photo").stdout == "squid\n"
    seen = nautiloid(environment, *habit, "-e", "NOT_HERE", "--env-file", f"{tmp_path}/variables", PROBE, "env")
    assert {"FROM_HERE=a b", "FROM_FILE=1", "BOTH=typed", "HOME=/data"} <= set(seen.stdout.splitlines())
    assert "NOT_HERE" not in seen.stdout
    assert "note: NOT_HERE is not set here" in seen.stderr


def test_an_option_behind_the_image_is_the_programs_and_that_is_said(environment: dict[str, str]) -> None:
    done = nautiloid(environment, PROBE, "--rm")
    assert "unknown request --rm" in done.stderr
    assert "note: --rm stands behind the image" in done.stderr
    assert "note" not in nautiloid(environment, PROBE, "args", "--rm").stderr


def test_print_shows_a_command_that_works(environment: dict[str, str]) -> None:
    assert nautiloid(environment, PROBE, "exit", "0").returncode == 0
    shown = nautiloid(environment, "--print", PROBE, "args", "two words")
    assert shown.returncode == 0, shown.stderr
    ran = subprocess.run(["sh", "-c", shown.stdout], env=environment, capture_output=True, text=True, check=False)
    assert ran.stdout == "two words\n"


def test_an_archive_runs_from_its_path(environment: dict[str, str], probe_store: Layout, tmp_path: Path) -> None:
    from nautiloid.oci.archive import write_archive

    archive = tmp_path / "image.tar"
    write_archive(probe_store, probe_store.resolve(PROBE), "elsewhere:1", archive)
    assert nautiloid(environment, str(archive), "args", "octopus").stdout == "octopus\n"
    digest = probe_store.resolve(PROBE).digest
    assert nautiloid(environment, digest, "args", "whale").stdout == "whale\n"


def test_mistakes_are_told_without_a_traceback(environment: dict[str, str], tmp_path: Path) -> None:
    mistakes = {
        ("nobody/has-this",): "nobody/has-this",
        ("-v", f"{tmp_path}/gone:/data", PROBE): "does not exist",
        ("-e", "=b", PROBE): "NAME=VALUE",
        ("--env-file", f"{tmp_path}/gone", PROBE): "cannot be read",
        ("-v", f"{tmp_path}:/data:rw", PROBE): "--output HOST:CONTAINER",
        ("-v", f"{tmp_path}:/data:z", PROBE): "SELinux",
        ("-o", f"{tmp_path}/a:/a", "-o", f"{tmp_path}/b:/b", PROBE): "more than once",
        ("-o", "", PROBE): "names no place",
        ("--entrypoint", "", PROBE): "names no program",
        ("--gpus", PROBE, "env"): "--gpus all",
        ("--memory", "much", PROBE): "not an amount of memory",
        ("--user", "me", PROBE): "not a user",
        ("Not An Image",): "not the name of an image",
    }
    for args, message in mistakes.items():
        done = nautiloid(environment, *args)
        assert done.returncode in (1, 2)
        assert message in done.stderr
        assert "Traceback" not in done.stderr
