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
        "name: Bad Name\nsuite: bookworm\nslim: [{name: x, because: because, paths: 1}]",
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


@pytest.mark.parametrize("name", catalog.names())
@pytest.mark.parametrize("variant", ["trixie", "rolling", "dev", "trixie-dev", "rolling-dev"])
def test_every_catalog_definition_has_every_variant(name: str, variant: str) -> None:
    definition = load_definition(f"{name}-{variant}").definition
    assert definition.name == f"{name}-{variant}"
    release = variant.removesuffix("-dev").removesuffix("dev")
    suite, python = {"": ("bookworm", "3.11"), "trixie": ("trixie", "3.13"), "rolling": ("forky", "3.14")}[release]
    assert definition.debian.suite == suite
    if definition.python:
        assert definition.python.version == python
        assert f"python{definition.python.version}-minimal" in definition.debian.packages
    if "dev" in variant:
        assert "apt" in definition.debian.packages
        assert not definition.debian.never


def test_variants_come_in_one_order_and_only_of_the_catalog() -> None:
    for name in ("python-dev-trixie", "python-trixie-rolling"):
        with pytest.raises(DefinitionError, match=name):
            load_definition(name)
    with pytest.raises(DefinitionError, match="cobol-dev"):
        load_definition("cobol-dev")


def test_null_takes_away_what_was_inherited(tmp_path: Path) -> None:
    _write(
        tmp_path / "base.yaml",
        "name: base\nfiles: [{from: gone, to: /gone}]\nimage: {env: {A: '1', B: '2'}}\n"
        "slim: [{name: one, because: because, paths: [a]}, {name: two, because: because, paths: [b]}]",
    )
    top = _write(
        tmp_path / "top.yaml",
        "extends: base.yaml\nname: top\nfiles: null\nimage: {env: {A: null}}\n"
        "slim: [{name: one, paths: null}, {name: two, paths: [c]}, {name: new, because: because, paths: null}]",
    )
    loaded = load_definition(top)
    assert loaded.definition.files == loaded.roots == ()
    assert loaded.definition.image.env == {"B": "2"}
    assert [(rule.name, rule.paths) for rule in loaded.definition.slim] == [("two", ("b", "c"))]


def test_the_pythons_version_is_filled_in(tmp_path: Path) -> None:
    top = _write(
        tmp_path / "top.yaml",
        'name: top\npython: {version: "3.13"}\nlinks: {/usr/bin/python: "python{python}"}\n'
        'files: [{from: app, to: "/{site}/app"}]',
    )
    definition = load_definition(top).definition
    assert definition.links == {"/usr/bin/python": "python3.13"}
    assert definition.files[0].to == "/usr/local/lib/python3.13/dist-packages/app"
