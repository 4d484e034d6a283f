"""Names that are given to secrets, in environments, settings and commands."""

from __future__ import annotations

import re

_SECRET_NAME = re.compile(
    r"(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API[_-]?KEY|ACCESS[_-]?KEY|PRIVATE[_-]?KEY|AUTH[_-]?KEY|CREDENTIALS?)(?:[_.-]|$)",
    re.IGNORECASE,
)
# Names of places and properties of secrets, and of tokens that are parts of a text.
_NO_SECRET = re.compile(
    r"(?:_FILE|_PATH|_DIR|_URL|_URI|_NAME|_ID|_TYPE|_TTL|_LENGTH|_SIZE|_COUNT|_HEADER|_EXPIRY|_TIMEOUT)$"
    r"|^(?:bos|eos|pad|unk|sep|cls|mask|bot|eot|stop|start|end|special|max|min|num|n|image|audio|video)_token",
    re.IGNORECASE,
)
_HARMLESS = re.compile(r"(|/.*|\$.*|true|false|yes|no|on|off|none|null|\d{1,4})", re.IGNORECASE)


def is_secret_name(name: str) -> bool:
    """Tell whether a variable or setting of this name ought to hold a secret."""
    return _SECRET_NAME.search(name) is not None and _NO_SECRET.search(name) is None


def is_secret_variable(name: str, value: str) -> bool:
    """Tell whether an environment variable looks like a secret: by its name, with a value that could be one."""
    return is_secret_name(name) and _HARMLESS.fullmatch(value) is None
