"""Two inspections side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from nautiloid.errors import UsageError
from nautiloid.inspection.comparison import compare

from .images import File, inspect_files
from .test_image import ELF, LOCAL, _distribution


def test_measures_changes_and_what_came_and_went(tmp_path: Path) -> None:
    before = inspect_files(tmp_path / "a", [*_distribution(LOCAL, "x", "1.0"), *_distribution(LOCAL, "gone", "1"),
                                            File("bin/bash", ELF, 0o755), File("bin/tool", ELF, 0o755)])  # fmt: skip
    after = inspect_files(tmp_path / "b", [*_distribution(LOCAL, "x", "2.0"), *_distribution(LOCAL, "new", "1"),
                                           File("bin/tool", ELF, 0o755)])  # fmt: skip
    found = compare([before, after])
    assert found.measure("executables").values == (2, 1)
    assert found.measure("executables").change(1) == -50
    assert found.measure("setuid").change(1) == 0
    assert found.measure("shells").values == (1, 0)
    changes = [(c.name, c.before, c.after) for c in found.changes[0].components]
    assert changes == [("gone", "1", ""), ("new", "", "1"), ("x", "1.0", "2.0")]
    assert found.changes[0].executables_removed == ("bin/bash",)
    assert compare([after, before]).measure("shells").change(1) is None
    with pytest.raises(UsageError, match="no measure"):
        found.measure("beauty")
