"""What looks like a secret and is none: placeholders, examples, test values, references to where the secret is kept."""

from __future__ import annotations

import math
import re
from collections import Counter

_WORDS = re.compile(
    rb"example|sample|dummy|placeholder|changeme|change_me|redacted|insert|replace|your[_-]?|foobar|deadbeef|todo|"
    rb"notreal|not[_-]?a[_-]?real|fake|mock|x{5}|\*{3}|\.{3}|0123456|1234567|abcdefg|qwerty|secret_?key|my[_-]?pass",
    re.IGNORECASE,
)
_REFERENCE = re.compile(rb"\$[{(A-Za-z_]|\{\{|\{[A-Za-z_]|%\(|%[sdr]\b|<[^>]*>|process\.env|os\.environ|getenv")
_MOST_ALIKE = 0.7  # of all characters: "xxxxxxxxxxxx-1"


def is_placeholder(value: bytes) -> bool:
    """Tell whether a value that has the form of a secret is plainly none."""
    if not value or _WORDS.search(value) or _REFERENCE.search(value):
        return True
    return max(Counter(value).values()) / len(value) > _MOST_ALIKE


def looks_random(value: bytes, bits: float) -> bool:
    """Tell whether a value could have been drawn by chance: letters and digits, and ``bits`` of entropy a character."""
    return has_digit(value) and has_letter(value) and entropy(value) >= bits


def has_digit(value: bytes) -> bool:
    """Tell whether there is a digit in it."""
    return any(0x30 <= byte <= 0x39 for byte in value)


def has_letter(value: bytes) -> bool:
    """Tell whether there is a letter of ASCII in it."""
    return any(0x41 <= byte & 0xDF <= 0x5A for byte in value)


def entropy(value: bytes) -> float:
    """Return Shannon's entropy of the characters of a value, in bits a character."""
    counts = Counter(value)
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())
