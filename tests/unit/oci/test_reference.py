from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautiloid.errors import UsageError
from nautiloid.oci.layout import Layout
from nautiloid.oci.reference import Reference, parse_name, parse_reference

from .images import store_image

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("pytorch", "pytorch:latest"),
        ("pytorch:2.13", "pytorch:2.13"),
        ("nautiloid/pytorch", "nautiloid/pytorch:latest"),
        ("localhost:5000/pytorch", "localhost:5000/pytorch:latest"),
        ("Registry.example:443/a/b__c-d.e:v1", "Registry.example:443/a/b__c-d.e:v1"),
        (f"pytorch@{DIGEST}", f"pytorch@{DIGEST}"),
        (DIGEST, DIGEST),
    ],
)
def test_names_keep_their_form_and_get_a_tag(typed: str, name: str) -> None:
    assert parse_reference(typed) == Reference(name)


@pytest.mark.parametrize(
    "typed", ["", "-rm", "Pytorch", "a//b", "a:", "a b", "pytorch:lat est", "a@sha256:12", "-", ":x"]
)
def test_what_is_no_name_is_refused(typed: str) -> None:
    with pytest.raises(UsageError):
        parse_reference(typed)


@given(st.text(max_size=30))
def test_a_name_is_refused_or_stays_as_it_is(text: str) -> None:
    try:
        name = parse_name(text)
    except UsageError:
        return
    assert name.startswith(text)
    assert parse_name(name) == name


def test_paths_are_told_by_their_form_or_by_being_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse_reference("./missing.tar") == Reference(None, Path("missing.tar"))
    assert parse_reference("image.tar") == Reference("image.tar:latest")
    Path("image.tar").touch()
    assert parse_reference("image.tar") == Reference(None, Path("image.tar"))
    Path("pytorch").mkdir()
    assert parse_reference("pytorch") == Reference("pytorch:latest"), "an empty directory hides no image"
    store_image(Layout(Path("layout")), "a:latest")
    assert parse_reference("layout:a") == Reference("a:latest", Path("layout"))
    assert str(parse_reference("layout:a")) == "layout:a:latest"
