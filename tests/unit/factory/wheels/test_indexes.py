"""Several indexes, real servers each: what one owns comes from it alone, and no secret leaves the environment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from nautiloid.debian.mirrors import Mirrors
from nautiloid.errors import UsageError
from nautiloid.factory.definition import Definition
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.inputs import fetch_inputs
from nautiloid.factory.locked_wheels import lock_wheels
from nautiloid.factory.lockfile import Lock, LockedWheel
from nautiloid.factory.wheels.resolver import ResolutionError
from nautiloid.net.fetch import Fetcher
from nautiloid.net.store import Store
from nautiloid.progress import SILENT

from ....python_index import PythonIndex, wheel_of

HIDDEN = "hunter2"


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> Iterator[PythonIndex]:
    """The index that pip is configured with, which anybody may upload to."""
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    monkeypatch.setenv("PIP_RETRIES", "0")
    with PythonIndex() as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.url)
        yield index


@pytest.fixture
def private(monkeypatch: pytest.MonkeyPatch) -> Iterator[PythonIndex]:
    """The company's own, which lets in who has a password."""
    with PythonIndex(credentials=f"ci:{HIDDEN}") as index:
        monkeypatch.setenv("NAUTILOID_INDEX_ACME", index.url_with_credentials)
        yield index


def _definition(requirements: list[str], *indexes: dict[str, Any]) -> Definition:
    return Definition.model_validate({"name": "x", "python": {"requirements": requirements, "indexes": list(indexes)}})


def _index(*packages: str, **more: Any) -> dict[str, Any]:
    return {"name": "acme", "url": "https://packages.example.org/simple", "packages": list(packages), **more}


def _lock(definition: Definition, place: Path) -> dict[str, LockedWheel]:
    with Fetcher(Store(place / "store"), SILENT) as fetcher:
        return {wheel.name: wheel for wheel in lock_wheels(definition, (), fetcher)[0]}


@pytest.mark.parametrize("form", ["html", "json"])
def test_what_an_index_owns_comes_from_it_whatever_version_another_has(
    public: PythonIndex, private: PythonIndex, tmp_path: Path, form: Literal["html", "json"]
) -> None:
    private.form = form
    private.add(wheel_of("acme_billing", "1.0", "acme-core", "helper"))
    private.add(wheel_of("acme_core", "1.0"))
    for name in ("acme_billing", "acme_core"):
        public.add(wheel_of(name, "99.0"))
    public.add(wheel_of("helper", "2.0"))
    wheels = _lock(_definition(["acme-billing"], _index("Acme_*")), tmp_path)
    found = {name: (wheel.version, wheel.index) for name, wheel in wheels.items()}
    assert found == {"acme-billing": ("1.0", "acme"), "acme-core": ("1.0", "acme"), "helper": ("2.0", "")}
    assert set(public.asked) == {"helper"}
    assert set(private.asked) == {"acme-billing", "acme-core"}


def test_an_owned_name_is_not_looked_for_elsewhere_when_its_owner_lacks_it(
    public: PythonIndex, private: PythonIndex, tmp_path: Path
) -> None:
    public.add(wheel_of("acme_new", "1.0"))
    with pytest.raises(ResolutionError, match="the index acme, which owns it, has no project 'acme-new'"):
        _lock(_definition(["acme-new"], _index("acme-*")), tmp_path)
    assert public.asked == []


def test_a_name_of_two_indexes_that_nobody_owns_is_an_error(
    public: PythonIndex, private: PythonIndex, tmp_path: Path
) -> None:
    private.add(wheel_of("tool", "1.0"))
    private.add(wheel_of("lone", "1.0", "tool"))
    public.add(wheel_of("tool", "2.0"))
    with pytest.raises(ResolutionError, match="tool is offered by more than one index") as caught:
        _lock(_definition(["lone"], _index()), tmp_path)
    assert "pip's own configuration and acme" in caught.value.message
    assert "packages" in caught.value.hint
    assert _lock(_definition(["lone"], _index("tool", "lone")), tmp_path)["tool"].version == "1.0"


def test_an_index_may_stand_in_for_the_hosts_own(public: PythonIndex, private: PythonIndex, tmp_path: Path) -> None:
    private.add(wheel_of("tool", "1.0"))
    public.add(wheel_of("tool", "2.0"))
    wheels = _lock(_definition(["tool"], _index(default=True)), tmp_path)
    assert (wheels["tool"].version, wheels["tool"].index) == ("1.0", "acme")
    assert public.asked == []


