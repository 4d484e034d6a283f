"""Texts on which a search for secrets could work for ever: it ends, and says so where it gave up."""

from __future__ import annotations

import time

import pytest

from nautiloid.inspection.secrets.search import SecretSearch

SIZE = 1 << 20


@pytest.mark.parametrize(
    ("path", "piece"),
    [
        ("a.txt", b"eyJ"),
        ("a.txt", b"+ABSK"),
        ("a.txt", b"-----BEGIN PRIVATE KEY-----"),
        ("a.txt", b"AKIAQWERTYUIOPASDFGH "),
        ("a.conf", b"\n"),
        (".boto", b"\n"),
        ("terraform.tfstate", b'"token":"'),
        ("a.txt", b"://a:"),
    ],
)
def test_what_repeats_ends_soon(path: str, piece: bytes) -> None:
    search = SecretSearch(path)
    began = time.thread_time()
    search.feed(piece * (SIZE // len(piece)))
    search.found()
    assert time.thread_time() - began < 10


def test_an_assignment_before_endless_blanks() -> None:
    search = SecretSearch("a.conf")
    began = time.thread_time()
    search.feed(b"password=Zx81kQp0aB" + b" " * SIZE + b"x")
    search.found()
    assert time.thread_time() - began < 10


def test_a_search_that_was_given_up_is_said_and_an_ordinary_one_is_not() -> None:
    hostile, ordinary = SecretSearch("a.txt"), SecretSearch("a.txt")
    hostile.feed(b"eyJ" * (SIZE // 3))
    hostile.found()
    ordinary.feed(b"AKIAQWERTYUIOPASDFGH and some words\n" * (SIZE // 36))
    ordinary.found()
    assert hostile.unread() is not None
    assert ordinary.unread() is None
