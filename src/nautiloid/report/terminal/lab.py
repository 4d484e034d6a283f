"""What the lab made and measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from nautiloid.lab.result import LabResult
from nautiloid.report import words
from nautiloid.report.tables import Column, render_table
from nautiloid.report.terminal.comparison import measures_to_lines, side_by_side
from nautiloid.report.terminal.lines import plain
from nautiloid.report.vulnerabilities.counts import count


def lab_to_lines(result: LabResult, work: Path, *, width: int | None) -> list[Text]:
    """Return the lab's results; ``work`` is where its files are."""
    found = result.inspection
    programs = ", ".join(f"/{file.path}" for file in found.surface.executables)
    rows = [
        ["Image", f"{found.name}, {words.size(found.compressed)} compressed, {words.size(found.size)} in "
                  f"{found.files:,} files"],
        ["Packages", f"{len(found.of_kind('deb'))} Debian, {len(found.of_kind('pypi'))} Python"],
        ["Executables", f"{len(found.surface.executables)}: {programs}"],
        ["Shells, setuid files", f"{len(found.surface.shells)}, {len(found.surface.setuid)}"],
        ["Photos", result.photos],
        ["Training", f"{result.training_seconds:.1f} s in a hardened container ({result.engine})"],
        ["Validation accuracy", f"{result.accuracy:.1%}"],
        *([answer.image, f"{answer.label} ({answer.probability:.4f})"] for answer in result.answers),
    ]  # fmt: skip
    lines = render_table([Column("", fixed=True), Column("", wrap=True)], rows, width=width)[1:]
    if result.comparison is not None:
        lines += [Text(), *measures_to_lines(result.comparison, width=width), *_scans(result, width)]
        lines += plain([f"The whole comparison, for a browser: {work / 'report.html'}"], width)
    folder = work / "octopus-detector"
    ends = [f"Digest {result.digest}", f"Done in {result.seconds:.1f} s. The learner's folder is {folder}."]
    return [*lines, *plain(ends, width)]


def _scans(result: LabResult, width: int | None) -> list[Text]:
    if not result.scans:
        return plain(["Known vulnerabilities: no advisories here yet; 'nautiloid db update' brings them"], width)
    counts = [count(scan) for scan in result.scans]
    rows = [["All", *(f"{one.all:,}" for one in counts)], ["With a fix", *(f"{one.fixable:,}" for one in counts)]]

    def titled(names: Sequence[str]) -> list[Text]:
        titles = [Column(name, fixed=True, align="right") for name in names]
        return render_table([Column("Known vulnerabilities", fixed=True), *titles], rows, width=width)

    table = side_by_side([one.name for one in counts], titled, width)
    return [Text(), *table, *plain([f"Advisories as of {counts[0].advisories}"], width)]
