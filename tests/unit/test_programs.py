"""The log of programs: everything that is started, nothing that is secret."""

from __future__ import annotations

import logging

import pytest

from nautiloid.programs import announced


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["docker", "run", "--env=TOKEN=s3cret=x", "image"], "start docker run '--env=TOKEN=***' image"),
        (["bwrap", "--setenv", "TOKEN", "s3cret", "--chdir", "/"], "start bwrap --setenv TOKEN '***' --chdir /"),
        (["bwrap", "--setenv", "A", "s3cret", "--setenv", "B", "s3cret"],
         "start bwrap --setenv A '***' --setenv B '***'"),
        (["pip", "--index-url", "https://me:s3cret@index.example/simple"],
         "start pip --index-url 'https://***@index.example/simple'"),
        (["true", "a b", "line\nbreak"], "start true 'a b' 'line\nbreak'"),
    ],
)  # fmt: skip
def test_what_is_logged(words: list[str], shown: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "nautiloid"):
        assert announced(words) is words
    assert [record.getMessage() for record in caplog.records] == [shown]
    assert "s3cret" not in caplog.text


def test_nothing_is_logged_unless_somebody_listens(caplog: pytest.LogCaptureFixture) -> None:
    announced(["true"])
    assert not caplog.records
