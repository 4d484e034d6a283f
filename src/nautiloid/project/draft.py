"""A definition in the making, and how it is written down: every line with its origin, and what nobody understood."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from nautiloid.atomic import write_text
from nautiloid.errors import UsageError
from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.package_indexes import PackageIndex
from nautiloid.factory.package_sources import PackageSource
from nautiloid.project.facts import Note, Said
from nautiloid.project.health import HealthCheck
from nautiloid.project.probing import DraftedProbe
from nautiloid.project.project_files import ChosenFile

FILE = "nautiloid.yaml"


@dataclass
class Draft:
    """Everything that the definition will say; each value with its origin.

    Attributes:
        brought: Requirements that the base image fulfils; they are mentioned only.
        unknown: Modules for the user to find a distribution for.
        indexes: Python indexes beside pip's own.
        sources: Distributions that are built from source.
        packages: Debian packages, with remarks.
        refused: Debian packages that are left out, and why.
        left_out: Files that stay behind, and why.
        ports: What the program listens on.
        health: How an engine finds out whether it works.
        notes: What needs a person.
    """

    name: str
    summary: str
    extends: Said[str]
    entrypoint: Said[tuple[str, ...]]
    command: Said[tuple[str, ...]]
    workdir: Said[str]
    requirements: Sequence[Said[str]] = ()
    brought: Sequence[Said[str]] = ()
    unknown: Sequence[Said[str]] = ()
    indexes: Sequence[Said[PackageIndex]] = ()
    sources: Sequence[Said[PackageSource]] = ()
    packages: Sequence[Said[str]] = ()
    refused: Sequence[Said[str]] = ()
    files: Sequence[ChosenFile] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, Said[str]] = field(default_factory=dict)
    labels: Mapping[str, Said[str]] = field(default_factory=dict)
    user: Said[str] | None = None
    tmpfs: Sequence[Said[str]] = ()
    ports: Sequence[Said[str]] = ()
    health: Said[HealthCheck] | None = None
    probe: Said[DraftedProbe] | None = None
    notes: Sequence[Note] = ()

    def to_yaml(self) -> str:
        """Return the definition's text."""
        return "\n".join(line.rstrip() for line in self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield "# Written by `nautiloid init`. Every line says where it comes from; change what you know better, then"
        yield "#   nautiloid build && nautiloid run nautiloid/" + self.name
        if self.notes:
            yield "#"
            yield "# Please look at these:"
            yield from (f"#   {_one_line(note.origin)}: {_one_line(note.message)}" for note in self.notes)
        yield ""
        yield _line(f"extends: {_scalar(self.extends.value)}", self.extends.origin)
        yield f"name: {_scalar(self.name)}"
        # One printable line: a definition's summary is shown as it is.
        summary = "".join(letter if letter.isprintable() else " " for letter in self.summary)
        if summary:
            yield f"summary: {_scalar(summary)}"
        yield from self._debian()
        yield from self._python()
        yield from self._files()
        yield from self._image()
        yield from self._test()

    def _debian(self) -> Iterator[str]:
        if not (self.packages or self.refused):
            return
        yield ""
        yield "debian:" if self.packages else "# debian packages that the image does without:"
        if self.packages:
            yield "  packages:"
        yield from (_line(f"    - {_scalar(said.value)}", said.origin) for said in self.packages)
        yield from (_line(f"    # - {_one_line(said.value)}", said.origin) for said in self.refused)

    def _python(self) -> Iterator[str]:
        if self.requirements or self.brought or self.unknown:
            yield ""
        if self.requirements or self.indexes:
            yield "python:"
        yield from self._origins()
        if self.requirements:
            yield "  requirements:"
            yield from (_line(f"    - {_scalar(said.value)}", said.origin) for said in self.requirements)
        for said in self.brought:
            yield f"    # {_one_line(said.value)} ({_one_line(said.origin)}) comes with {self.extends.value}"
        for said in self.unknown:
            module = _one_line(said.value)
            yield f"    # - ?  # {_one_line(said.origin)} imports {module}: which distribution brings it?"

    def _origins(self) -> Iterator[str]:
        for key, entries in (("indexes", self.indexes), ("sources", self.sources)):
            if entries:
                yield f"  {key}:"
            for said in entries:
                # JSON is YAML, and escapes whatever a project may have put there.
                yield _line(f"    - {json.dumps(said.value.model_dump(exclude_defaults=True))}", said.origin)

    def _files(self) -> Iterator[str]:
        if self.files or self.left_out:
            yield ""
        if self.files:
            yield "files:"
        for one in self.files:
            yield _line(f"  - from: {_scalar(one.source)}", one.origin)
            yield f"    to: {_scalar(str(one.to))}"
            if one.exclude:
                yield f"    exclude: [{', '.join(_quoted(glob) for glob in one.exclude)}]"
        yield from (
            f"  # {_one_line(path)} stays behind: {_one_line(why)}" for path, why in sorted(self.left_out.items())
        )

    def _image(self) -> Iterator[str]:
        yield ""
        yield "image:"
        yield _line(f"  entrypoint: {_words(self.entrypoint.value)}", self.entrypoint.origin)
        if self.command.value:
            yield _line(f"  command: {_words(self.command.value)}", self.command.origin)
        yield _line(f"  workdir: {_scalar(self.workdir.value)}", self.workdir.origin)
        if self.user is not None:
            yield _line(f"  user: {_quoted(self.user.value)}", self.user.origin)
        for key, values in (("env", self.env), ("labels", self.labels)):
            if values:
                yield f"  {key}:"
                for name, said in values.items():
                    yield _line(f"    {_scalar(name)}: {_quoted(said.value)}", said.origin)
        if self.tmpfs:
            yield "  tmpfs:"
            yield from (_line(f"    - {_scalar(said.value)}", said.origin) for said in self.tmpfs)
        if self.ports:
            yield "  ports:"
            yield from (_line(f"    - {_quoted(said.value)}", said.origin) for said in self.ports)
        if self.health is not None:
            check = self.health.value
            yield _line("  healthcheck:", self.health.origin)
            yield f"    command: {_words(check.command)}"
            times = {"interval": check.interval, "timeout": check.timeout, "start_period": check.start_period}
            yield from (f"    {name}: {value:g}" for name, value in times.items() if value is not None)
            if check.retries is not None:
                yield f"    retries: {check.retries}"

    def _test(self) -> Iterator[str]:
        if self.probe is None:
            return
        probe = self.probe.value
        yield ""
        yield "test:"
        yield _line("  probe:", self.probe.origin)
        if probe.port:
            yield f"    http: {{port: {probe.port}, path: {_quoted(probe.path)}}}"
        else:
            yield f"    arguments: {_words(probe.arguments)}"


def check_draft(text: str) -> None:
    """Load the text as a definition would be.

    Raises:
        DefinitionError: It does not hold; the message lists everything that is wrong.
    """
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / FILE
        path.write_text(text, encoding="utf-8")
        load_definition(str(path))


def write_draft(text: str, directory: Path, *, force: bool) -> Path:
    """Write the definition, which appears only when it is whole and valid.

    Args:
        text: What ``Draft.to_yaml`` returned.
        directory: The project's directory.
        force: Replace a definition that is there.

    Raises:
        UsageError: There is a definition already.
        DefinitionError: The text is no valid definition.
    """
    path = directory / FILE
    check_draft(text)
    try:
        write_text(path, text, replace=force)
    except FileExistsError as error:
        raise UsageError(f"{path} exists.", "Replace it with --force, or look at a new one with --print.") from error
    return path


def _line(text: str, origin: str) -> str:
    return f"{text}  # {_one_line(origin)}" if origin else text


def _words(words: Sequence[str]) -> str:
    return "[" + ", ".join(_quoted(word) for word in words) + "]"


def _quoted(value: str) -> str:
    """Return a string in YAML's double quotes; what cannot be seen is escaped, for PyYAML would fold some of it."""
    readable = value.isprintable()
    return yaml.safe_dump(value, default_style='"', allow_unicode=readable, width=float("inf")).rstrip("\n")


def _scalar(value: str) -> str:
    """Return a string as YAML that reads back as that very string, without quotes where it needs none."""
    plain = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=float("inf"))
    first = plain.removesuffix("...\n").rstrip("\n")
    return first if value.isprintable() and "\n" not in first and " #" not in first else _quoted(value)


def _one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
