"""Secrets that were left behind in files, names of variables and build history. The secret itself is never kept."""

from __future__ import annotations

import re

_LARGEST = 1 << 16
_PRIVATE_KEY = re.compile(rb"-----BEGIN ((?:[A-Z0-9]+ ){0,3})PRIVATE KEY-----")
_TOKENS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("AWS access key", rb"\bAKIA[0-9A-Z]{16}\b"),
        ("GitHub token", rb"\bgh[pousr]_[A-Za-z0-9]{36}\b"),
        ("GitLab token", rb"\bglpat-[A-Za-z0-9_-]{20}\b"),
        ("Hugging Face token", rb"\bhf_[A-Za-z]{34}\b"),
        ("OpenAI key", rb"\bsk-(?:proj-)?[A-Za-z0-9_-]{40,}\b"),
        ("Slack token", rb"\bxox[abprs]-[0-9A-Za-z-]{20,}\b"),
        ("PyPI token", rb"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}"),
        ("Google API key", rb"\bAIza[0-9A-Za-z_-]{35}\b"),
    )
)
_TEXTS = (".env", ".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".sh", ".properties", ".txt", ".tfvars")
_FILES = {
    ".netrc": ("logins in .netrc", rb"\bpassword\s+\S"),
    ".git-credentials": ("Git credentials", rb"://[^:/\s]+:[^@\s]+@"),
    ".pypirc": ("password of a package index", rb"(?m)^\s*password\s*[=:]\s*\S"),
    ".npmrc": ("token of an npm registry", rb"_auth(?:Token)?\s*=\s*\S"),
    "pip.conf": ("password in pip's configuration", rb"://[^:/\s]+:[^@\s]+@"),
    "credentials": ("cloud credentials", rb"aws_secret_access_key\s*=\s*\S"),
    ".dockercfg": ("registry login", rb'"auth"\s*:\s*"[^"]'),
    "config.json": ("registry login", rb'"auths"[\s\S]{0,400}"auth"\s*:\s*"[^"]'),
}
_VARIABLE = re.compile(
    r"(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?)(?:_|$)", re.IGNORECASE
)
_HARMLESS = re.compile(r"^(|/.*|\$.*|true|false|none|null|\d{1,4})$", re.IGNORECASE)


def may_hold_secret(path: str, size: int, head: bytes) -> bool:
    """Tell whether a file is worth looking into: a small text, named like a configuration or beginning like a key."""
    if size > _LARGEST or b"\0" in head[:512]:
        return False
    name = path.rpartition("/")[2]
    return name in _FILES or name.endswith(_TEXTS) or name.startswith(".env") or b"PRIVATE KEY-----" in head


def find_secret(path: str, content: bytes) -> str:
    """Return what kind of secret a file holds; empty for none."""
    match = _PRIVATE_KEY.search(content)
    if match is not None:
        return f"{match[1].decode('ascii').strip()} private key".strip()
    named = _FILES.get(path.rpartition("/")[2])
    if named is not None and re.search(named[1], content):
        return named[0]
    return next((kind for kind, pattern in _TOKENS if pattern.search(content)), "")


def is_secret_variable(name: str, value: str) -> bool:
    """Tell whether an environment variable looks like a secret: by its name, with a value that could be one."""
    return _VARIABLE.search(name) is not None and _HARMLESS.match(value) is None
