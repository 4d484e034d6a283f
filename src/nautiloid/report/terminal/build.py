"""What a build made, layer by layer."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from nautiloid.factory.build import BuildResult
from nautiloid.report import words
from nautiloid.report.tables import Column, render_table
from nautiloid.report.terminal.lines import plain
from nautiloid.selftest.report import SelfTestReport
from nautiloid.workflows.build import Built


def build_to_lines(built: Built, *, width: int | None) -> list[Text]:
    """Return what was built and how its self-test went; names with digests come last."""
    lines: list[Text] = []
    if not built.results:
        lines += plain(["Unchanged: the image was built from this very lock (--rebuild builds it again)"], width)
    for result in built.results:
        lines += _layers(result, width)
    if built.results:
        lines += plain([_selftest(built.tests)], width)
    return [*lines, *names_to_lines(built)]


def names_to_lines(built: Built) -> list[Text]:
    """Return only what was built: names with digests."""
    return [Text(name) for name in _names(built)]


def _layers(result: BuildResult, width: int | None) -> list[Text]:
    columns = [Column("Layer", fixed=True), Column("Content", fixed=True, align="right"),
               Column("Compressed", fixed=True, align="right"), Column("", fixed=True)]  # fmt: skip
    rows = [
        [layer.name, words.size(layer.content_size), words.size(layer.size), "reused" if layer.reused else ""]
        for layer in result.layers
    ]
    saved = sum(effect.bytes for effect in result.effects)
    debs = words.counted(result.debs, "Debian package")
    distributions = words.counted(result.distributions, "Python distribution")
    sums = [f"{debs}, {distributions}, {words.size(result.size)} compressed; slimming left out {words.size(saved)}"]
    if result.shared is not None:
        moved = words.size(result.size - result.shared)
        sums.append(f"A push after the previous build moves {moved}; {words.size(result.shared)} stay")
    return [*render_table(columns, rows, width=width), *plain(sums, width)]


def _selftest(tests: SelfTestReport | None) -> str:
    if tests is None:
        return "Self-test: none, as asked"
    where = f" in {tests.engine}" if tests.engine else ""
    passed = [f"passed {words.counted(len(tests.outcomes), 'check')}{where}"] if tests.outcomes else []
    return f"Self-test: {'; '.join([*passed, *tests.not_run])}"


def _names(built: Built) -> Iterable[str]:
    for image in built.images:
        yield f"{built.reference}@{image.digest}"
    if built.index:
        yield f"{built.reference}@{built.index} (index of {len(built.images)} images)"
