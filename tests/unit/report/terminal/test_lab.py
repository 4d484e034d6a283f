"""What the lab made and measured as a person reads it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nautiloid.lab.result import LabResult
from nautiloid.lab.workload import Answer
from nautiloid.report.terminal.lab import lab_to_lines

from ..samples import COMPARISON, SMALL, digest
from ..test_scan_table import RESULT
from .golden import text_of, too_wide

LAB = LabResult(
    "drawings made by the workload, as no photos can be had", "bubblewrap", digest(1), SMALL, 33.3, 0.975,
    (Answer("octopus.jpg", "octopus", 0.98765),), COMPARISON,
    tuple(replace(RESULT, name=image.name) for image in COMPARISON.images), 61.0,
)  # fmt: skip


def _text(result: LabResult, width: int | None = 120) -> str:
    return text_of(lab_to_lines(result, Path("/somewhere/lab"), width=width))


def test_image_training_and_answers_are_told() -> None:
    lines = [" ".join(line.split()) for line in _text(LAB).splitlines()]
    assert "Executables 1: /usr/bin/python3.11" in lines
    assert "Training 33.3 s in a hardened container (bubblewrap)" in lines
    assert "octopus.jpg octopus (0.9877)" in lines
    assert lines[-2:] == [
        f"Digest {digest(1)}", "Done in 61.0 s. The learner's folder is /somewhere/lab/octopus-detector."
    ]  # fmt: skip


def test_images_are_compared_with_their_vulnerabilities() -> None:
    text = _text(LAB, None)
    assert [line.split()[-3:] for line in text.splitlines() if line.startswith(("All ", "With a fix "))] == [
        ["19", "19", "19"], ["11", "11", "11"]
    ]  # fmt: skip
    assert "Advisories as of 2026-07-13\n" in text
    assert "/somewhere/lab/report.html\n" in text


def test_without_advisories_there_is_a_hint_and_without_a_comparison_nothing() -> None:
    assert "'nautiloid db update' brings them" in _text(replace(LAB, scans=()))
    alone = _text(replace(LAB, comparison=None))
    assert "report.html" not in alone
    assert "Known vulnerabilities" not in alone


@pytest.mark.parametrize("width", [80, 120, 200])
def test_only_a_single_long_word_is_wider_than_the_terminal(width: int) -> None:
    lines = too_wide(lab_to_lines(LAB, Path("/somewhere/lab"), width=width), width)
    assert all(len(line.split()) == 1 for line in lines), lines
