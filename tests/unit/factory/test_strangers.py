"""Definitions and locks of strangers: what they say leads nowhere, runs nothing, and commands nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nautiloid.errors import IntegrityError
from nautiloid.factory.definition_file import DefinitionError, OutsideError, load_definition
from nautiloid.factory.locked_files import lock_files
from nautiloid.factory.lockfile import LockedWheel, LockError, read_lock
from nautiloid.factory.rootfs.tree import Origin, Tree, TreeError
from nautiloid.factory.wheels.unpack import wheel_paths

SHA = "0" * 64


def _definition(place: Path, text: str) -> str:
    path = place / "image.yaml"
    path.write_text(f"name: x\n{text}", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    "requirement",
    ["--index-url=https://evil.example/simple", "-e .", "./package", "/tmp/package", "demo @ file:///tmp/demo",
     "demo @ git+https://evil.example/demo", "demo @ https://evil.example/demo.tar.gz", "-r other.txt", "demo\x1b[2J",
     "a\n-e ."],
)  # fmt: skip
def test_a_requirement_is_a_name_and_never_an_option_or_a_place(tmp_path: Path, requirement: str) -> None:
    """``-e .`` would make pip run the setup.py that lies beside the definition, on this machine."""
    ran = tmp_path / "ran"
    (tmp_path / "setup.py").write_text(f"open({str(ran)!r}, 'w')")
    with pytest.raises(DefinitionError, match=r"python\.requirements\.0"):
        load_definition(_definition(tmp_path, f"python: {{requirements: [{json.dumps(requirement)}]}}"))
    assert not ran.exists()


@pytest.mark.parametrize(
    "text",
    [
        "files: [{from: a, to: /app/../../etc/passwd}]",
        "files: [{from: a, to: etc/passwd}]",
        'files: [{from: a, to: "/app/\\e[31m"}]',
        'summary: "\\e]0;owned\\a"',
        "links: {/usr/../etc/x: y}",
        "weights: [{name: m, to: /m, url: 'http://example.org/m'}]",
        "weights: [{name: m, to: /m, url: 'file:///etc/passwd'}]",
        "weights: [{name: m, to: /m, url: 'https://me:secret@example.org/m'}]",
        "weights: [{name: m, to: /m, wheel: '-e .', member: m}]",
        "image: {workdir: /home/../root, tmpfs: [/tmp/../etc]}",
    ],
)
def test_what_leads_out_or_commands_a_terminal_is_no_definition(tmp_path: Path, text: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        load_definition(_definition(tmp_path, text))
    assert "Value error" not in str(caught.value)


@pytest.mark.parametrize("source", ["../secret", "SECRET", "catalog:../../../secret", "link", "tree"])
def test_files_stay_below_the_definition_unless_the_user_says_otherwise(tmp_path: Path, source: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a key")
    project = tmp_path / "project"
    (project / "tree").mkdir(parents=True)
    (project / "link").symlink_to(secret)
    (project / "tree/link").symlink_to(secret)
    named = str(secret) if source == "SECRET" else source
    path = _definition(project, f"files: [{{from: {json.dumps(named)}, to: /app}}]")
    with pytest.raises(OutsideError) as caught:
        lock_files(load_definition(path))
    assert "--allow-outside" in caught.value.hint
    if not source.startswith("catalog:"):
        (locked,) = lock_files(load_definition(path, outside=[secret]))
        assert locked.size == len("a key")


def test_links_inside_of_a_project_are_followed(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "real.py").write_text("1")
    (tmp_path / "src/link.py").symlink_to("../real.py")
    (locked,) = lock_files(load_definition(_definition(tmp_path, "files: [{from: src, to: /app}]")))
    assert (locked.path, locked.to) == ("link.py", "/app/link.py")


def _lock(**parts: Any) -> str:
    data = {"version": 1, "tool": "t", "timestamp": "2026-01-02T00:00:00Z", "definition": {"name": "x"}, **parts}
    return json.dumps(data)


_DEB = {"name": "a", "version": "1", "architecture": "amd64", "source": "a", "source_version": "1", "archive": "debian",
        "path": "pool/a.deb", "size": 1, "sha256": SHA, "wanted_by": "", "relation": ""}  # fmt: skip
_WHEEL = {"name": "a", "version": "1", "filename": "a-1-py3-none-any.whl", "size": 1, "sha256": SHA}
_WEIGHTS = {"name": "m", "to": "/m", "size": 1, "sha256": SHA, "license": "MIT"}
_FILE = {"index": 0, "path": "a", "to": "/a", "mode": 420, "size": 1, "sha256": SHA}


@pytest.mark.parametrize(
    "parts",
    [
        {"debs": [{**_DEB, "path": "../../etc/passwd"}]},
        {"debs": [{**_DEB, "path": "/etc/passwd"}]},
        {"debs": [{**_DEB, "path": "file:///etc/passwd"}]},
        {"debs": [{**_DEB, "path": "http://evil.example/a.deb"}]},
        {"debs": [{**_DEB, "name": "a\x1b[2J"}]},
        {"debs": [{**_DEB, "sha256": "md5:" + "0" * 32}]},
        {"wheels": [{**_WHEEL, "name": "a\n--index-url https://evil.example"}]},
        {"wheels": [{**_WHEEL, "name": "-e ."}]},
        {"wheels": [{**_WHEEL, "version": "1 --hash=sha256:1"}]},
        {"wheels": [{**_WHEEL, "filename": "../a.whl"}]},
        {"wheels": [{**_WHEEL, "filename": "a.tar.gz"}]},
        {"weights": [{**_WEIGHTS, "url": "file:///etc/passwd"}]},
        {"weights": [{**_WEIGHTS, "url": "http://example.org/m"}]},
        {"weights": [{**_WEIGHTS, "to": "/m/../../x"}]},
        {"files": [{**_FILE, "path": "../../../etc/passwd"}]},
        {"files": [{**_FILE, "path": "/etc/passwd"}]},
        {"files": [{**_FILE, "to": "etc"}]},
    ],
    ids=lambda parts: next(iter(parts)),
)
def test_a_lock_leads_nowhere_either(tmp_path: Path, parts: dict[str, Any]) -> None:
    path = tmp_path / "x.lock"
    path.write_text(_lock(**parts))
    with pytest.raises(LockError):
        read_lock(path)


def test_an_honest_lock_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    path.write_text(_lock(debs=[_DEB], wheels=[_WHEEL], weights=[_WEIGHTS], files=[_FILE]))
    assert read_lock(path).debs[0].path == "pool/a.deb"


def test_a_wheel_that_cannot_be_read_is_not_one_without_such_files(tmp_path: Path) -> None:
    (tmp_path / "w").write_bytes(b"no archive")
    with pytest.raises(IntegrityError, match="not a well-formed wheel"):
        wheel_paths(tmp_path / "w", LockedWheel.model_validate(_WHEEL), "site")


def test_a_path_with_control_characters_is_no_path_of_an_image() -> None:
    for path in ("usr/bin/a\x1b[2J", "usr/bin/a\nb", "usr/bin/\u202egnp.exe"):
        for name, target in ((path, "x"), ("x", path)):
            with pytest.raises(TreeError, match="deb:demo has a path with control characters") as caught:
                Tree().symlink(name, target, Origin("layer", "deb:demo"))
            assert caught.value.message.isprintable()
    Tree().symlink("usr/share/ca-certificates/Főtanúsítvány.crt", "x", Origin("layer", "package"))


def test_a_definition_that_says_nothing_of_startup_has_the_lock_that_it_had(tmp_path: Path) -> None:
    data = load_definition(_definition(tmp_path, "python: {requirements: [demo]}")).definition.to_data()
    assert "startup" not in data["python"]
    assert "startup" not in data["debian"]
    said = "python: {startup: {demo: looked at}}\ndebian: {startup: {demo: looked at too}}"
    data = load_definition(_definition(tmp_path, said)).definition.to_data()
    assert data["python"]["startup"] == {"demo": "looked at"}
    assert data["debian"]["startup"] == {"demo": "looked at too"}
