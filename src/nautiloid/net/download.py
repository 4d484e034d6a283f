"""A body that is taken up again where its connection broke, within limits of bytes and of patience."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from types import TracebackType

import httpx

from nautiloid.net.answer import said_by
from nautiloid.net.errors import HttpError, LimitError, UnreachableError
from nautiloid.net.http import Retry

CHUNK = 1 << 18
_WORTH_ANOTHER_TRY = 1 << 20  # bytes; an attempt that got this far does not count against the server
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]+/(?:[0-9]+|\*)")

Opener = Callable[[Mapping[str, str]], AbstractContextManager[httpx.Response]]
"""Asks for the body with more headers; the status of the answer has been judged by then (200 or 206, or others)."""


@dataclass(frozen=True)
class Limits:
    """What a server may do.

    Attributes:
        limit: The most bytes that may come, counted from the body's start; None for any number.
        size: The bytes that the body has; an answer that ends before is taken up again. None: nobody knows.
    """

    limit: int | None = None
    size: int | None = None


class ResumableBody:
    """One body; a context manager that yields its bytes when it is iterated, once.

    Args:
        open_at: Asks for it.
        retry: How often a broken connection is taken up again.
        limits: What the server may do.
        start: The first byte that is wanted.
    """

    def __init__(self, open_at: Opener, retry: Retry, limits: Limits | None = None, start: int = 0) -> None:
        self._open_at, self._retry, self._limits, self._start = open_at, retry, limits or Limits(), start
        self._opened = ExitStack()
        self._answer: httpx.Response | None = None
        self._etag = ""

    def __enter__(self) -> ResumableBody:
        self._open(self._start)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    @property
    def answer(self) -> httpx.Response:
        """The answer whose body is being read: its status and headers."""
        assert self._answer is not None  # noqa: S101 - within the block only
        return self._answer

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes.

        Raises:
            UnreachableError: The connection breaks off again and again.
            LimitError: More comes than may.
            SlowError: It comes too slowly.
            HttpError: The server sends a part that was not asked for.
        """
        done, failures = self._start, 0
        while True:
            before = done
            try:
                for chunk in self._rest(done):
                    done += len(chunk)
                    self._check_length(done)
                    yield chunk
                if self._limits.size is None or done >= self._limits.size:
                    return
                raise httpx.ReadError("the answer ended early")
            except httpx.TransportError as error:
                failures = 1 if done - before >= _WORTH_ANOTHER_TRY else failures + 1
                if failures >= self._retry.tries:
                    broken = f"broke off after {done} bytes: {said_by(error)}"
                    raise UnreachableError(broken) from error
                self._retry.wait(failures - 1)
                self._open(done)

    def _open(self, done: int) -> None:
        self._opened.close()
        headers = {"Range": f"bytes={done}-"} if done else {}
        if done and self._etag:
            headers["If-Range"] = self._etag  # another file by now: all of it comes, and its hash will tell
        self._answer = self._opened.enter_context(self._open_at(headers))
        etag = self._answer.headers.get("ETag", "")
        self._etag = etag if etag.startswith('"') else ""  # only strong ones may be compared (RFC 9110, 13.1.5)

    def _rest(self, done: int) -> Iterator[bytes]:
        """Yield the bytes from ``done`` on in one answer."""
        skip = self._repeated(done)
        for chunk in self.answer.iter_raw():
            if len(chunk) > skip:
                yield chunk[skip:]
            skip = max(0, skip - len(chunk))

    def _repeated(self, done: int) -> int:
        """Return how many bytes of the answer repeat what has come already."""
        if self.answer.status_code != httpx.codes.PARTIAL_CONTENT:
            return done
        if not done:
            raise HttpError("sent a part where all of it was asked for")
        place = _CONTENT_RANGE.fullmatch(self.answer.headers.get("Content-Range", "").strip())
        if place is None or int(place[1]) != done:
            raise HttpError("resumed at another place than asked")
        return 0

    def _check_length(self, done: int) -> None:
        most = min((one for one in (self._limits.limit, self._limits.size) if one is not None), default=None)
        if most is not None and done > most:
            raise LimitError(f"sent more than {most} bytes")
