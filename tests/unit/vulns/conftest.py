from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .exports_server import ExportsServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ExportsServer]:
    (tmp_path / "bucket").mkdir()
    running = ExportsServer(tmp_path / "bucket")
    yield running
    running.close()
