"""What a VEX document states as a person reads it."""

from __future__ import annotations

import pytest

from nautiloid.report.terminal.statements import statements_to_lines
from nautiloid.vulns.vex.statement import Product, Statement, Status

from ..samples import HOSTILE
from .golden import text_of, too_wide

IMAGE = "pkg:oci/octopus-detector@sha256:0123456789ab?repository_url=registry.example.com/octopus-detector"
PART = "pkg:deb/debian/openssl@3.0.11-1~deb12u2?arch=amd64&distro=debian-12"
WHY = "vulnerable_code_not_in_execute_path"
LIFTED = Statement(("CVE-2026-1", "DSA-1"), (Product((IMAGE, "app"), (PART,)), Product(("app",))), Status.NOT_AFFECTED,
                   WHY, "The decoder of PKCS#12 is never called", "2026-07-14", "x.json")  # fmt: skip
OPEN = Statement(("CVE-2026-2",), (Product(()),), Status.UNDER_INVESTIGATION, "", "", "2026-07-14", "x.json")


def test_a_terminal_gets_each_statement_once_with_its_products_below() -> None:
    assert text_of(statements_to_lines([LIFTED, OPEN], width=200)).splitlines() == [
        f"CVE-2026-1 not_affected, {WHY}: The decoder of PKCS#12 is never called",
        f"  {IMAGE}: {PART}",
        "  app: all of it",
        "CVE-2026-2 under_investigation",
        "  ?: all of it",
    ]


def test_a_pipe_gets_one_row_for_each_product_of_each_statement() -> None:
    lines = text_of(statements_to_lines([LIFTED, OPEN], width=None)).splitlines()
    assert lines[0].split() == ["Vulnerability", "Status", "Product", "Parts", "Why"]
    assert lines[1].split()[:5] == ["CVE-2026-1", "not_affected", IMAGE, PART, f"{WHY}:"]
    assert lines[2].split()[:4] == ["CVE-2026-1", "not_affected", "app", "all"]
    assert lines[3].split() == ["CVE-2026-2", "under_investigation", "?", "all"]


@pytest.mark.parametrize("width", [40, 80, 120, 200, None])
def test_ids_products_parts_and_justifications_are_never_cut(width: int | None) -> None:
    words = {word.strip(",:") for word in text_of(statements_to_lines([LIFTED], width=width)).split()}
    assert {"CVE-2026-1", "not_affected", IMAGE, PART, WHY} <= words


@pytest.mark.parametrize("width", [80, 120, 200])
def test_only_a_single_long_word_is_wider_than_the_terminal(width: int) -> None:
    lines = too_wide(statements_to_lines([LIFTED, OPEN], width=width), width)
    assert all(len(line.split()) == 1 for line in lines), lines


def test_no_statements_are_no_lines() -> None:
    assert statements_to_lines([], width=80) == statements_to_lines([], width=None) == []


@pytest.mark.parametrize("width", [80, None])
def test_hostile_text_commands_no_terminal(width: int | None) -> None:
    one = Statement((HOSTILE,), (Product((HOSTILE,), (HOSTILE,)),), Status.FIXED, HOSTILE, HOSTILE, "", "")
    assert all(line.plain.isprintable() for line in statements_to_lines([one], width=width))
