"""Secrets that the name of a file gives away: what a program keeps its logins in, and files of settings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nautiloid.inspection.secrets.placeholders import is_placeholder, looks_random
from nautiloid.inspection.secrets.variables import is_secret_name, is_secret_variable

_HASH = "hash of a password"  # full of dollar signs that refer to nothing
_FILES = {
    ".netrc": ("login in .netrc", rb"\bpassword\s+(?P<secret>\S+)"),
    "_netrc": ("login in .netrc", rb"\bpassword\s+(?P<secret>\S+)"),
    ".git-credentials": ("Git credential", rb"://[^:/\s]+:(?P<secret>[^@\s]+)@"),
    ".pypirc": ("password of a package index", rb"(?m)^[ \t]*+password\s*[=:]\s*(?P<secret>\S+)"),
    ".npmrc": ("token of an npm registry", rb"_(?:auth|authToken|password)\s*=\s*(?P<secret>\S+)"),
    "pip.conf": ("password in pip's configuration", rb"://[^:/\s]+:(?P<secret>[^@\s]+)@"),
    "credentials": ("cloud credential", rb"(?i)aws_secret_access_key\s*=\s*(?P<secret>\S+)"),
    ".dockercfg": ("registry login", rb'"auth"\s*:\s*"(?P<secret>[^"]+)'),
    "config.json": ("registry login", rb'"auths"[\s\S]{0,4000}?"(?:auth|identitytoken)"\s*:\s*"(?P<secret>[^"]+)'),
    ".dockerconfigjson": ("registry login", rb'"auth"\s*:\s*"(?P<secret>[^"]+)'),
    ".pgpass": ("password of PostgreSQL", rb"(?m)^[^#\n:]*:[^\n:]*:[^\n:]*:[^\n:]*:(?P<secret>\S+)"),
    ".my.cnf": ("password of MySQL", rb"(?m)^[ \t]*+password\s*=\s*(?P<secret>\S+)"),
    ".mylogin.cnf": ("password of MySQL", rb"(?P<secret>[\s\S]{24,})"),
    ".htpasswd": (_HASH, rb"(?m)^[^:\s]+:(?P<secret>(?:\$|\{SHA\})\S+)"),
    "shadow": (_HASH, rb"(?m)^[^:\s]+:!?(?P<secret>\$[0-9a-z]+\$[^:\s]+)"),
    "shadow-": (_HASH, rb"(?m)^[^:\s]+:!?(?P<secret>\$[0-9a-z]+\$[^:\s]+)"),
    ".s3cfg": ("cloud credential", rb"(?m)^[ \t]*+secret_key\s*=\s*(?P<secret>\S+)"),
    ".boto": ("cloud credential", rb"(?m)^[ \t]*+(?:aws_secret_access_key|gs_secret_access_key)\s*=\s*(?P<secret>\S+)"),
    "kaggle.json": ("Kaggle key", rb'"key"\s*:\s*"(?P<secret>[0-9a-f]{32})"'),
    "application_default_credentials.json": ("cloud credential", rb'"refresh_token"\s*:\s*"(?P<secret>[^"]+)'),
    "kubeconfig": ("Kubernetes credential", rb"(?:client-key-data|token|password):\s*(?P<secret>\S{8,})"),
    "terraform.tfstate": ("secret in Terraform's state",
                          rb'"[a-z_]*(?:password|secret|token)"\s*:\s*"(?P<secret>[^"]{8,})'),
    ".vault-token": ("Vault token", rb"\A\s*(?P<secret>\S{20,})\s*\Z"),
}  # fmt: skip
_KUBECONFIG = re.compile(r"(?:^|/)\.kube/config$")
_SETTINGS = (
    ".cfg", ".cnf", ".conf", ".config", ".env", ".ini", ".json", ".properties", ".sh", ".tfvars", ".toml", ".yaml",
    ".yml",
)  # fmt: skip
_KEY_FILE = re.compile(
    rb"\A\s*-{4,5} ?BEGIN (?P<type>(?:[A-Z0-9]+ ){0,3})PRIVATE KEY(?: BLOCK)? ?-{4,5}\s+(?P<secret>[A-Za-z0-9])"
)
_SETTING = re.compile(
    rb"(?m)^[ \t]*(?:-[ \t]+)?(?:export[ \t]+)?['\"]?(?P<name>[A-Za-z][\w.-]{2,60})['\"]?[ \t]*[:=][ \t]*"
    rb"(?P<secret>[^\s#'\"][^\s#]{5,200}|'[^'\n]{6,200}'|\"[^\"\n]{6,200}\")[ \t]*+(?:,[ \t]*+)?(?:#.*)?\r?$"
)
_BITS = 3.0


def named_secrets(path: str, content: bytes) -> Iterator[tuple[int, str, bytes]]:
    """Yield what a file holds because of its name, or because it is one key from beginning to end.

    Args:
        path: Its path.
        content: Its first bytes, all that are looked at.

    Yields:
        The place of the secret, its kind, and the secret.
    """
    if key := _KEY_FILE.match(content):
        yield key.start(), f"{key['type'].decode('ascii')}private key", b""
    name = path.rpartition("/")[2]
    known = _FILES.get("kubeconfig" if _KUBECONFIG.search(path) else name)
    if known is not None:
        for match in re.finditer(known[1], content):
            if known[0] == _HASH or not is_placeholder(match["secret"]):
                yield match.start("secret"), known[0], match["secret"]
    if name == ".env" or name.startswith(".env.") or name.endswith(_SETTINGS):
        yield from _settings(content, certain=name.startswith(".env") or name.endswith(".env"))


def _settings(content: bytes, *, certain: bool) -> Iterator[tuple[int, str, bytes]]:
    """Yield assignments to names of secrets; where files hold more than variables, only of random values."""
    for match in _SETTING.finditer(content):
        name, value = match["name"].decode("ascii"), match["secret"].strip(b"'\",")
        if not is_secret_name(name) or is_placeholder(value):
            continue
        if is_secret_variable(name, value.decode("utf-8", "replace")) if certain else looks_random(value, _BITS):
            yield match.start("secret"), f"value of {name}", value
