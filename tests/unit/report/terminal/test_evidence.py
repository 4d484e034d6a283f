"""The evidence of a traced run as a person reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nautiloid.evidence.file import CANNOT_SEE, Evidence
from nautiloid.evidence.proposals import Proposal
from nautiloid.evidence.uses import ComponentUse, UseVerdict
from nautiloid.report.terminal.evidence import evidence_to_lines
from nautiloid.vulns.vex.statement import Justification

from ..samples import digest
from .golden import text_of, too_wide


def _evidence(count: int) -> Evidence:
    statement = "none of its 12 code files was opened or executed while predict.py ran to its end"
    proposals = tuple(
        Proposal(f"CVE-2026-31{number:03}", (), "high", "linux", "6.1.140-1+deb12u1", (),
                 Justification.NOT_IN_EXECUTE_PATH, statement)
        for number in range(count)
    )  # fmt: skip
    uses = tuple(ComponentUse("pkg:deb/debian/x", "", use, 3) for use in (UseVerdict.USED, *UseVerdict))
    return Evidence("app", digest(1), (), 0, "", "nautiloid 1.0", 1_431, (), uses, proposals)


def _text(count: int, width: int | None) -> str:
    return text_of(evidence_to_lines(_evidence(count), 7, Path("vex-evidence.json"), width=width))


def test_what_was_used_is_counted_before_what_is_proposed() -> None:
    first = _text(2, None).splitlines()[0]
    assert first == (
        "1,431 files of the image were opened or executed; "
        "components: 2 used, 1 not used, 1 not present, 1 cannot be told"
    )
    assert "\n2 findings proposed as not_affected, 7 not\n" in _text(2, None)


@pytest.mark.parametrize("width", [40, 80, 120, 200, None])
def test_every_proposal_names_its_vulnerability_and_version_whole(width: int | None) -> None:
    words = _text(3, width).split()
    assert {"CVE-2026-31000", "CVE-2026-31001", "CVE-2026-31002", "6.1.140-1+deb12u1"} <= set(words)


@pytest.mark.parametrize("width", [80, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert too_wide(evidence_to_lines(_evidence(40), 7, Path("e.json"), width=width), width) == []


def test_what_is_left_out_is_where_the_evidence_is() -> None:
    assert "\n... and 3 more, which the evidence holds\n" in _text(33, 120)
    assert "--all" not in _text(33, 120)


def test_what_no_trace_can_see_and_how_to_confirm_is_always_told() -> None:
    text = _text(0, None)
    assert all(one in text for one in CANNOT_SEE)
    assert text.endswith("nautiloid vex confirm vex-evidence.json FILE --id ...\n")
    assert "Vulnerability" not in text
