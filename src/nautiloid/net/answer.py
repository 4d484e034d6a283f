"""What an answer says, within limits: its status, and a body that fits into memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import httpx

from nautiloid import bounds
from nautiloid.errors import quotable
from nautiloid.net.errors import HttpError, LimitError, StatusError

_AT_ONCE = 1 << 18  # bytes
_WORTH_READING = 64 << 10  # bytes


def check_status(answer: httpx.Response, *expected: int) -> None:
    """Accept the expected statuses (200 where none are named).

    Raises:
        StatusError: It is another.
    """
    if answer.status_code not in (expected or (200,)):
        raise StatusError(f"{answer.status_code} {quotable(answer.reason_phrase)}".rstrip(), answer.status_code)


def read_limited(answer: httpx.Response, limit: int = bounds.ANSWER) -> bytes:
    """Read an answer's body to its end; what came compressed with gzip is unpacked.

    Raises:
        LimitError: It has, or unpacks to, more than ``limit`` bytes.
        HttpError: It is compressed in another way, or damaged.
        httpx.TransportError: The connection breaks off.
    """
    content = bytearray()
    for chunk in _plain(answer):
        content += chunk
        if len(content) > limit:
            raise LimitError(f"sent more than {limit} bytes")
    return bytes(content)


def finish(answer: httpx.Response) -> None:
    """Read a body that nobody wants, if it is short, so that its connection can be used again.

    Raises:
        SlowError: The server is too slow.
        httpx.TransportError: The connection breaks off.
    """
    length = 0
    for chunk in answer.iter_raw():
        length += len(chunk)
        if length > _WORTH_READING:
            return


def said_by(error: Exception) -> str:
    """Return what an error of the HTTP library says, which may quote the server."""
    return quotable(str(error)) or type(error).__name__


def _plain(answer: httpx.Response) -> Iterator[bytes]:
    """Yield the body in small pieces; httpx's own decoding has no limit, and knows more encodings than we ask for."""
    encoding = answer.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("gzip", "x-gzip"):
        yield from _unzipped(answer.iter_raw())
    elif encoding in ("", "identity"):
        yield from answer.iter_raw()
    else:
        raise HttpError(f"sent it in the encoding {quotable(encoding, 40)!r}, which nobody asked for")


def _unzipped(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Undo gzip (RFC 1952) piece by piece; one stream may follow the other."""
    stream = zlib.decompressobj(wbits=31)
    begun = False
    try:
        for chunk in chunks:
            data = chunk
            while data:
                if stream.eof:
                    stream = zlib.decompressobj(wbits=31)
                begun = True
                yield stream.decompress(data, _AT_ONCE)
                data = stream.unused_data if stream.eof else stream.unconsumed_tail
        while begun and not stream.eof:
            rest = stream.decompress(b"", _AT_ONCE)
            if not rest:
                raise HttpError("ended in the middle of what it compressed")
            yield rest
    except zlib.error as error:
        raise HttpError(f"sent damaged gzip: {error}") from error
