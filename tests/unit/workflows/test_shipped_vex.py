"""What is shipped about a wheel goes with the images that hold it, and with no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from nautiloid import catalog
from nautiloid.factory.lockfile import Lock, LockedWheel
from nautiloid.oci.attachment import Attachment
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import MANIFEST, Descriptor
from nautiloid.subjects.attached_vex import attached_statements
from nautiloid.vulns.vex.openvex import MEDIA_TYPE, read_openvex
from nautiloid.vulns.vex.statement import Status
from nautiloid.workflows.shipped_vex import attach_shipped_vex

from ..inspection.images import image_of


def _lock(version: str) -> Lock:
    return Lock.model_construct(wheels=(LockedWheel.model_construct(name="torch", version=version),))


def _image(tmp_path: Path) -> tuple[Layout, Descriptor]:
    with image_of(tmp_path / "image", []):
        store = Layout(tmp_path / "image/layout")
    digest = store.images()[0][1].digest
    return store, Descriptor(MANIFEST, digest, len(store.read_blob(digest)))


@pytest.mark.parametrize("path", catalog.vex_documents(), ids=lambda path: path.name)
def test_what_is_shipped_gives_its_reasons(path: Path) -> None:
    statements = read_openvex(path.read_bytes(), path.name)
    assert statements
    for one in statements:
        assert one.text
        assert bool(one.justification) is (one.status is Status.NOT_AFFECTED)
        # One version of one package: what is true of it need not be of the next.
        assert all("@" in name for product in one.products for name in product.identities)


def test_an_image_gets_what_is_shipped_about_its_wheels(tmp_path: Path) -> None:
    store, image = _image(tmp_path)
    attach_shipped_vex(store, image, _lock("2.13.1+cpu"))
    assert attached_statements(store, image.digest) == ()
    for _ in range(2):
        attach_shipped_vex(store, image, _lock("2.13.0+cpu"))
        assert len(attached_statements(store, image.digest)) == 9
    assert store.images()[0][1].digest == image.digest


def test_what_somebody_attached_stays(tmp_path: Path) -> None:
    store, image = _image(tmp_path)
    own = b'{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.org/own", "statements": []}'
    store.attach(Attachment(image, MEDIA_TYPE, own, {}))
    attach_shipped_vex(store, image, _lock("2.13.0+cpu"))
    assert attached_statements(store, image.digest) == ()
