"""Wheels have to be of a certain age: pip's own rule, against an index that says when files came (PEP 700)."""

from __future__ import annotations

import base64
import hashlib
import http.server
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nautiloid.debian.mirrors import Mirrors
from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.locker import make_lock
from nautiloid.factory.lockfile import Lock
from nautiloid.factory.wheels.resolver import Bounds
from nautiloid.net.fetch import Fetcher
from nautiloid.net.store import Store
from nautiloid.progress import SILENT
from nautiloid.subjects.images import subject_of_lock
from nautiloid.updating.update import Policy, Update, Updating
from nautiloid.vulns.database.files import import_file
from nautiloid.workflows.assess import Criteria, open_assessor

from ..vulns.exports_server import record

NOW = datetime(2026, 6, 30, tzinfo=UTC)
AGES = {("demo", "1.0"): 400, ("demo", "2.0"): 30, ("demo", "3.0"): 2, ("other", "1.0"): 300, ("other", "1.1"): 3}


def _wheel(name: str, version: str) -> bytes:
    buffer = io.BytesIO()
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"version = '{version}'\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = []
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(content)}\n")
    files[f"{info}/RECORD"] = "".join(rows) + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path), content)
    return buffer.getvalue()


class Index:
    """A simple index (PEP 503, 691, 700) on this machine."""

    def __init__(self) -> None:
        self.times = True
        self._wheels = {f"{n}-{v}-py3-none-any.whl": (n, days, _wheel(n, v)) for (n, v), days in AGES.items()}
        index = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.strip("/").rpartition("/")[2]
                content = index._wheels[name][2] if name in index._wheels else index._page(name)
                self.send_response(200)
                kind = "application/zip" if name in index._wheels else "application/vnd.pypi.simple.v1+json"
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/simple/"

    def _page(self, name: str) -> bytes:
        files = []
        for filename, (owner, days, content) in self._wheels.items():
            if owner == name:
                one = {"filename": filename, "url": f"/files/{filename}", "size": len(content),
                       "hashes": {"sha256": hashlib.sha256(content).hexdigest()}}  # fmt: skip
                if self.times:
                    one["upload-time"] = (NOW - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
                files.append(one)
        return json.dumps({"meta": {"api-version": "1.1"}, "name": name, "versions": [], "files": files}).encode()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    running = Index()
    for name, value in (("CONFIG_FILE", "/dev/null"), ("INDEX_URL", running.url), ("NO_CACHE_DIR", "1"),
                        ("EXTRA_INDEX_URL", ""), ("FIND_LINKS", "")):  # fmt: skip
        monkeypatch.setenv(f"PIP_{name}", value)
    yield running
    running.close()


class Project:
    """A definition with two wheels, and a lock of it."""

    def __init__(self, place: Path) -> None:
        self._place = place
        (place / "nautiloid.yaml").write_text(
            "name: app\nsummary: two wheels\npython:\n  requirements: [demo, other]\n"
        )
        self._loaded = load_definition(str(place))

    def lock(self, **versions: str) -> Lock:
        with Fetcher(Store(self._place / "store"), SILENT) as fetcher:
            pins = tuple(f"{name}=={version}" for name, version in versions.items())
            return make_lock(self._loaded, fetcher, None, Bounds(pins))

    def update(self, old: Lock, policy: Policy, *advisories: dict[str, object]) -> Update:
        database = self._place / "advisories.db"
        for number, one in enumerate(advisories or (record("PYSEC-0", "nobody"),)):
            (self._place / "one.json").write_text(json.dumps(one))
            import_file(database, self._place / "one.json", f"one-{number}")
        with (
            Fetcher(Store(self._place / "store"), SILENT) as fetcher,
            open_assessor(database, Criteria(), None) as assessor,
        ):
            judge = lambda lock: assessor.assess(subject_of_lock(lock))  # noqa: E731
            return Updating(self._loaded, fetcher, Mirrors(), judge, NOW).propose(old, policy)


def _versions(lock: Lock) -> dict[str, str]:
    return {wheel.name: wheel.version for wheel in lock.wheels}


@pytest.fixture
def project(index: Index, tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.mark.parametrize(
    ("days", "demo", "other"), [(0, "3.0", "1.1"), (7, "2.0", "1.0"), (100, "1.0", "1.0"), (1, "3.0", "1.1")]
)
def test_the_newest_that_is_old_enough(project: Project, days: int, demo: str, other: str) -> None:
    found = project.update(project.lock(demo="1.0", other="1.0"), Policy(cool_down=timedelta(days=days)))
    assert _versions(found.new) == {"demo": demo, "other": other}


def test_what_is_in_use_never_goes_back(project: Project) -> None:
    found = project.update(project.lock(demo="1.0", other="1.1"), Policy(cool_down=timedelta(days=7)))
    assert _versions(found.new) == {"demo": "2.0", "other": "1.1"}


def test_a_fix_need_not_cool_down_and_brings_nothing_else(project: Project) -> None:
    advisory = record("PYSEC-1", "demo", fixed="3.0")
    old = project.lock(demo="1.0", other="1.0")
    found = project.update(old, Policy(cool_down=timedelta(days=7)), advisory)
    assert _versions(found.new) == {"demo": "3.0", "other": "1.0"}
    assert "younger than the cool-down" in found.notes[0]
    assert [one.identity for change in found.changes for one in change.fixes] == ["PYSEC-1"]


def test_only_security_moves_one_wheel_and_no_farther_than_the_cool_down_lets_it(project: Project) -> None:
    advisory = record("PYSEC-1", "demo", fixed="2.0")
    old = project.lock(demo="1.0", other="1.0")
    for days, demo in ((7, "2.0"), (0, "3.0")):
        found = project.update(old, Policy(only_security=True, cool_down=timedelta(days=days)), advisory)
        assert _versions(found.new) == {"demo": demo, "other": "1.0"}
    nothing = project.update(old, Policy(only_security=True), record("PYSEC-1", "demo", fixed="1.0"))
    assert nothing.new is old
    assert nothing.changes == ()


def test_an_index_that_tells_no_times_offers_nothing_that_could_be_old_enough(project: Project, index: Index) -> None:
    old = project.lock(demo="1.0", other="1.0")
    index.times = False
    found = project.update(old, Policy(cool_down=timedelta(days=7)))
    assert found.new is old
    assert "the wheels stay as they are" in found.notes[0]
    assert _versions(project.update(old, Policy()).new) == {"demo": "3.0", "other": "1.1"}
