"""What can go of an image, and whether the rest still does the work."""

from __future__ import annotations

from rich.text import Text

from nautiloid.report import words
from nautiloid.report.tables import Column, render_table
from nautiloid.report.terminal.lines import plain
from nautiloid.workflows.slim import Traced
from nautiloid.workflows.slim_proof import Proof

_SHOWN = 25


def removable_to_lines(traced: Traced, site: str, *, width: int | None) -> list[Text]:
    """Return the largest removals.

    Args:
        traced: What a trace has shown.
        site: The image's site-packages directory, which definitions write as ``{site}``.
        width: Cells of the terminal; None for a pipe.
    """
    removable = traced.removable
    found = [(one.component, item) for one in removable.proposals for item in one.removals]
    found.sort(key=lambda pair: -pair[1].size)
    columns = [Column("Component", fixed=True), Column("Can go", fixed=True),
               Column("Files", fixed=True, align="right"), Column("Bytes", fixed=True, align="right")]  # fmt: skip
    rows = [[name, item.shown(site), f"{item.files:,}", words.size(item.size)] for name, item in found[:_SHOWN]]
    more = [f"... and {len(found) - len(rows):,} more"] if len(found) > len(rows) else []
    total = sum(one.size for one in removable.proposals)
    sums = f"{traced.paths:,} paths were used; {words.size(total)} of {words.size(removable.size)} can go"
    return [*render_table(columns, rows, width=width), *plain(more, width), *plain([sums], width)]


def proof_to_lines(proof: Proof) -> list[Text]:
    """Return what the proof shows; where answers differ it shows nothing, and that is left to the caller."""
    unsteady = [f"Proves nothing, since two runs of the full image differ in it: {item}" for item in proof.unsteady]
    sums = f"{proof.name}: same answers, {words.size(proof.before)} -> {words.size(proof.after)} compressed"
    return [Text(words.printable(line)) for line in (*unsteady, *([] if proof.differences else [sums]))]
