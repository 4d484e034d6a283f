"""The command line as a whole: its root options, its help, its formats and its completion."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

import nautiloid
from nautiloid.cli.app import app
from nautiloid.containers.container import Container
from nautiloid.containers.known import own_shelf
from nautiloid.containers.shelf import now
from nautiloid.oci.layout import Layout

from ..inspection.images import File, image_of
from ..oci.images import entry, store_image, tar

SCRIPT = Path(sys.executable).with_name("nautiloid")


def _commands(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Walk a command and all that are below it."""
    yield words, command
    for name, below in getattr(command, "commands", {}).items():
        yield from _commands(below, (*words, name))


COMMANDS = dict(_commands(typer.main.get_command(app)))


def _option(command: click.Command, name: str) -> click.Parameter | None:
    return next((one for one in command.params if name in one.opts), None)


def _arguments(command: click.Command) -> list[str]:
    """Return something for every argument that a command cannot do without."""
    return ["x" for one in command.params if isinstance(one, click.Argument) and one.required]


WITH_FORMATS = [words for words, command in COMMANDS.items() if _option(command, "--format")]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    monkeypatch.setenv("NAUTILOID_IMAGES", str(tmp_path / "store"))
    monkeypatch.setenv("NAUTILOID_CACHE", str(tmp_path / "cache"))
    layout = Layout(tmp_path / "store")
    store_image(layout, "nautiloid/test:latest", [tar(entry("usr/bin/tool", b"#!/bin/sh", mode=0o755))])
    return layout


def _invoke(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "100"})


def _run(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SCRIPT, *words], env={**os.environ, **env}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_one_line(option: str) -> None:
    done = _run(option)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"nautiloid {nautiloid.__version__}\n", "")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_a_help_with_an_example(words: tuple[str, ...]) -> None:
    done = _invoke(*words, "--help")
    assert done.exit_code == 0, done.output
    assert "Example" in done.stdout
    assert done.stdout == _invoke(*words, "-h").stdout


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_option_says_what_it_does(words: tuple[str, ...]) -> None:
    silent = [one.name for one in COMMANDS[words].params if isinstance(one, click.Option) and not one.help]
    assert silent == []


@pytest.mark.parametrize("words", WITH_FORMATS, ids=" ".join)
def test_a_wrong_format_is_wrong_usage_and_the_right_ones_are_named(words: tuple[str, ...]) -> None:
    command = COMMANDS[words]
    done = _invoke(*words, *_arguments(command), "--format", "nonsense")
    assert done.exit_code == 2
    told = " ".join(done.stderr.replace("│", " ").split())
    names = str(getattr(_option(command, "--format"), "metavar", "")).strip("[]").split("|")
    assert f"'nonsense' is not one of {', '.join(names)}" in told


def test_a_command_that_there_is_not_is_wrong_usage() -> None:
    done = _run("scna")
    assert done.returncode == 2
    assert "scna" in done.stderr


def test_an_error_is_a_message_a_hint_and_no_traceback(store: Layout) -> None:
    done = _run("inspect", "nautiloid/nothing")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "\nhint: " in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_quiet_says_nothing_but_the_result(store: Layout) -> None:
    said, quiet = (_run(*option, "inspect", "nautiloid/test", "--format", "json") for option in ((), ("--quiet",)))
    assert "Read nautiloid/test: done" in said.stderr
    assert (quiet.returncode, quiet.stderr) == (0, "")
    assert quiet.stdout.startswith("{")
    assert _run("-q", "inspect", "nautiloid/test").stderr == ""


def test_quiet_says_nothing_of_a_file_that_it_wrote(store: Layout, tmp_path: Path) -> None:
    said = _run("inspect", "nautiloid/test", "-o", str(tmp_path / "a.txt"))
    quiet = _run("-q", "inspect", "nautiloid/test", "-o", str(tmp_path / "b.txt"))
    assert f"Wrote {tmp_path / 'a.txt'}" in said.stderr
    assert (quiet.stdout, quiet.stderr) == ("", "")
    assert (tmp_path / "a.txt").read_text() == (tmp_path / "b.txt").read_text()


def test_a_dry_run_of_patch_wants_no_name_for_what_is_not_made(store: Layout, tmp_path: Path) -> None:
    done = _run("patch", str(tmp_path / "old.tar"), "--dry-run", "--db", str(tmp_path / "no.db"))
    assert "no advisory database" in done.stderr
    assert "Name it with --tag" in _run("patch", str(tmp_path / "old.tar")).stderr


