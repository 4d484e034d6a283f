"""What can go of an image as a person reads it."""

from __future__ import annotations

import pytest

from nautiloid.report.terminal.slim import proof_to_lines, removable_to_lines
from nautiloid.run.answers import Answers
from nautiloid.slimming.proposal import ComponentProposal, Removal
from nautiloid.slimming.proposing import Removable
from nautiloid.workflows.slim import Traced
from nautiloid.workflows.slim_proof import Proof

from .golden import text_of, too_wide

SITE = "usr/local/lib/python3.11/dist-packages"


def _traced(count: int) -> Traced:
    removals = tuple(Removal(f"{SITE}/torch/part-{number}/**", 1_200, 1_000_000 * number) for number in range(count))
    documents = Removal("usr/share/doc/**", 3, 50_000_000)
    proposals = (ComponentProposal("torch", removals), ComponentProposal("base-files", (documents,)))
    return Traced(Removable(proposals, 2_000_000_000), 4_321, Answers(0, "", "", {}))


def _lines(count: int, width: int | None = 80) -> list[str]:
    return text_of(removable_to_lines(_traced(count), SITE, width=width)).splitlines()


def test_the_largest_come_first_as_a_definition_writes_them() -> None:
    assert _lines(3) == [
        "Component   Can go                  Files    Bytes",
        "base-files  usr/share/doc/**            3  50.0 MB",
        "torch       {site}/torch/part-2/**  1,200   2.0 MB",
        "torch       {site}/torch/part-1/**  1,200   1.0 MB",
        "torch       {site}/torch/part-0/**  1,200      0 B",
        "4,321 paths were used; 53.0 MB of 2.0 GB can go",
    ]


def test_what_is_left_out_is_counted() -> None:
    assert "... and 6 more" in _lines(30)
    assert len([line for line in _lines(30) if line.startswith("torch ")]) == 24


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert too_wide(removable_to_lines(_traced(30), SITE, width=width), width) == []


def test_a_proof_says_what_was_won() -> None:
    proof = Proof("nautiloid/x-slim:latest", 987_000_000, 412_000_000, (), ("stdout",))
    assert text_of(proof_to_lines(proof)).splitlines() == [
        "Proves nothing, since two runs of the full image differ in it: stdout",
        "nautiloid/x-slim:latest: same answers, 987 MB -> 412 MB compressed",
    ]


def test_where_answers_differ_nothing_is_called_the_same() -> None:
    assert proof_to_lines(Proof("x", 2, 1, ("exit code",), ())) == []
