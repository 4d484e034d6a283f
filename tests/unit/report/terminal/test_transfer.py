"""What moving an image did as a person reads it; programs find the name with its digest in the last line."""

from __future__ import annotations

import pytest

from nautiloid.registry.transfer import Transferred
from nautiloid.report.terminal.transfer import transfer_to_lines

from ..samples import digest
from .golden import text_of

NAME = "registry.example.com:5000/team/pytorch"


@pytest.mark.parametrize("name", [f"{NAME}:2.13", f"{NAME}:2.13@{digest(1)}"])
def test_bytes_and_the_name_with_its_new_digest_are_told(name: str) -> None:
    assert text_of(transfer_to_lines(name, Transferred(digest(2), 1_500_000, 0, 20_000_000))).splitlines() == [
        "1.5 MB moved, 20.0 MB already there",
        f"{NAME}:2.13@{digest(2)}",
    ]


def test_what_the_registry_took_from_another_repository_is_told_apart() -> None:
    first, _ = text_of(transfer_to_lines(NAME, Transferred(digest(2), 0, 7_000, 0))).splitlines()
    assert first == "0 B moved, 7 kB mounted from another repository, 0 B already there"
