"""The syntax of a Dockerfile: instructions, stages, variables. What they mean is ``dockerfile``'s matter.

Source: docs.docker.com, "Dockerfile reference". Own code, because the one parser in pure Python (dockerfile-parse)
knows no here-documents, and BuildKit's own is a Go library.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_DIRECTIVE = re.compile(r"#\s*(?P<name>\w+)\s*=\s*(?P<value>\S+)\s*$")
_HEREDOC = re.compile(r"<<-?\s*(?P<quote>[\"']?)(?P<word>\w+)(?P=quote)")
_FLAG = re.compile(r"--(?P<name>[a-z-]+)(?:=(?P<value>\S+))?\s*")
_VARIABLE = re.compile(
    r"\\(?P<escaped>\$)|\$(?:(?P<plain>\w+)|\{(?P<braced>\w+)(?:(?P<operator>:?[-+])(?P<word>[^}]{0,4096}))?\})"
)


@dataclass(frozen=True)
class Instruction:
    """One instruction.

    Attributes:
        name: In upper case.
        value: What follows, continued lines joined, flags taken off.
        line: Number of its first line.
        flags: ``--name=value`` before the value.
        documents: The here-documents that belong to it.
    """

    name: str
    value: str
    line: int
    flags: Mapping[str, str]
    documents: tuple[str, ...] = ()

    @property
    def exec_form(self) -> tuple[str, ...] | None:
        """The words of the JSON form (``["python", "x.py"]``); None for the shell form."""
        try:
            words = json.loads(self.value)
        except ValueError:
            return None
        is_list = isinstance(words, list) and all(isinstance(word, str) for word in words)
        return tuple(words) if is_list else None


@dataclass(frozen=True)
class Stage:
    """A ``FROM`` and what follows it; ``name`` is what ``AS`` calls it, or empty."""

    image: str
    name: str
    line: int
    instructions: tuple[Instruction, ...]


def parse(text: str) -> tuple[tuple[Instruction, ...], tuple[Stage, ...]]:
    """Return the ``ARG`` instructions before the first stage, and the stages in order."""
    head: list[Instruction] = []
    stages: list[tuple[Instruction, list[Instruction]]] = []
    for instruction in _instructions(text):
        if instruction.name == "FROM":
            stages.append((instruction, []))
        elif stages:
            stages[-1][1].append(instruction)
        else:
            head.append(instruction)
    return tuple(head), tuple(_stage(start, inner) for start, inner in stages)


def substitute(text: str, variables: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Fill in ``$NAME`` and ``${NAME:-word}``.

    Returns:
        The text, and the names of those variables that have no value here; they stay as they are written.
    """
    unknown: list[str] = []

    def fill(match: re.Match[str]) -> str:
        if match["escaped"]:
            return "$"
        name, operator, word = match["plain"] or match["braced"], match["operator"] or "", match["word"] or ""
        value = variables.get(name)
        present = bool(value) if operator.startswith(":") else value is not None
        if operator.endswith("+"):
            return word if present else ""
        if value is not None and (present or not operator):
            return value
        if operator.endswith("-"):
            return word
        unknown.append(name)
        return match[0]

    return _VARIABLE.sub(fill, text), tuple(unknown)


def _stage(start: Instruction, inner: list[Instruction]) -> Stage:
    image, _, rest = start.value.partition(" ")
    words = rest.split()
    name = words[1] if len(words) == 2 and words[0].lower() == "as" else ""
    return Stage(image, name.lower(), start.line, tuple(inner))


def _instructions(text: str) -> Iterator[Instruction]:
    lines = list(enumerate(text.splitlines(), 1))
    escape = _escape(text)
    while lines:
        number, line = lines.pop(0)
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        whole = line.strip()
        while whole.endswith(escape) and lines:
            _, following = lines.pop(0)
            if following.lstrip().startswith("#"):
                continue  # a comment between continued lines does not end them
            whole = whole[: -len(escape)].rstrip() + " " + following.strip()
        yield _instruction(whole.removesuffix(escape).strip(), number, lines)


def _instruction(whole: str, number: int, lines: list[tuple[int, str]]) -> Instruction:
    name, _, value = whole.partition(" ")
    name, value = name.upper(), value.strip()
    documents = []
    if name in ("RUN", "COPY", "ADD"):
        for match in _HEREDOC.finditer(value):
            body = []
            while lines and (line := lines.pop(0)[1]).strip() != match["word"]:
                body.append(line)
            documents.append("\n".join(body))
    flags = {}
    while (flag := _FLAG.match(value)) is not None and name not in ("CMD", "ENTRYPOINT", "ENV", "LABEL"):
        flags[flag["name"]] = flag["value"] or ""
        value = value[flag.end() :]
    return Instruction(name, value, number, flags, tuple(documents))


def _escape(text: str) -> str:
    """Return the line continuation character; directives stand before everything else."""
    for line in text.splitlines():
        directive = _DIRECTIVE.match(line.strip())
        if directive is None:
            break
        if directive["name"].lower() == "escape":
            return directive["value"]
    return "\\"
