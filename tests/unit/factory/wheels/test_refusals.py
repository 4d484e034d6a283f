"""Why there are no wheels, said in a few lines: the real pip, and an index on this machine."""

from __future__ import annotations

import hashlib
import http.server
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.wheels.resolver import ResolutionError, resolve
from nautiloid.factory.wheels.target import Target

from ....wheelhouse import Wheelhouse

BOOKWORM = Target("3.11", "amd64", "bookworm", "3.11.2")
FOR_IMAGE = "for Python 3.11 on x86_64 (Debian bookworm)"


class Index:
    """The wheels of a directory as a simple index (PEP 503, 592, 691).

    Attributes:
        withdrawn: Beginnings of the names of files that were yanked.
        refuses: The status that everything is answered with; 0: nothing is refused.
    """

    def __init__(self, wheels: Wheelhouse) -> None:
        self.wheels, self.withdrawn, self.refuses = wheels, tuple[str, ...](), 0
        self.needs_python: dict[str, str] = {}
        index = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = index.answer(self.path.strip("/").rpartition("/")[2])
                if index.refuses or content is None:
                    self.send_error(index.refuses or 404)
                    return
                self.send_response(200)
                is_page = content.startswith(b"{")
                kind = "application/vnd.pypi.simple.v1+json" if is_page else "application/zip"
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/simple/"

    def answer(self, name: str) -> bytes | None:
        file = self.wheels.directory / name
        if file.is_file():
            return file.read_bytes()
        files = []
        for one in sorted(self.wheels.directory.glob(f"{name}-*")):
            said: dict[str, object] = {"filename": one.name, "url": f"/files/{one.name}"}
            said["hashes"] = {"sha256": hashlib.sha256(one.read_bytes()).hexdigest()}
            if one.name.startswith(self.withdrawn):
                said["yanked"] = "it was broken"
            if one.name in self.needs_python:
                said["requires-python"] = self.needs_python[one.name]
            files.append(said)
        page = {"meta": {"api-version": "1.1"}, "name": name, "files": files}
        return json.dumps(page).encode() if files else None

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    running = Index(Wheelhouse(tmp_path / "wheels", monkeypatch))
    monkeypatch.delenv("PIP_NO_INDEX")
    for name, value in (("INDEX_URL", running.url), ("NO_CACHE_DIR", "1"), ("EXTRA_INDEX_URL", ""),
                        ("FIND_LINKS", ""), ("RETRIES", "0")):  # fmt: skip
        monkeypatch.setenv(f"PIP_{name}", value)
    yield running
    running.close()


def _refused(*requirements: str) -> ResolutionError:
    with pytest.raises(ResolutionError) as caught:
        resolve(requirements, BOOKWORM, {})
    return caught.value


def test_two_that_want_different_versions_are_named_with_what_there_is(index: Index) -> None:
    index.wheels.put("web", "1.0", "base<2")
    index.wheels.put("shop", "1.0", "base>=2")
    for version in ("1.0", "1.5", "2.0"):
        index.wheels.put("base", version)
    error = _refused("web", "shop")
    assert error.message.splitlines() == [
        "the requirements contradict each other:",
        "  web 1.0 needs base<2",
        "  shop 1.0 needs base>=2",
        "  of base there are 1.0, 1.5, 2.0",
    ]
    assert error.hint.startswith("Loosen one")


def test_what_the_definition_itself_asks_for_is_said_so(index: Index) -> None:
    index.wheels.put("web", "1.0", "base<2")
    index.wheels.put("base", "2.0")
    index.wheels.put("base", "1.0")
    assert "  the definition asks for base==2.0\n  web 1.0 needs base<2\n" in _refused("web", "base==2.0").message


def test_a_name_that_nobody_has(index: Index) -> None:
    error = _refused("numpi>=1")
    assert error.message == "no index has a project 'numpi': nothing meets numpi>=1"
    assert "spelling" in error.hint


def test_who_wants_what_nobody_has(index: Index) -> None:
    index.wheels.put("web", "1.0", "gone>2")
    assert "nothing meets gone>2 (wanted by web)" in _refused("web").message


def test_a_version_that_there_is_not(index: Index) -> None:
    for number in range(12):
        index.wheels.put("base", f"1.{number}")
    error = _refused("base==9")
    assert error.message == (
        f"there is no base==9 {FOR_IMAGE}:\n  there are 4 earlier and 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 1.10, 1.11"
    )


def test_a_version_for_another_python(index: Index) -> None:
    path = index.wheels.put("late", "1.0", python=">=3.12")
    index.needs_python[path.name] = ">=3.12"
    error = _refused("late")
    assert error.message == f"there is no late {FOR_IMAGE}:\n  for another Python: 1.0 (>=3.12)"
    assert "extends: python-trixie" in error.hint


def test_wheels_for_other_platforms(index: Index) -> None:
    index.wheels.put("native", "1.0", tag="cp311-cp311-win_amd64")
    error = _refused("native")
    assert error.message == f"there is no native {FOR_IMAGE}:\n  wheels for other platforms: cp311-cp311-win_amd64"
    assert "No wheel of native was found for other images either" in error.hint


def test_only_source(index: Index) -> None:
    (index.wheels.directory / "raw-1.0.tar.gz").write_bytes(b"")
    error = _refused("raw")
    assert error.message == f"there is no raw {FOR_IMAGE}:\n  it comes as source"
    assert "sources: [{name: raw}]" in error.hint


def test_the_hint_for_source_is_what_a_definition_takes(index: Index, tmp_path: Path) -> None:
    (index.wheels.directory / "raw-1.0.tar.gz").write_bytes(b"")
    line = _refused("raw>=1,<2").hint.partition("in the definition: ")[2]
    (tmp_path / "x.yaml").write_text(f"name: x\npython:\n  requirements: [raw]\n  {line}\n")
    python = load_definition(str(tmp_path / "x.yaml")).definition.python
    assert python is not None
    assert [(one.key, one.version) for one in python.sources] == [("raw", "<2,>=1")]


def test_what_was_withdrawn_is_not_taken_unless_its_very_version_is_named(index: Index) -> None:
    index.wheels.put("pulled", "1.0")
    index.withdrawn = ("pulled-",)
    error = _refused("pulled")
    assert error.message == f"there is no pulled {FOR_IMAGE}:\n  withdrawn by its authors (yanked): 1.0"
    assert "pulled==1.0" in error.hint
    (found,) = resolve(["pulled==1.0"], BOOKWORM, {})
    assert found.withdrawn


@pytest.mark.parametrize("status", [401, 403, 500])
def test_an_index_that_refuses_is_not_one_that_has_nothing(index: Index, status: int) -> None:
    index.refuses = status
    error = _refused("base")
    assert error.message.startswith(
        "an index could not be read, so whether there is base is not known:\n  http://127.0"
    )
    assert f"{status} " in error.message


def test_an_index_that_is_not_there(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://someone:secret@127.0.0.1:{nobody.getsockname()[1]}/simple/"
        monkeypatch.setenv("PIP_EXTRA_INDEX_URL", url)
        error = _refused("base")
    assert "Connection refused" in error.message
    assert "secret" not in str(error)
    assert "network" in error.hint
