"""What patching an image did, or would do."""

from __future__ import annotations

from rich.text import Text

from nautiloid.patching.result import PatchResult
from nautiloid.report import words
from nautiloid.report.tables import Column, render_table
from nautiloid.report.terminal.lines import heading, plain
from nautiloid.report.vulnerabilities.counts import count
from nautiloid.report.vulnerabilities.table import coverage


def patch_to_lines(result: PatchResult, *, width: int | None, dry_run: bool) -> list[Text]:
    """Return what was done; notes are left to the caller, since they belong on standard error.

    Args:
        result: What patching did.
        width: Cells of the terminal; None for a pipe.
        dry_run: Nothing was to be written.
    """
    columns = [Column("Package", fixed=True), Column("From", fixed=True), Column("To", fixed=True)]
    rows = [[one.name, one.before or "new", one.after] for one in result.patched]
    lines = render_table(columns, rows, width=width)
    kept = [f"{path} ({one.name})" for one in result.patched for path in one.kept]
    if kept:
        lines += [*heading("Kept as somebody edited them", len(kept)), *plain(kept, width, indent=2)]
    if result.refused:
        lines += heading("Refused: a fix exists, and cannot be put in place safely", len(result.refused))
        refusals = (
            f"{one.name} {one.before} -> {one.after or '?'}: {'; '.join(one.reasons[:3])}" for one in result.refused
        )
        lines += plain(refusals, width, indent=2)
    apart = [Text()] if lines else []
    return [*lines, *apart, *plain([coverage(result.before), *_sums(result, dry_run)], width)]


def _sums(result: PatchResult, dry_run: bool) -> list[str]:
    before = count(result.before)
    lines = [f"before: {words.counted(before.all, 'vulnerability')}, {before.fixable:,} with a fix"]
    packages = words.counted(len(result.patched), "package")
    if result.after is not None and result.image is not None:
        after = count(result.after)
        return [
            *lines,
            f"after:  {words.counted(after.all, 'vulnerability')}, {after.fixable:,} with a fix",
            f"{packages} in one layer of {words.size(result.size)}",
            f"{result.reference}@{result.image.digest}",
        ]
    if dry_run:
        return [*lines, f"{packages} would be replaced; nothing was written"]
    return [*lines, "nothing could be fixed; no image was made"]
