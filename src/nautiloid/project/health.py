"""A health check for an image that has no shell, no curl and no wget: what they ask is asked by Python.

Source: docs.docker.com, "Dockerfile reference", HEALTHCHECK; "Compose file reference", healthcheck.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from nautiloid.project.shell_commands import plain_words

_PYTHON = "/usr/bin/python3"
_FETCHERS = ("curl", "wget")
_OWN_ADDRESS = re.compile(
    r"(?:http://)?(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?P<port>:\d{1,5})?"
    r"(?P<path>/[\w./?=&%+-]*)?"
)
_GIVES_UP = re.compile(r"(?<!\s)\s*+\|\|\s*(exit\s+\d+|false)\s*$")
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h)")
_DURATIONS = re.compile(rf"({_DURATION.pattern})+")
_SHORTEST, _LONGEST = 0.001, 86400.0  # seconds, as the definition takes them
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class HealthCheck:
    """A program that tells by its exit code whether the container works; seconds, None for the engine's own."""

    command: tuple[str, ...]
    interval: float | None = None
    timeout: float | None = None
    start_period: float | None = None
    retries: int | None = None


def health_check(
    test: Sequence[str] | str, workdir: PurePosixPath, options: Mapping[str, object]
) -> HealthCheck | None:
    """Translate a health check; None where only a shell, or a program that the image has not, would understand it.

    Args:
        test: The words of a program, or a shell's command line.
        workdir: Where the program starts, which scripts are relative to.
        options: ``interval``, ``timeout``, ``start_period`` (durations such as ``1m30s``) and ``retries``.
    """
    words = plain_words(_GIVES_UP.sub("", test)) if isinstance(test, str) else _without_shell(tuple(test))
    command = _translated(words, workdir) if words else None
    if command is None:
        return None
    retries = str(options.get("retries") or "")
    return HealthCheck(
        command,
        interval=seconds(str(options.get("interval") or "")),
        timeout=seconds(str(options.get("timeout") or "")),
        start_period=seconds(str(options.get("start_period") or "")),
        retries=int(retries) if re.fullmatch(r"[1-9]\d{0,2}", retries) else None,
    )


def seconds(text: str) -> float | None:
    """Return a duration such as ``1m30s`` in seconds; None where it is none, zero (Docker's default) or above a day."""
    if not _DURATIONS.fullmatch(text):
        return None
    total = sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(text))
    return total if _SHORTEST <= total <= _LONGEST else None


def _without_shell(words: tuple[str, ...]) -> tuple[str, ...] | None:
    if len(words) == 3 and PurePosixPath(words[0]).name in ("sh", "bash") and words[1] == "-c":
        return plain_words(_GIVES_UP.sub("", words[2]))
    return words


def _translated(words: Sequence[str], workdir: PurePosixPath) -> tuple[str, ...] | None:
    program = PurePosixPath(words[0]).name
    if re.fullmatch(r"python[\d.]*", program):
        script = len(words) > 1 and not words[1].startswith("-")
        return (_PYTHON, str(workdir / words[1]), *words[2:]) if script else (_PYTHON, *words[1:])
    if program not in _FETCHERS:
        return None
    asked = [match for word in words[1:] if (match := _OWN_ADDRESS.fullmatch(word))]
    if len(asked) != 1:
        return None
    address = f"http://127.0.0.1{asked[0]['port'] or ''}{asked[0]['path'] or '/'}"
    return (_PYTHON, "-c", f"from urllib.request import urlopen; urlopen('{address}')")


def shown(test: Sequence[str] | str) -> str:
    """Return a health check as a person would type it."""
    return test if isinstance(test, str) else shlex.join(test)
