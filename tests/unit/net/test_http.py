"""What the one HTTP client says about itself; ``test_fetch`` has what it does."""

from __future__ import annotations

import logging
from contextlib import closing

import pytest

from nautiloid.net.errors import HttpError, UnreachableError
from nautiloid.net.http import HttpClient, HttpSettings, Retry


def test_the_log_names_what_is_fetched_and_nothing_that_is_secret(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "nautiloid"), closing(HttpClient(HttpSettings(retry=Retry(tries=1)))) as client:
        for url in ("http://me:s3cret@127.0.0.1:9/pool/a.deb", "http://127.0.0.1:9/b.whl?X-Signature=s3cret"):
            with pytest.raises(UnreachableError), client.send("GET", url):
                pass
    assert "GET http://127.0.0.1:9/pool/a.deb" in caplog.text
    assert "GET http://127.0.0.1:9/b.whl?***" in caplog.text
    assert "s3cret" not in caplog.text


def test_what_is_no_url_is_an_error_and_no_traceback() -> None:
    with closing(HttpClient()) as client, pytest.raises(HttpError), client.send("GET", "http://[half"):
        pass
