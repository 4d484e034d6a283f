"""What can go wrong between this machine and a server."""

from __future__ import annotations

from nautiloid.errors import NautiloidError


class HttpError(NautiloidError):
    """A server cannot be reached, refuses, or sends what cannot be taken. Callers say it in their own words."""


class UnreachableError(HttpError):
    """There is no connection, or it breaks off again and again.

    Attributes:
        untrusted: The server's certificate is the reason: another try would not help.
    """

    def __init__(self, message: str, hint: str = "", *, untrusted: bool = False) -> None:
        super().__init__(message, hint)
        self.untrusted = untrusted


class StatusError(HttpError):
    """The server answers, and not with what was asked for.

    Attributes:
        status: The HTTP status code.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class LimitError(HttpError):
    """The server sends more than it may."""


class SlowError(HttpError):
    """The server sends, or takes, less than it should in so much time."""
