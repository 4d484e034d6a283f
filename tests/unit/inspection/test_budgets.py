"""What one inspection keeps has a bound; what lies beyond is said, and nothing else is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from nautiloid import bounds
from nautiloid.images.root_filesystem import read_root
from nautiloid.inspection.examine import Examiner
from nautiloid.inspection.image import inspect_entries
from nautiloid.inspection.inventory import Inspection
from nautiloid.inspection.layer_listing import clean_path
from nautiloid.oci.errors import ImageFormatError

SITE = "usr/lib/python3/dist-packages"


def _inspected(root: Path) -> Inspection:
    entries, skipped = read_root(root, Examiner())
    return inspect_entries(entries, "root", skipped)


def _write(root: Path, path: str, content: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(content)


def test_records_beyond_the_budget_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "RECORDS", 10_000)
    for number in range(10):
        _write(tmp_path, f"{SITE}/p{number}-1.dist-info/METADATA", f"Name: p{number}\nVersion: 1\nX: {' ' * 3000}\n")
    found = _inspected(tmp_path)
    assert len(found.packages) == 3
    assert [skipped.where for skipped in found.skipped] == [f"/{SITE}/p{n}-1.dist-info/METADATA" for n in range(3, 10)]


def test_components_beyond_the_budget_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "COMPONENTS", 2)
    for name in "abc":
        _write(tmp_path, f"app/node_modules/{name}/package.json", f'{{"name": "{name}", "version": "1"}}')
    found = _inspected(tmp_path)
    assert [component.name for component in found.components] == ["a", "b"]
    assert [skipped.where for skipped in found.skipped] == ["/app/node_modules/c/package.json"]


def test_an_endless_os_release_is_said(tmp_path: Path) -> None:
    _write(tmp_path, "etc/os-release", "ID=debian\n" + "#" * bounds.OS_RELEASE)
    assert [skipped.where for skipped in _inspected(tmp_path).skipped] == ["/etc/os-release"]


def test_a_text_that_cannot_be_searched_for_secrets_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "SECRETS_SECONDS", 0.01)
    _write(tmp_path, "srv/data.txt", "eyJ" * 50_000)
    assert [skipped.where for skipped in _inspected(tmp_path).skipped] == ["/srv/data.txt"]


def test_one_package_in_thousands_of_places_is_one_component(tmp_path: Path) -> None:
    for number in range(300):
        _write(tmp_path, f"app/{number}/node_modules/a/package.json", '{"name": "a", "version": "1"}')
    (component,) = _inspected(tmp_path).components
    assert len(component.also) == 299


@pytest.mark.parametrize("name", ["a" * 256, "/".join(["abcdefghijklmno"] * 300)])
def test_names_that_no_system_takes_are_refused(name: str) -> None:
    with pytest.raises(ImageFormatError, match="longer name"):
        clean_path(name)