def test_quiet_keeps_errors(store: Layout) -> None:
    assert _run("-q", "inspect", "nautiloid/nothing").stderr.startswith("error: ")


def test_no_progress_draws_no_bars_on_a_terminal(store: Layout, tmp_path: Path) -> None:
    words = ("inspect", "nautiloid/test", "-o", str(tmp_path / "table.txt"))
    terminal = {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": "100"}
    drawn = _run(*words, **terminal).stderr
    plain = _run("--no-progress", *words, **terminal).stderr
    assert "\x1b[?25l" in drawn, "a bar hides the cursor while it is drawn"
    assert "\x1b[" not in plain
    assert "Read nautiloid/test: done" in plain


def test_a_table_in_a_file_is_what_a_pipe_gets(tmp_path: Path) -> None:
    long = "usr/bin/" + "a-program-with-a-name-that-is-wider-than-any-terminal-" * 3
    with image_of(tmp_path / "a", [File(long, b"#!/bin/sh\n", 0o755)]):
        image, file = str(tmp_path / "a/layout"), tmp_path / "out/table.txt"
        written = _run("inspect", image, "--all", "-o", str(file), COLUMNS="40", FORCE_COLOR="1")
        piped = _run("inspect", image, "--all", COLUMNS="200")
    assert (written.returncode, written.stdout) == (0, "")
    assert file.read_text(encoding="utf-8") == piped.stdout
    assert f"  /{long}\n" in piped.stdout


@pytest.mark.parametrize("words", [("images",), ("catalog",), ("catalog", "pytorch"), ("inspect", "nautiloid/test")])
def test_a_pipe_gets_the_same_whatever_columns_says(store: Layout, words: tuple[str, ...]) -> None:
    narrow, wide = (_run(*words, COLUMNS=columns) for columns in ("40", "200"))
    assert narrow.returncode == 0
    assert narrow.stdout == wide.stdout


@pytest.mark.parametrize(
    ("line", "at", "expected"),
    [
        ("nautiloid sc", "1", ["scan"]),
        ("nautiloid in", "1", ["init", "inspect"]),
        ("nautiloid db ", "2", ["update", "status", "import", "export"]),
        ("nautiloid scan --format ", "3", ["table", "json", "sarif", "cyclonedx", "html", "junit"]),
    ],
)
def test_bash_completes_commands_and_formats(line: str, at: str, expected: list[str]) -> None:
    done = _run(_NAUTILOID_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=at)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == expected


@pytest.mark.parametrize(
    ("line", "at", "expected"),
    [
        ("nautiloid run naut", "2", ["nautiloid/test"]),
        ("nautiloid diff nautiloid/test ", "3", ["nautiloid/test"]),
        ("nautiloid inspect elsewhere", "2", []),
        ("nautiloid build pytorch-c", "2", ["pytorch-cuda"]),
        ("nautiloid lock ./my", "2", ["./my.yaml"]),
        ("nautiloid stop mi", "2", ["mine"]),
        ("nautiloid debug n", "2", ["nautiloid/test"]),
    ],
)
def test_bash_completes_images_definitions_and_containers(
    store: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, at: str, expected: list[str]
) -> None:
    monkeypatch.setenv("NAUTILOID_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.yaml").touch()
    shelf = own_shelf()
    shelf.reserve("mine")
    shelf.write(Container("mine", "nautiloid/test", "bubblewrap", now()))
    done = _run(_NAUTILOID_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=at)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == expected


def test_images_are_listed_for_programs(store: Layout) -> None:
    listed = json.loads(_run("images", "--format", "json").stdout)
    assert listed["schema"] == 1
    (image,) = listed["images"]
    assert (image["name"], image["digest"]) == ("nautiloid/test:latest", store.images()[0][1].digest)
    assert image["size"] > 0


NEED_AN_IMAGE = [
    *(("run",), ("test",), ("inspect",), ("sbom",), ("push",), ("compare", "nautiloid/test"), ("images", "--remove")),
    *(("debug",), ("debug", "--tools", "nautiloid/test")),
]


@pytest.mark.parametrize("words", NEED_AN_IMAGE, ids=" ".join)
def test_an_image_that_is_not_there_is_1_everywhere(
    store: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """The request was well-formed, and could not be carried out; only diff and scan have codes of their own."""
    monkeypatch.setenv("NAUTILOID_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("NAUTILOID_ENGINE", "bubblewrap")
    done = _run(*words, "nautiloid/nothing")
    assert "nautiloid/nothing" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 1, done.stderr
