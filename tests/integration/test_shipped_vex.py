"""What Nautiloid states about the catalog's PyTorch is true of the image, and counts in a scan of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nautiloid.inspection.image import inspect_image
from nautiloid.oci.source import open_image
from nautiloid.subjects.images import subject_of_inspection
from nautiloid.vulns.database.files import import_file
from nautiloid.vulns.model import State
from nautiloid.workflows.assess import Criteria, open_assessor
from nautiloid.workflows.shipped_vex import attach_shipped_vex

from ..conftest import Built

ADVISORIES = Path(os.environ.get("NAUTILOID_ADVISORIES", "/nonexistent"))
pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(
        not (ADVISORIES / "PyPI/all.zip").is_file(), reason="NAUTILOID_ADVISORIES holds no PyPI/all.zip"
    ),
]


def test_the_catalogs_torch_is_lifted_only_where_the_code_is_not_there(
    built: Callable[[str], Built], tmp_path: Path
) -> None:
    image = built("pytorch")
    if not any((wheel.name, wheel.version) == ("torch", "2.13.0+cpu") for wheel in image.lock.wheels):
        pytest.skip("the index has another torch by now, about which nothing is stated")
    attach_shipped_vex(image.layout, image.result.descriptor, image.lock)
    import_file(tmp_path / "db", ADVISORIES / "PyPI/all.zip", "PyPI")
    with open_image(image.result.reference, image.layout) as source:
        inspection = inspect_image(source, image.result.reference)
    (torch,) = [one for one in inspection.components if one.name == "torch" and not one.within]
    assert not [path for path in torch.files if "cuda" in path.rpartition("/")[2] and path.endswith(".so")]
    with open_assessor(tmp_path / "db", Criteria(), image.layout) as assessor:
        result = assessor.assess(subject_of_inspection(inspection))
    found = {finding.identity: finding for finding in result.findings if finding.package == "torch"}
    assert [identity for identity, finding in found.items() if finding.suppressed] == ["CVE-2025-3136"]
    assert {finding.state for finding in found.values()} == {State.UNCERTAIN}
    assert "affected" in found["CVE-2025-2148"].note
    assert inspection.skipped == ()
