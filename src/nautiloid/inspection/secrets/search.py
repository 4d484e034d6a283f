"""Looks for secrets in texts as they stream by: first for the letters that any secret must have, then for its form."""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections.abc import Iterator
from functools import cache

from ahocorasick_rs import BytesAhoCorasick, Implementation

from nautiloid import bounds
from nautiloid.inspection.facts import Secret, Unread
from nautiloid.inspection.secrets.named_files import named_secrets
from nautiloid.inspection.secrets.placeholders import is_placeholder, looks_random
from nautiloid.inspection.secrets.token_forms import TokenForm, token_forms

_BLOCK = 1 << 20
_OVERLAP = 8192  # the longest form, with what may stand around it
_BACK = 256
_MOST = 50  # in one file
_BETWEEN_LOOKS = 64  # anchors, between looks at the clock
_WIDE = (b"\xff\xfe", b"\xfe\xff")  # UTF-16, whose ASCII is ASCII without the zeros
_ORDINARY_PASSWORDS = re.compile(
    rb"(?:my|the|some)?(?:pass(?:word|wd)?|pwd|secret|token|test|tiger|admin|guest|root|user(?:name)?|postgres|mysql|foo|bar|"
    rb"baz|abcd?|repo(?:sitory)?|anonymous|port|pw|hidden|123+4*5*6*)\d*",
    re.IGNORECASE,
)
_NO_HOST = re.compile(
    rb"(?:.*\.)?(?:example(?:\.(?:com|org|net|edu))?|test|invalid|host(?:name)?|server|domain(?:\.com)?)"
)


def is_text(head: bytes) -> bool:
    """Tell from a file's first bytes whether it is a text: one without zeros, or one in UTF-16."""
    return b"\0" not in head or head.startswith(_WIDE)


def secrets_in(text: str) -> tuple[Secret, ...]:
    """Return the secrets in a short text, such as a variable or a command."""
    search = SecretSearch("")
    search.feed(text.encode("utf-8", "surrogatepass"))
    return search.found()


class SecretSearch:
    """Looks through one text, however long.

    Args:
        path: Its path, which may tell what it holds.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._waiting = bytearray()
        self._line, self._seen = 1, 0  # of the first waiting byte; how many of those were looked at
        self._found: dict[tuple[str, bytes], Secret] = {}
        self._begun = self._wide = False
        self._taken, self._spent = 0, 0.0  # bytes of the text; seconds that it has cost
        self._stopped = False

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        if not self._begun and not self._waiting:
            self._wide = chunk.startswith(_WIDE)
        if self._stopped:
            return
        self._taken += len(chunk)
        self._waiting += chunk.replace(b"\0", b"") if self._wide else chunk
        if len(self._waiting) >= _BLOCK + _OVERLAP:
            self._look(len(self._waiting) - _OVERLAP)

    def found(self) -> tuple[Secret, ...]:
        """Return what was found, now that the text has passed."""
        self._look(len(self._waiting))
        self._waiting = bytearray()
        return tuple(self._found.values())

    def unread(self) -> Unread | None:
        """Return that the text was not searched to its end; None where it was, as any is that was made to be read."""
        return Unread("a text made so that looking for secrets takes for ever") if self._stopped else None

    def _look(self, until: int) -> None:
        """Look at the secrets that begin before a place, and forget what stands well before it."""
        block = bytes(self._waiting)
        if not self._begun:
            self._begun = True
            for place, kind, secret in named_secrets(self._path, block[:_BLOCK]):
                self._add(kind, "", secret, block, place)
        self._search(block, until)
        if until == len(block) or self._stopped:
            return  # that was the end, and nobody asks for lines any more
        kept = max(0, until - _BACK)
        self._line += block.count(b"\n", 0, kept)
        self._waiting = self._waiting[kept:]
        self._seen = until - kept

    def _search(self, block: bytes, until: int) -> None:
        taken = bytearray(len(block))  # not zero where a secret was seen
        began = time.thread_time()
        allowed = bounds.SECRETS_SECONDS + self._taken / bounds.SECRETS_BYTES_A_SECOND - self._spent
        for number, (form, start) in enumerate(_hits(block)):
            if number % _BETWEEN_LOOKS == 0 and time.thread_time() - began > allowed:
                self._stopped = True
                return
            if not self._seen <= start < until or len(self._found) >= _MOST or taken[start]:
                continue
            match = _match(form, block, start)
            if match is None or taken.find(1, *match.span()) >= 0:
                continue
            taken[match.start() : match.end()] = b"\1" * (match.end() - match.start())
            shown = block[match.start() : match.start("secret")] if form.shows_prefix else b""
            kind = form.kind if "type" not in match.groupdict() else f"{match['type'].decode('ascii')}{form.kind}"
            self._add(kind, shown.decode("ascii", "replace"), match["secret"], block, match.start())
        self._spent += time.thread_time() - began

    def _add(self, kind: str, prefix: str, secret: bytes, block: bytes, place: int) -> None:
        line = self._line + block.count(b"\n", 0, place)
        masked = f"{prefix}… ({len(prefix) + len(secret)} characters)" if secret else ""
        self._found.setdefault((kind, secret), Secret(kind, masked, line))


@cache
def _forms() -> tuple[tuple[TokenForm, ...], BytesAhoCorasick, tuple[tuple[int, ...], ...]]:
    """Return all forms, what finds their anchors, and which forms have each anchor."""
    forms = token_forms()
    anchors = tuple(dict.fromkeys(form.anchor for form in forms))
    having = tuple(tuple(at for at, form in enumerate(forms) if form.anchor == anchor) for anchor in anchors)
    return forms, BytesAhoCorasick(anchors, implementation=Implementation.DFA), having


def _hits(block: bytes) -> Iterator[tuple[TokenForm, int]]:
    forms, index, having = _forms()
    for anchor, start, _ in index.find_matches_as_indexes(block, overlapping=True):
        for form in having[anchor]:
            yield forms[form], start


def _match(form: TokenForm, block: bytes, start: int) -> re.Match[bytes] | None:
    """Return where a form stands at an anchor, and is no placeholder."""
    match = form.pattern.match(block, start, start + _OVERLAP) if not form.back else None
    if form.back:
        found = form.pattern.search(block, max(0, start - form.back), start + _OVERLAP // 2)
        match = found if found is not None and found.start() <= start else None
    if match is None:
        return None
    secret = match["secret"]
    if form.bits:
        return match if not is_placeholder(secret) and looks_random(secret, form.bits) else None
    if form.kind == "JSON Web Token":
        return match if _is_web_token(match[0]) else None
    if "host" in match.groupdict() and (_ORDINARY_PASSWORDS.fullmatch(secret) or _NO_HOST.fullmatch(match["host"])):
        return None
    return match if not is_placeholder(secret) else None


def _is_web_token(token: bytes) -> bool:
    """Tell whether a text's first part is the header of a JSON Web Token (RFC 7515, section 4)."""
    first = token.split(b".", 1)[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(first + b"=" * (-len(first) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return False
    return isinstance(header, dict) and "alg" in header
