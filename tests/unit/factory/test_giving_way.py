"""A base's pins, and definitions that want other versions."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from nautiloid import catalog
from nautiloid.factory.definition_file import LoadedDefinition, load_definition
from nautiloid.factory.giving_way import admits, advice


def _load(path: Path, requirements: str, extends: str = "pytorch", more: str = "") -> LoadedDefinition:
    path.write_text(f"extends: {extends}\nname: app\npython: {{requirements: [{requirements}]}}\n{more}")
    return load_definition(str(path))


def _requirements(loaded: LoadedDefinition) -> tuple[str, ...]:
    assert loaded.definition.python is not None
    return loaded.definition.python.requirements


def test_a_pin_that_is_not_admitted_gives_way_and_its_neighbours_are_loosened(tmp_path: Path) -> None:
    loaded = _load(tmp_path / "app.yaml", "torch<2.6, timm")
    assert _requirements(loaded) == ("torchvision", "numpy", "pillow", "torch<2.6", "timm")
    assert [str(one) for one in loaded.given_way] == [
        "torch<2.6 replaces torch==2.13.0 of the base pytorch; "
        "torchvision==0.28.0, pinned beside it, may be any version that fits"
    ]
    assert loaded.own_requirements == ("torch<2.6", "timm")


@pytest.mark.parametrize(
    "wish",
    ["torch>=2", "torch", "torch==2.13.0", "torch==2.13.0+cpu", "torch==2.13.*", "'torch<2; python_version < \"3.9\"'"],
)
def test_a_pin_that_is_admitted_stays(tmp_path: Path, wish: str) -> None:
    loaded = _load(tmp_path / "app.yaml", wish)
    assert _requirements(loaded)[:2] == ("torch==2.13.0", "torchvision==0.28.0")
    assert loaded.given_way == ()


def test_a_neighbour_that_is_asked_for_keeps_what_is_said_of_it(tmp_path: Path) -> None:
    loaded = _load(tmp_path / "app.yaml", "torch==2.5.*, torchvision==0.20.1")
    assert _requirements(loaded) == ("numpy", "pillow", "torch==2.5.*", "torchvision==0.20.1")


def test_pins_of_other_files_stay(tmp_path: Path) -> None:
    loaded = _load(tmp_path / "app.yaml", "torch<2.6", "octopus-detector")
    assert "timm==1.0.31" in _requirements(loaded)
    assert "torchvision" in _requirements(loaded)


def test_a_definition_between_counts_as_base_too(tmp_path: Path) -> None:
    _load(tmp_path / "middle.yaml", "torch==2.5.1, attrs==23.1.0")
    loaded = _load(tmp_path / "app.yaml", "attrs>24", "middle.yaml")
    assert _requirements(loaded) == ("torchvision", "numpy", "pillow", "torch==2.5.1", "attrs>24")
    assert loaded.own_requirements == ("torch==2.5.1", "attrs>24")
    assert [one.base for one in loaded.given_way] == ["pytorch", "app"]


@pytest.mark.parametrize("name", catalog.names())
def test_no_image_of_the_catalog_makes_another_give_way(name: str) -> None:
    loaded = load_definition(name)
    assert (loaded.given_way, loaded.own_requirements, loaded.adds_to_catalog) == ((), (), False)


@pytest.mark.parametrize("text", ["1", "[1, {a: b}]", "['not a requirement (((']", "torch"])
def test_what_is_no_list_of_requirements_is_left_to_validation(tmp_path: Path, text: str) -> None:
    path = tmp_path / "app.yaml"
    path.write_text(f"extends: pytorch\nname: app\npython: {{requirements: {text}}}\n")
    with pytest.raises(Exception, match="requirements"):
        load_definition(str(path))


def test_the_base_and_its_version_are_named() -> None:
    loaded = load_definition("pytorch")
    said = advice("somelib 1.0 depends on torch<2.6\nThe user requested torch==2.13.0", loaded.asked)
    assert said.startswith("The base pytorch has torch 2.13.0.")
    assert "torchvision" not in said
    assert advice("a depends on pytorch-lightning", loaded.asked) == ""


@pytest.mark.parametrize(
    ("wish", "version", "expected"),
    [("==2.13.0+cpu", "2.13.0", True), ("==2.13.0+cpu", "2.12.0", False), ("<2.6", "2.13.0", False), ("", "1", True)],
)
def test_a_build_of_a_version_admits_it(wish: str, version: str, expected: bool) -> None:
    assert admits(SpecifierSet(wish), Version(version)) is expected
