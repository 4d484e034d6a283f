"""What a build made as a person reads it; programs find the names with digests in the last lines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nautiloid.factory.build import BuildResult
from nautiloid.factory.layers import BuiltLayer
from nautiloid.factory.slim import SlimEffect
from nautiloid.oci.model import LAYER_GZIP, MANIFEST, Descriptor
from nautiloid.report.terminal.build import build_to_lines
from nautiloid.selftest.report import Outcome, SelfTestReport
from nautiloid.workflows.build import Built

from ..samples import digest
from .golden import text_of, too_wide

NAME = "nautiloid/octopus-detector:latest"
RESULT = BuildResult(
    NAME,
    Descriptor(MANIFEST, digest(9), 1_234),
    (
        BuiltLayer("debian", digest(1), digest(2), 21_000_000, 48_000_000, LAYER_GZIP, reused=True),
        BuiltLayer("python-torch", digest(3), digest(4), 190_000_000, 742_000_000, LAYER_GZIP),
    ),
    (SlimEffect("tests", "nobody runs them", 3, 12_000_000),),
    24,
    1,
    21_000_000,
)
TESTS = SelfTestReport(NAME, "bubblewrap", (Outcome("files", "no shell", passed=True),))
BUILT = Built(NAME, (RESULT.descriptor,), (RESULT,), TESTS)


def _lines(built: Built, width: int | None = 120) -> list[str]:
    return text_of(build_to_lines(built, width=width)).splitlines()


def test_layers_sums_self_test_and_name_are_told_in_this_order() -> None:
    assert _lines(BUILT) == [
        "Layer         Content  Compressed",
        "debian        48.0 MB     21.0 MB  reused",
        "python-torch   742 MB      190 MB",
        "24 Debian packages, 1 Python distribution, 211 MB compressed; slimming left out 12.0 MB",
        "A push after the previous build moves 190 MB; 21.0 MB stay",
        "Self-test: passed 1 check in bubblewrap",
        f"{NAME}@{digest(9)}",
    ]


def test_a_first_build_has_nothing_that_stays() -> None:
    assert not any("push" in line for line in _lines(replace(BUILT, results=(replace(RESULT, shared=None),))))


def test_what_the_self_test_left_out_is_told_beside_what_passed() -> None:
    partly = replace(BUILT, tests=replace(TESTS, not_run=("contract: no engine works here",)))
    assert "Self-test: passed 1 check in bubblewrap; contract: no engine works here" in _lines(partly)
    assert "Self-test: none, as asked" in _lines(replace(BUILT, tests=None))


def test_an_unchanged_image_says_so_and_its_name() -> None:
    first, last = _lines(Built(NAME, (RESULT.descriptor,)))
    assert first.startswith("Unchanged")
    assert last == f"{NAME}@{digest(9)}"


def test_an_index_comes_after_its_images() -> None:
    images = (RESULT.descriptor, Descriptor(MANIFEST, digest(8), 1))
    assert _lines(Built(NAME, images, index=digest(7)))[-3:] == [
        f"{NAME}@{digest(9)}", f"{NAME}@{digest(8)}", f"{NAME}@{digest(7)} (index of 2 images)"
    ]  # fmt: skip


@pytest.mark.parametrize("width", [80, 120])
def test_only_a_name_with_its_digest_is_wider_than_the_terminal(width: int) -> None:
    assert set(too_wide(build_to_lines(BUILT, width=width), width)) <= {f"{NAME}@{digest(9)}"}
