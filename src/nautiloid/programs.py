"""Programs that Nautiloid starts: each is logged before, with nothing in the log that is nobody's business."""

from __future__ import annotations

import logging
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence

_log = logging.getLogger(__name__)

_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_VARIABLE = re.compile(r"(--env=|-e=?)([A-Za-z_]\w*)=.*", re.DOTALL)
_HIDDEN = "***"


def announced(words: Sequence[str]) -> Sequence[str]:
    """Log a command that is about to be started, and return it as it is.

    Args:
        words: The program and its arguments. Values of environment variables (``--env=NAME=VALUE``,
            ``--setenv NAME VALUE``) and credentials in URLs are left out of the log.
    """
    if _log.isEnabledFor(logging.INFO):
        _log.info("start %s", shlex.join(_harmless(words)))
    return words


def without_credentials(text: str) -> str:
    """Return a text without the user names and passwords of the URLs in it."""
    return _CREDENTIALS.sub(f"{_HIDDEN}@", text)


def _harmless(words: Iterable[str]) -> Iterator[str]:
    passed = 3
    for word in words:
        # bubblewrap's --setenv takes two words: a name, which may be shown, and a value, which may not.
        passed = 0 if word == "--setenv" else passed + 1
        if passed == 2:
            yield _HIDDEN
        else:
            yield without_credentials(_VARIABLE.sub(rf"\1\2={_HIDDEN}", word))