@pytest.mark.parametrize("status", [403, 500])
def test_an_index_that_does_not_answer_is_not_one_without_the_name(
    public: PythonIndex, private: PythonIndex, tmp_path: Path, status: int
) -> None:
    public.add(wheel_of("tool", "2.0"))
    private.broken = status
    with pytest.raises(ResolutionError, match="cannot tell what it offers") as caught:
        _lock(_definition(["tool"], _index()), tmp_path)
    assert HIDDEN not in caught.value.message + caught.value.hint


def test_without_credentials_it_says_so_and_with_wrong_ones_it_does_not_quote_them(
    public: PythonIndex, private: PythonIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private.add(wheel_of("acme", "1.0"))
    for address in (private.url, f"http://ci:wrong{HIDDEN}@{private.host}/simple"):
        monkeypatch.setenv("NAUTILOID_INDEX_ACME", address)
        with pytest.raises(ResolutionError, match="status 401") as caught:
            _lock(_definition(["acme"], _index("acme")), tmp_path)
        assert HIDDEN not in caught.value.message
        assert "netrc" in caught.value.hint


def test_netrc_lets_in_too(
    public: PythonIndex, private: PythonIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private.add(wheel_of("acme", "1.0"))
    monkeypatch.setenv("NAUTILOID_INDEX_ACME", private.url)
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login ci password {HIDDEN}\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert _lock(_definition(["acme"], _index("acme")), tmp_path)["acme"].index == "acme"


def test_a_lock_names_the_index_but_neither_mirror_nor_secret_and_is_fetched_from_another(
    public: PythonIndex, private: PythonIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private.add(wheel_of("acme", "1.0"))
    public.add(wheel_of("acme", "1.0", code="evil = True"))
    definition = _definition(["acme"], _index("acme"))
    wheels = tuple(_lock(definition, tmp_path).values())
    moment = "2026-01-02T00:00:00Z"
    lock = Lock.model_validate({"tool": "t", "timestamp": moment, "definition": definition, "wheels": wheels})
    written = lock.to_json()
    assert HIDDEN not in written
    assert private.host not in written
    assert json.loads(written)["wheels"][0]["index"] == "acme"
    with PythonIndex() as mirror, Fetcher(Store(tmp_path / "elsewhere"), SILENT) as fetcher:
        mirror.add(wheel_of("acme", "1.0"))
        monkeypatch.setenv("NAUTILOID_INDEX_ACME", mirror.url)
        inputs = fetch_inputs(lock, LoadedDefinition(definition, tmp_path / "x.yaml", ()), fetcher, Mirrors())
    assert wheels[0].sha256 in inputs.stored
    assert mirror.asked == ["acme"]


def test_a_definition_without_indexes_has_the_lock_that_it_had() -> None:
    definition = _definition(["tool"])
    assert "indexes" not in definition.to_data()["python"]
    wheel = LockedWheel(name="a", version="1", filename="a-1-py3-none-any.whl", size=1, sha256="0" * 64)
    assert "index" not in wheel.model_dump()


@pytest.mark.parametrize(
    "indexes",
    [
        [_index(url="http://packages.example.org/simple")],
        [_index(url="https://ci:secret@packages.example.org/simple")],
        [_index(url="https://packages.example.org/simple?token=secret")],
        [_index(name="--index-url")],
        [_index("a"), _index("b")],
        [_index("a"), _index("a", name="other")],
        [_index(default=True), _index(name="other", default=True)],
        [_index("a", default=True)],
        [_index("--pre")],
    ],
)
def test_what_cannot_be_an_index_is_no_definition(indexes: list[dict[str, Any]]) -> None:
    with pytest.raises(ValueError, match=r"python\.indexes"):
        _definition(["tool"], *indexes)


@pytest.mark.parametrize("address", ["packages.example.org", "ftp://x/y", "file:///nowhere/at/all", "https://"])
def test_a_variable_that_holds_no_address_is_an_error_that_does_not_quote_it(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAUTILOID_INDEX_ACME", address)
    with pytest.raises(UsageError, match="NAUTILOID_INDEX_ACME") as caught:
        _lock(_definition(["tool"], _index()), tmp_path)
    assert address not in caught.value.message
