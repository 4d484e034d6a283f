"""Reads the command lines of ``RUN`` as far as they can be read without a shell: which commands, with which words."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

_SEPARATORS = {"&&", "||", ";", "|", "&", "(", ")", ";;"}
_EXPANSIONS = "$`*?<>{}~"
_PREFIXES = {"sudo", "exec", "env", "time"}


def simple_commands(text: str) -> Iterator[tuple[str, ...]]:
    """Yield each simple command as its words; what cannot be split is yielded as one word.

    Args:
        text: A shell command line, or several lines.
    """
    for line in text.replace("\\\n", " ").splitlines():
        try:
            lexer = shlex.shlex(line, posix=True, punctuation_chars="();|&")
            lexer.whitespace_split = True
            words = list(lexer)
        except ValueError:
            yield (line.strip(),)
            continue
        command: list[str] = []
        for word in [*words, ";"]:
            if word in _SEPARATORS:
                if command:
                    yield tuple(_without_prefix(command))
                command = []
            else:
                command.append(word)


def plain_words(text: str) -> tuple[str, ...] | None:
    """Return the words of a command line that means the same without a shell; None where only a shell knows."""
    if any(char in text for char in _EXPANSIONS):
        return None
    commands = list(simple_commands(text))
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    if len(commands) != 1 or list(commands[0]) != _without_prefix(words) or not commands[0] or "=" in words[0]:
        return None
    return commands[0]


def _without_prefix(words: list[str]) -> list[str]:
    while words and (words[0] in _PREFIXES or ("=" in words[0] and not words[0].startswith(("-", "=")))):
        words = words[1:]
    return words
