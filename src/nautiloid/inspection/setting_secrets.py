"""Secrets in the configuration of an image: environment, labels, commands and build history."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

from nautiloid.inspection.inventory import Risk, Weakness
from nautiloid.inspection.secrets.placeholders import is_placeholder
from nautiloid.inspection.secrets.search import secrets_in
from nautiloid.inspection.secrets.variables import is_secret_variable
from nautiloid.oci.image import Image

_NAME = re.compile(r"-{0,2}(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)")
_LOGIN = re.compile(r"[^:\s]+:(?P<secret>[^:\s/][^\s/]{3,})")
_LOGIN_OPTIONS = ("-u", "--user", "--proxy-user")


def find_setting_secrets(image: Image) -> Iterator[Weakness]:
    """Yield what looks like a secret, once for each place; the secret itself is not in it."""
    config = image.config
    for assignment in config.env:
        name, _, value = assignment.partition("=")
        for kind in _kinds(name, value):
            yield Weakness(
                "secret-in-environment", Risk.HIGH, "A secret in the environment", f"configuration: Env {name}",
                f"{name} is set in the image to what looks like a {kind}; whoever can pull it can read it",
                "Take it out, replace the secret, and give the new one at run time.",
            )  # fmt: skip
    labels = {**image.manifest.annotations, **config.labels}
    for name, value in sorted(labels.items()):
        for kind in _kinds(name.rpartition(".")[2], value):
            yield Weakness(
                "secret-in-label", Risk.HIGH, "A secret in a label", f"configuration: Labels {name}",
                f"the label holds what looks like a {kind}; whoever can pull the image can read it",
                "Take it out, and replace the secret.",
            )  # fmt: skip
    for where, words in (("Entrypoint", config.entrypoint), ("Cmd", config.cmd)):
        for kind in _in_words(words):
            yield Weakness(
                "secret-in-command", Risk.HIGH, "A secret in the command", f"configuration: {where}",
                f"the command holds what looks like a {kind}; whoever can pull the image can read it",
                "Take it out, replace the secret, and let the program read the new one from its environment or a file.",
            )  # fmt: skip
    for number, entry in enumerate(config.history, 1):
        for text in (entry.created_by, entry.comment):
            for kind in _in_words(_words(text)):
                name = kind.removeprefix("value of ")
                yield Weakness(
                    "secret-in-history", Risk.HIGH, "A secret in the build history", f"history: {name}",
                    f"build step {number} was given what looks like a {kind}; "
                    "the history keeps it for whoever can pull the image",
                    "Build with a mounted secret (RUN --mount=type=secret), and replace the one that leaked.",
                )  # fmt: skip


def _kinds(name: str, value: str) -> tuple[str, ...]:
    """Return the kinds of secret in a value; the name counts where no form is known."""
    found = dict.fromkeys(_told(value))
    if not found and is_secret_variable(name, value) and not is_placeholder(value.encode()):
        found[f"value of {name}"] = None
    return tuple(found)


def _told(text: str) -> list[str]:
    return [f"{secret.kind}, {secret.shown}" if secret.shown else secret.kind for secret in secrets_in(text)]


def _in_words(words: Sequence[str]) -> tuple[str, ...]:
    """Return the kinds of secret in a command: by their form, as ``NAME=value``, and as ``--password value``."""
    found = dict.fromkeys(_told(" ".join(words)))
    for word, following in zip(words, (*words[1:], ""), strict=False):
        name, equals, value = word.partition("=")
        match = _NAME.fullmatch(name)
        if word in _LOGIN_OPTIONS and (login := _LOGIN.fullmatch(following)):
            if not is_placeholder(login["secret"].encode()) and not login["secret"].startswith("$"):
                found["login that a command was given"] = None
        elif match is not None and (equals or word.startswith("--")):
            given = value.strip("\"';") if equals else "" if following.startswith("-") else following
            if is_secret_variable(match["name"], given) and not is_placeholder(given.encode()):
                found[f"value of {match['name']}"] = None
    return tuple(found)


def _words(text: str) -> list[str]:
    """Split a line of history as a shell would; one that is no command at its blanks."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
