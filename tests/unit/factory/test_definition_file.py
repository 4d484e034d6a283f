from __future__ import annotations

from pathlib import Path

import pytest

from nautiloid import catalog
from nautiloid.factory.definition_file import DefinitionError, load_definition


def _write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", catalog.names())
def test_every_catalog_definition_is_valid(name: str) -> None:
    definition = load_definition(name).definition
    assert definition.name == name
    assert definition.summary


def test_extends_appends_lists_merges_mappings_and_replaces_values(tmp_path: Path) -> None:
    _write(
        tmp_path / "base.yaml",
        "name: base\ndebian: {suite: bookworm, packages: [a]}\nimage: {env: {A: '1'}, entrypoint: [x]}",
    )
    top = _write(
        tmp_path / "top.yaml",
        "extends: base.yaml\nname: top\ndebian: {packages: [b]}\nimage: {env: {B: '2'}, entrypoint: [y]}",
    )
    definition = load_definition(top).definition
    assert definition.name == "top"
    assert definition.debian.packages == ("a", "b")
    assert definition.image.env == {"A": "1", "B": "2"}
    assert definition.image.entrypoint == ("y",)


def test_local_files_are_relative_to_the_definition_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    _write(tmp_path / "base/base.yaml", "name: base\nfiles: [{from: one, to: /one}]")
    top = _write(tmp_path / "top.yaml", "extends: base/base.yaml\nname: top\nfiles: [{from: two, to: /two}]")
    loaded = load_definition(top)
    assert [loaded.source_of(index) for index in (0, 1)] == [tmp_path / "base/one", tmp_path / "two"]


def test_all_faults_are_listed_at_once(tmp_path: Path) -> None:
    path = _write(
        tmp_path / "bad.yaml",
        "name: Bad Name\nsuite: bookworm\nslim: [{name: x, because: because, paths: []}]",
    )
    with pytest.raises(DefinitionError) as caught:
        load_definition(path)
    message = str(caught.value)
    assert "name" in message
    assert "suite" in message
    assert "slim.0.paths" in message


def test_a_circle_of_extends_is_named(tmp_path: Path) -> None:
    _write(tmp_path / "a.yaml", "extends: b.yaml\nname: a")
    path = _write(tmp_path / "b.yaml", "extends: a.yaml\nname: b")
    with pytest.raises(DefinitionError, match="circle"):
        load_definition(path)


def test_an_unknown_name_lists_the_catalog() -> None:
    with pytest.raises(DefinitionError, match="pytorch"):
        load_definition("no-such-image")


@pytest.mark.parametrize("text", ["- a list", "name: [", "\x00", ""])
def test_what_is_no_definition_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DefinitionError):
        load_definition(_write(tmp_path / "x.yaml", text))


def test_weights_name_exactly_one_source(tmp_path: Path) -> None:
    path = _write(
        tmp_path / "w.yaml",
        "name: w\nweights: [{name: m, to: /m, wheel: a==1, url: 'https://example.org/m'}]",
    )
    with pytest.raises(DefinitionError, match="exactly one source"):
        load_definition(path)
