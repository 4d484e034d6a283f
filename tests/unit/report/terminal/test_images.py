"""What a store holds as a person reads it: compared with files that a person has looked at (see ``golden``)."""

from __future__ import annotations

from pathlib import Path

import pytest

from nautiloid.oci.layout import Layout
from nautiloid.oci.model import Platform
from nautiloid.report.terminal.images import images_to_lines

from ...oci.images import entry, store_image, tar
from ..samples import LONG_NAME, WIDTHS
from .golden import GOLDEN_WIDTHS, approved, piped, text_of, too_wide

NAMES = (
    "nautiloid/pytorch:latest", "nautiloid/octopus-detector:2026-07-14", f"{LONG_NAME}:1.4-patched",
    "python:3.11-slim", "registry.example.com/team/onnxruntime:1.23.0",
)  # fmt: skip
BOTH = "nautiloid/multi-platform:latest"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    layout = Layout(tmp_path_factory.mktemp("store") / "images")
    base = tar(entry("etc/os-release", b"ID=debian\n", mtime=0))
    for number, name in enumerate(NAMES):
        own = tar(entry("app/data", b"\0" * 4_000 * 10**number, mtime=0))
        store_image(layout, name, [base, own], compress=False, platform=Platform("linux", "amd64"))
    both = [
        store_image(layout, f"part:{one}", [base], compress=False, platform=Platform("linux", one, variant))
        for one, variant in (("amd64", ""), ("arm64", ""), ("arm", "v7"))
    ]
    layout.add_index(both, BOTH)
    for one in ("amd64", "arm64", "arm"):
        layout.remove(f"part:{one}")
    return layout


def _text(store: Layout, width: int | None) -> str:
    return text_of(images_to_lines(store, width=width))


@pytest.mark.parametrize("width", GOLDEN_WIDTHS)
def test_the_list_reads_as_a_person_approved_it(store: Layout, width: int | None) -> None:
    text = _text(store, width)
    assert text == approved("images", width, text)


@pytest.mark.parametrize("width", WIDTHS)
def test_names_are_whole_at_every_width(store: Layout, width: int | None) -> None:
    assert {*NAMES, BOTH} <= set(_text(store, width).split())


@pytest.mark.parametrize("width", [width for width in WIDTHS if width])
def test_a_terminal_gets_twelve_digits_of_every_digest(store: Layout, width: int) -> None:
    assert {descriptor.digest[:19] for _, descriptor in store.images()} <= set(_text(store, width).split())


@pytest.mark.parametrize("width", [width for width in WIDTHS if width and width >= 80])
def test_only_a_single_long_name_is_wider_than_the_terminal(store: Layout, width: int) -> None:
    assert all(len(line.split()) == 1 for line in too_wide(images_to_lines(store, width=width), width))


def test_a_pipe_gets_whole_digests_and_every_platform_whatever_the_terminal(
    store: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = set()
    for columns in ("40", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        texts.add(piped(images_to_lines(store, width=None)))
    (text,) = texts
    assert len(text.splitlines()) == 1 + len(store.images())
    for name, descriptor in store.images():
        line = next(line for line in text.splitlines() if line.startswith(f"{name} "))
        assert line.endswith(descriptor.digest)
    assert "linux/amd64, linux/arm/v7, linux/arm64" in text


def test_layers_that_images_of_one_name_share_count_once(store: Layout) -> None:
    line = next(line for line in _text(store, None).splitlines() if line.startswith(BOTH))
    assert " 10 kB " in line


def test_an_empty_store_has_no_lines(tmp_path: Path) -> None:
    assert _text(Layout(tmp_path / "none"), 80) == ""
