"""One judgement: scan, patch, update and the lab say the same of one image with an attached VEX and an ignore file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nautiloid.debian.mirrors import Mirrors
from nautiloid.factory.lockfile import write_lock
from nautiloid.oci.layout import Layout
from nautiloid.vulns.model import ScanResult
from nautiloid.vulns.vex.openvex import add_statement
from nautiloid.vulns.vex.statement import Product, Statement, Status
from nautiloid.workflows.assess import Criteria
from nautiloid.workflows.attaching import attach_vex
from nautiloid.workflows.inspecting import inspect
from nautiloid.workflows.locking import lock_places
from nautiloid.workflows.patch import patch
from nautiloid.workflows.scan import scan, scan_inspections
from nautiloid.workflows.update import UpdateCriteria, updates_of
from nautiloid.workflows.workspace import Workspace

from ..debian.conftest import Signer
from ..patching.workshop import Debs, Workshop

pytestmark = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg is not installed")

PACKAGES = ("harmful", "lifted", "lived-with")


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """A workshop with three packages that all have a fix: one counts, VEX lifts one, and an ignore file one."""
    (tmp_path / "debs").mkdir()
    made = Workshop(tmp_path, Signer.generate(), Debs(tmp_path / "debs"))
    monkeypatch.setenv("NAUTILOID_DEBIAN_KEYRING", str(made.archive.write_keyring(tmp_path / "keyring.pgp")))
    made.publish(*(made.deb(name, "1.0") for name in PACKAGES))
    made.advise(**dict.fromkeys(PACKAGES, "1.1"))
    return made


@pytest.fixture
def workspace(workshop: Workshop) -> Workspace:
    return Workspace(workshop.store, workshop.place / "cache")


@pytest.fixture
def criteria(workshop: Workshop) -> Criteria:
    path = workshop.place / "ignore.yaml"
    path.write_text("ignore:\n  - id: DEBIAN-CVE-2026-lived-with\n    reason: nobody can reach it\n")
    return Criteria.read(ignore_files=[path])


def _attach(workshop: Workshop, workspace: Workspace, image: str) -> None:
    store: Layout = workshop.store
    document = workshop.place / f"{image.replace(':', '-')}.openvex.json"
    product = Product((store.resolve(image).digest,), ("pkg:deb/debian/lifted",))
    statement = Statement(
        ("DEBIAN-CVE-2026-lifted",), (product,), Status.NOT_AFFECTED, "vulnerable_code_not_present", "", "", ""
    )
    add_statement(document, statement, "me@example.com")
    attach_vex(image, document, workspace)


def _judged(result: ScanResult | None) -> tuple[set[str], set[str]]:
    """Return the packages whose findings count, and those whose findings are lifted."""
    assert result is not None
    return {one.package for one in result.open}, {one.package for one in result.suppressed}


EXPECTED = ({"harmful"}, {"lifted", "lived-with"})


def test_scan_patch_update_and_lab_agree(
    workshop: Workshop, workspace: Workspace, criteria: Criteria, tmp_path: Path
) -> None:
    mirrors = Mirrors(workshop.archive.base, workshop.archive.base)
    definition = tmp_path / "app.yaml"
    definition.write_text(f"name: app\nsummary: three packages\ndebian:\n  packages: [{', '.join(PACKAGES)}]\n")
    (place,) = lock_places(str(definition))
    with workspace.fetching() as fetcher:
        lock = place.resolve(fetcher, mirrors).lock
    write_lock(lock, place.path)
    debs = [workshop.deb(name, "1.0") for name in PACKAGES]
    workshop.image(*debs)
    workshop.image(*debs, lock=lock.digest, reference="app:1")
    for image in ("image:1", "app:1"):
        _attach(workshop, workspace, image)
    workshop.publish(*(workshop.deb(name, "1.1") for name in PACKAGES))
    database = workshop.database

    for image in ("image:1", "app:1"):
        assert _judged(scan(image, workspace, criteria, database=database)) == EXPECTED
        (of_the_lab,) = scan_inspections([inspect(image, workspace)], workspace, criteria, database)
        assert _judged(of_the_lab) == EXPECTED

    patched = patch("image:1", "image:2", workspace, criteria, database=database, mirrors=mirrors)
    assert _judged(patched.before) == EXPECTED
    assert [one.name for one in patched.patched] == ["harmful"]
    assert workshop.versions("image:2") == {"harmful": "1.1", "lifted": "1.0", "lived-with": "1.0"}

    wanted = UpdateCriteria(only_security=True, criteria=criteria, database=database, mirrors=mirrors)
    (update,) = updates_of(str(definition), workspace, wanted)
    assert _judged(update.update.before) == EXPECTED
    assert [change.name for change in update.update.changes] == ["harmful"]


def test_without_vex_and_ignore_file_all_three_count(workshop: Workshop, workspace: Workspace) -> None:
    workshop.image(*(workshop.deb(name, "1.0") for name in PACKAGES))
    workshop.publish(*(workshop.deb(name, "1.1") for name in PACKAGES))
    assert _judged(scan("image:1", workspace, database=workshop.database)) == (set(PACKAGES), set())
    mirrors = Mirrors(workshop.archive.base, workshop.archive.base)
    patched = patch("image:1", "image:2", workspace, database=workshop.database, mirrors=mirrors)
    assert {one.name for one in patched.patched} == set(PACKAGES)


def test_what_was_lifted_for_one_digest_is_open_in_the_patched_image_and_that_is_said(
    workshop: Workshop, workspace: Workspace, criteria: Criteria
) -> None:
    workshop.image(*(workshop.deb(name, "1.0") for name in PACKAGES))
    _attach(workshop, workspace, "image:1")
    workshop.publish(*(workshop.deb(name, "1.1") for name in PACKAGES))
    mirrors = Mirrors(workshop.archive.base, workshop.archive.base)
    patched = patch("image:1", "image:2", workspace, criteria, database=workshop.database, mirrors=mirrors)
    assert _judged(patched.after) == ({"lifted"}, {"lived-with"})
    assert any("DEBIAN-CVE-2026-lifted" in note and "open in the new image" in note for note in patched.notes)
