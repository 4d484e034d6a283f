"""Every example in every ``--help`` is a command line that is understood; those that need nothing but an image run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer
from typer.testing import CliRunner

from nautiloid.cli.app import app
from nautiloid.oci.layout import Layout

from ..oci.images import entry, store_image, tar

ROOT = typer.main.get_command(app)
_IN_TICKS = re.compile(r"`(nautiloid [^`]+)`")
_ON_A_LINE = re.compile(r"^ +(nautiloid .+)$", re.MULTILINE)
_BETWEEN = re.compile(r"\s+(?:&&|\|)\s+|;\s+")


def _texts(command: click.Command) -> Iterator[str]:
    yield f"{command.help or ''}\n{command.epilog or ''}"
    for below in getattr(command, "commands", {}).values():
        yield from _texts(below)


def _examples() -> list[str]:
    found: set[str] = set()
    for text in _texts(ROOT):
        lines = [*_IN_TICKS.findall(text), *_ON_A_LINE.findall(text)]
        found |= {part for line in lines for part in _BETWEEN.split(" ".join(line.split())) if "nautiloid" in part}
    # A command alone is mentioned; one with arguments is an example.
    return sorted(line for line in found if _command_of(shlex.split(line)[1:])[1])


def _command_of(words: list[str]) -> tuple[click.Command, list[str]]:
    command, rest = ROOT, words
    while rest and rest[0] in getattr(command, "commands", {}):
        command, rest = command.commands[rest[0]], rest[1:]  # type: ignore[attr-defined]
    return command, rest


EXAMPLES = _examples()
_NEED_AN_IMAGE_ALONE = ("catalog", "images", "inspect", "ps", "sbom", "tag")
RUN_HERE = [line for line in EXAMPLES if line.split()[1] in _NEED_AN_IMAGE_ALONE]


def test_there_are_examples_to_try() -> None:
    assert len(EXAMPLES) > 30


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_is_understood(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nautiloid.yaml").touch()
    monkeypatch.chdir(tmp_path)
    command, rest = _command_of(shlex.split(line)[1:])
    assert command is not ROOT, line
    assert not (getattr(command, "commands", None) and rest), f"there is no command {rest[0]}"
    if not getattr(command, "commands", None):
        command.make_context("nautiloid", list(rest))


@pytest.mark.parametrize("line", RUN_HERE)
def test_an_example_that_needs_no_network_and_no_engine_runs(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAUTILOID_IMAGES", str(tmp_path / "store"))
    monkeypatch.setenv("NAUTILOID_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    layout = Layout(tmp_path / "store")
    for name in ("pytorch", "old"):
        store_image(layout, f"nautiloid/{name}:latest", [tar(entry("usr/bin/tool", b"#!/bin/sh", mode=0o755))])
    done = CliRunner().invoke(app, shlex.split(line)[1:])
    assert done.exit_code == 0, done.output
