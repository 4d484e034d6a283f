"""Secrets and start-up hooks: of each layer, also of what later layers take away, and of the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from nautiloid.inspection.inventory import Inspection, Risk

from .images import File, inspect_files
from .secrets.planted import tokens

_TOKENS = tokens()
SITE = "usr/lib/python3/dist-packages"


def _secrets(found: Inspection) -> list[tuple[str, str, int]]:
    return [(one.rule, one.where, one.layer) for one in found.findings if one.rule.startswith("secret")]


@pytest.mark.parametrize(
    "later",
    [
        [File("srv/.wh.app.py")],
        [File("srv/.wh..wh..opq")],
        [File(".wh.srv")],
        [File("srv/app.py", b"clean\n")],
        [File("srv", b"no directory any more")],
    ],
    ids=["deleted", "opaque", "directory deleted", "overwritten", "covered"],
)
def test_what_a_later_layer_hides_is_still_in_the_image(tmp_path: Path, later: list[File]) -> None:
    token = _TOKENS["github-fine"]
    found = inspect_files(tmp_path, [File("srv/app.py", f"T = '{token}'\n".encode())], later)
    assert _secrets(found) == [("secret-in-layer", "/srv/app.py", 0)]
    assert found.surface.secrets == ("srv/app.py",)
    assert token[12:] not in repr(found)


def test_a_file_that_its_own_layer_overwrites_counts_too(tmp_path: Path) -> None:
    found = inspect_files(tmp_path, [File("a.txt", _TOKENS["npm"].encode()), File("a.txt", b"clean")])
    assert _secrets(found) == [("secret-in-layer", "/a.txt", 0)]


def test_every_planted_form_is_found_in_an_image(tmp_path: Path) -> None:
    files = [File(f"srv/{name}.txt", f"x\n{token}\n".encode()) for name, token in _TOKENS.items()]
    found = inspect_files(tmp_path, files)
    assert {where for _, where, _ in _secrets(found)} == {f"/{file.path}" for file in files}
    assert len(files) >= 50


def test_a_large_source_file_is_read_whole(tmp_path: Path) -> None:
    content = b"# a line\n" * 400_000 + _TOKENS["anthropic"].encode() + b"\n# more\n"
    found = inspect_files(tmp_path, [File("srv/big.js", content)])
    assert [(one.where, "line 400001" in one.detail) for one in found.findings if one.rule == "secret-in-file"] == [
        ("/srv/big.js", True)
    ]


def test_models_records_and_scripts_are_searched_beside_what_else_they_are(tmp_path: Path) -> None:
    found = inspect_files(
        tmp_path,
        [File("run.sh", f"#!/bin/sh\nexport T={_TOKENS['pypi']}\n".encode(), 0o755),
         File("opt/x/node_modules/y/package.json", f'{{"name":"y","version":"1","t":"{_TOKENS["npm"]}"}}'.encode())],
    )  # fmt: skip
    assert len(_secrets(found)) == 2
    assert [one.path for one in found.surface.executables] == ["run.sh"]
    assert [one.name for one in found.components] == ["y"]


@pytest.mark.parametrize(
    "content",
    [
        b"import os; os.system('id')\n",
        b"\0\0# zeros\nimport os\n",
        b"# " + b"x" * (70 << 10) + b"\nimport os\n",
        b"PK\x03\x04 looks like a checkpoint\nimport os\n",
        b"\xef\xbb\xbfimport os\n",
        b"a\rimport\tos",
        b"a\x0cimport os",
        "a\u2028import os".encode(),
    ],
    ids=["plain", "zeros", "long", "zip", "mark", "return", "form feed", "separator"],
)
def test_a_path_file_that_runs_code_is_found_whatever_its_size_and_bytes(tmp_path: Path, content: bytes) -> None:
    found = inspect_files(tmp_path, [File(f"{SITE}/x.pth", content)])
    assert [one.where for one in found.findings if one.rule == "python-startup-hook"] == [f"/{SITE}/x.pth"]


def test_other_files_that_run_at_each_start(tmp_path: Path) -> None:
    paths = [f"{SITE}/sitecustomize.py", f"{SITE}/usercustomize/__init__.py", f"{SITE}/sitecustomize.cpython-311.so"]
    found = inspect_files(
        tmp_path,
        [*(File(path, b"\0" * 10) for path in paths), File("etc/ld.so.preload", b"\0\n/usr/lib/evil.so # why\n"),
         File(f"{SITE}/paths.pth", b"../more\n#import x\n")],
        env=("LD_PRELOAD=/opt/x.so", "PYTHONSTARTUP=/opt/s.py", "PYTHONUNBUFFERED=1"),
    )  # fmt: skip
    hooks = {one.where for one in found.findings if one.rule == "python-startup-hook"}
    assert hooks == {f"/{path}" for path in paths}
    (loader,) = [one for one in found.findings if one.rule == "loader-startup-hook"]
    assert (loader.severity, "/usr/lib/evil.so" in loader.detail) == (Risk.MEDIUM, True)
    variables = [one.where for one in found.findings if one.rule == "startup-variable"]
    assert variables == ["configuration: Env LD_PRELOAD", "configuration: Env PYTHONSTARTUP"]


def test_a_hook_that_a_later_layer_deletes_is_said_to_be_hidden(tmp_path: Path) -> None:
    found = inspect_files(
        tmp_path, [File(f"{SITE}/x.pth", b"import x\n")], [File(f"{SITE}/y"), File(f"{SITE}/.wh.x.pth")]
    )
    (hook,) = [one for one in found.findings if one.rule == "python-startup-hook"]
    assert (hook.layer, "a later layer deletes it" in hook.detail) == (0, True)


def test_the_configuration_is_searched_too(tmp_path: Path) -> None:
    login = "al1ce:" + "Xk29vLq0pT"
    found = inspect_files(
        tmp_path,
        [File("a", b"x")],
        env=(f"CONFIG={_TOKENS['slack-bot']}", "DB_PASSWORD=Xk29vLq0pT", "MODE=fast"),
        labels={"org.example.note": _TOKENS["stripe"], "org.example.password": "Xk29vLq0pT", "title": "x"},
        entrypoint=("serve", "--api-key", "Xk29vLq0pT"),
        cmd=(f"--url={_TOKENS['database']}",),
        history=(f"RUN curl -u {login} https://x", f"RUN git clone https://x:{_TOKENS['github-classic']}@github.com/a"),
    )
    rules = [one.rule for one in found.findings if one.rule.startswith("secret")]
    counts = {rule: rules.count(rule) for rule in rules}
    assert counts == {
        "secret-in-environment": 2, "secret-in-label": 2, "secret-in-command": 2, "secret-in-history": 2,
    }  # fmt: skip
    told = repr([(one.where, one.detail) for one in found.findings])
    assert "Xk29vLq0pT" not in told and _TOKENS["github-classic"][8:] not in told
