"""What is wrong with a file that says it is ELF."""

from __future__ import annotations


class ElfError(ValueError):
    """It is not ELF, or an offset leads out of it, or a table does not end."""
