"""What moving an image between stores did."""

from __future__ import annotations

from rich.text import Text

from nautiloid.registry.transfer import Transferred
from nautiloid.report import words


def transfer_to_lines(name: str, moved: Transferred) -> list[Text]:
    """Return what was moved, and the name with its digest."""
    parts = [f"{words.size(moved.sent)} moved", f"{words.size(moved.present)} already there"]
    if moved.mounted:
        parts.insert(1, f"{words.size(moved.mounted)} mounted from another repository")
    return [Text(", ".join(parts)), Text(f"{name.partition('@')[0]}@{moved.digest}")]
