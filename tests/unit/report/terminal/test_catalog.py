"""The definitions that ship with Nautiloid as a person reads them."""

from __future__ import annotations

import pytest

from nautiloid import catalog
from nautiloid.factory.definition import Definition
from nautiloid.factory.definition_file import load_definition
from nautiloid.report.terminal.catalog import catalog_to_lines, definition_to_lines

from .golden import text_of, too_wide

SHIPPED = [load_definition(name).definition for name in catalog.names()]


def _words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("width", [40, 80, None])
def test_every_image_is_listed_with_its_whole_name_and_summary(width: int | None) -> None:
    text = text_of(catalog_to_lines(SHIPPED, catalog.VARIANTS, width=width))
    assert {one.name for one in SHIPPED} <= set(text.split())
    assert all(set(one.summary.split()) <= set(text.split()) for one in SHIPPED)
    assert _words(text).endswith("Variants: NAME-trixie, NAME-rolling, NAME-dev, NAME-trixie-dev, NAME-rolling-dev")


def test_a_wide_terminal_and_a_pipe_tell_what_an_image_is_based_on() -> None:
    for width in (160, None):
        assert "Debian bookworm, Python 3.11" in text_of(catalog_to_lines(SHIPPED, (), width=width))


@pytest.mark.parametrize("definition", SHIPPED, ids=lambda one: one.name)
@pytest.mark.parametrize("width", [80, None])
def test_a_definition_says_what_it_asks_for_and_why_it_leaves_out_what_it_leaves_out(
    definition: Definition, width: int | None
) -> None:
    text = _words(text_of(definition_to_lines(definition, width=width)))
    assert text.startswith(f"{definition.name}: {definition.summary}")
    assert all(package in text for package in definition.debian.packages)
    assert all(name in text for name in definition.debian.never)
    assert all(f"{rule.name} ({rule.action})" in text for rule in definition.slim)
    assert f"as {definition.image.user} in {definition.image.workdir}" in text


@pytest.mark.parametrize("definition", SHIPPED, ids=lambda one: one.name)
def test_only_a_single_long_word_is_wider_than_the_terminal(definition: Definition) -> None:
    lines = too_wide(definition_to_lines(definition, width=80), 80)
    assert all(len(line.split()) == 1 for line in lines), lines


def test_an_image_that_starts_nothing_says_so_and_has_no_empty_lists() -> None:
    text = text_of(definition_to_lines(Definition(name="nothing"), width=None))
    assert text.splitlines() == [
        "nothing:  (Debian bookworm, amd64)",
        "Starts nothing by itself as 65532:65532 in /home/nonroot; writable: /tmp",
    ]
