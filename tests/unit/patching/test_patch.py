"""Patching whole images: real packages, a signed archive in a directory, an index on this machine, and advisories."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from nautiloid import labels
from nautiloid.errors import UsageError
from nautiloid.patching.result import Patched, Refused
from nautiloid.vulns.model import ScanResult

from ..debian.conftest import Signer
from ..inspection.images import File
from ..updating.test_cool_down import Index
from ..vulns.exports_server import record
from .test_wheels import SITE, _distribution
from .workshop import MAKES_FILES, SCRIPT, Debs, Workshop

pytestmark = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg is not installed")


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer.generate()


@pytest.fixture(scope="module")
def debs(tmp_path_factory: pytest.TempPathFactory) -> Debs:
    return Debs(tmp_path_factory.mktemp("debs"))


@pytest.fixture
def workshop(tmp_path: Path, signer: Signer, debs: Debs, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    made = Workshop(tmp_path, signer, debs)
    monkeypatch.setenv("NAUTILOID_DEBIAN_KEYRING", str(made.archive.write_keyring(tmp_path / "keyring.pgp")))
    return made


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    running = Index()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("CONFIG_FILE", "/dev/null"), ("INDEX_URL", running.url), ("NO_CACHE_DIR", "1"),
                            ("EXTRA_INDEX_URL", ""), ("FIND_LINKS", "")):  # fmt: skip
            patch.setenv(f"PIP_{name}", value)
        yield running
    running.close()


def _open(result: ScanResult | None) -> set[str]:
    assert result is not None
    return {finding.package for finding in result.open}


def test_what_has_a_fix_and_no_scripts_is_replaced_and_the_new_image_no_longer_has_it(workshop: Workshop) -> None:
    workshop.image(workshop.deb("good", "1.0"), workshop.deb("other", "1.0"))
    workshop.publish(workshop.deb("good", "1.1"), workshop.deb("other", "1.1"))
    workshop.advise(good="1.1")
    result = workshop.patch()
    assert result.patched == (Patched("deb", "good", "1.0", "1.1"),)
    assert result.refused == ()
    assert (_open(result.before), _open(result.after)) == ({"good"}, set())
    assert workshop.versions("image:2") == {"good": "1.1", "other": "1.0"}, "what has no advisory stays"
    assert workshop.hash_of("image:2", "usr/share/good/data") == hashlib.sha256(b"good 1.1\n").hexdigest()


def test_the_new_image_is_the_old_one_with_one_more_layer(workshop: Workshop) -> None:
    workshop.image(workshop.deb("good", "1.0"))
    workshop.publish(workshop.deb("good", "1.1"))
    workshop.advise(good="1.1")
    result = workshop.patch()
    old, new = workshop.store.resolve("image:1"), workshop.store.resolve("image:2")
    assert result.image is not None
    assert (result.image.digest, result.size) == (new.digest, new.manifest.layers[-1].size)
    assert new.manifest.layers[:-1] == old.manifest.layers
    assert new.config.diff_ids[:-1] == old.config.diff_ids
    assert new.manifest.annotations == {"org.example": "theirs", labels.PATCHED_FROM: old.digest}
    assert (new.config.created, new.config.history[-1].created) == (old.config.created, "2026-01-02T03:04:05Z")
    assert new.config.history[-1].created_by.endswith("patch: 1 packages")


def test_scripts_that_are_the_same_and_make_nothing_are_safe(workshop: Workshop) -> None:
    workshop.image(workshop.deb("good", "1.0", {"postinst": SCRIPT}))
    workshop.publish(workshop.deb("good", "1.1", {"postinst": SCRIPT}))
    workshop.advise(good="1.1")
    assert [one.name for one in workshop.patch().patched] == ["good"]


def test_what_has_unsafe_scripts_is_refused_with_the_reason_and_stays(workshop: Workshop) -> None:
    workshop.image(
        workshop.deb("good", "1.0"), workshop.deb("new", "1.0"), workshop.deb("maker", "1.0", {"postinst": MAKES_FILES})
    )
    workshop.publish(
        workshop.deb("good", "1.1"), workshop.deb("new", "1.1", {"postinst": SCRIPT}),
        workshop.deb("maker", "1.1", {"postinst": MAKES_FILES}),
    )  # fmt: skip
    workshop.advise(good="1.1", new="1.1", maker="1.1")
    result = workshop.patch()
    makes = "maker: its postinst makes something out of its files (update-ca-certificates)"
    assert result.refused == (
        Refused("deb", "maker", "1.0", "1.1", (makes,)),
        Refused("deb", "new", "1.0", "1.1", ("new: its postinst is new",)),
    )
    assert [one.name for one in result.patched] == ["good"]
    assert _open(result.after) == {"maker", "new"}
    assert workshop.versions("image:2") == {"good": "1.1", "maker": "1.0", "new": "1.0"}
    assert workshop.hash_of("image:2", "usr/share/maker/data") == workshop.hash_of("image:1", "usr/share/maker/data")


def test_where_all_is_refused_there_is_no_new_image(workshop: Workshop) -> None:
    workshop.image(workshop.deb("new", "1.0"))
    workshop.publish(workshop.deb("new", "1.1", {"postinst": SCRIPT}))
    workshop.advise(new="1.1")
    before = workshop.stored()
    result = workshop.patch()
    assert (len(result.refused), result.patched, result.image, result.after) == (1, (), None, None)
    assert workshop.stored() == before


def test_what_the_user_allows_is_replaced_in_spite_of_its_scripts(workshop: Workshop) -> None:
    workshop.image(workshop.deb("new", "1.0"))
    workshop.publish(workshop.deb("new", "1.1", {"postinst": SCRIPT}))
    workshop.advise(new="1.1")
    result = workshop.patch(allowed=frozenset({"new"}))
    assert (result.patched, result.refused) == ((Patched("deb", "new", "1.0", "1.1"),), ())
    assert _open(result.after) == set()


def test_what_a_fix_needs_is_brought_along_also_where_it_is_new(workshop: Workshop) -> None:
    workshop.image(workshop.deb("good", "1.0"), workshop.deb("lib", "1.0"), workshop.deb("other", "1.0"))
    workshop.publish(
        workshop.deb("good", "1.1", Depends="lib (>= 1.1), fresh"), workshop.deb("lib", "1.1"),
        workshop.deb("fresh", "3.0"), workshop.deb("other", "1.1"),
    )  # fmt: skip
    workshop.advise(good="1.1")
    result = workshop.patch()
    assert result.patched == (
        Patched("deb", "fresh", "", "3.0"), Patched("deb", "good", "1.0", "1.1"), Patched("deb", "lib", "1.0", "1.1")
    )  # fmt: skip
    assert workshop.versions("image:2") == {"fresh": "3.0", "good": "1.1", "lib": "1.1", "other": "1.0"}


def test_a_fix_that_needs_an_unsafe_package_is_refused_and_so_names_that_one(workshop: Workshop) -> None:
    workshop.image(workshop.deb("good", "1.0"), workshop.deb("lib", "1.0"))
    workshop.publish(
        workshop.deb("good", "1.1", Depends="lib (>= 1.1)"), workshop.deb("lib", "1.1", {"postinst": SCRIPT})
    )
    workshop.advise(good="1.1")
    result = workshop.patch()
    assert result.refused == (Refused("deb", "good", "1.0", "1.1", ("lib: its postinst is new",)),)
    assert result.image is None


def test_a_fix_that_the_archive_does_not_have_yet_is_refused(workshop: Workshop) -> None:
    good = workshop.deb("good", "1.0")
    workshop.image(good)
    workshop.publish(good)
    workshop.advise(good="1.1")
    result = workshop.patch()
    assert result.refused == (Refused("deb", "good", "1.0", "", ("the archive has no newer version",)),)
    assert result.image is None


def test_an_edited_configuration_file_stays_and_is_named(workshop: Workshop) -> None:
    files = {"etc/good.conf": "delivered\n", "conffiles": "/etc/good.conf\n"}
    workshop.image(workshop.deb("good", "1.0", files), files=[File("etc/good.conf", b"edited\n")])
    workshop.publish(workshop.deb("good", "1.1", {**files, "etc/good.conf": "newer\n"}))
    workshop.advise(good="1.1")
    assert workshop.patch().patched == (Patched("deb", "good", "1.0", "1.1", ("/etc/good.conf",)),)
    assert workshop.texts("image:2")["etc/good.conf"] == "edited\n"


def test_a_dry_run_says_the_same_and_writes_nothing(workshop: Workshop) -> None:
    workshop.image(workshop.deb("good", "1.0"), workshop.deb("new", "1.0"))
    workshop.publish(workshop.deb("good", "1.1"), workshop.deb("new", "1.1", {"postinst": SCRIPT}))
    workshop.advise(good="1.1", new="1.1")
    before = workshop.stored()
    dry = workshop.patch(write=False)
    assert workshop.stored() == before
    assert (dry.image, dry.size, dry.after) == (None, 0, None)
    wet = workshop.patch()
    assert (dry.patched, dry.refused, dry.notes) == (wet.patched, wet.refused, wet.notes)
    assert (len(dry.patched), len(dry.refused)) == (1, 1)


def test_an_image_that_was_built_from_a_lock_is_refused(workshop: Workshop) -> None:
    workshop.image(workshop.deb("good", "1.0"), lock="sha256:1")
    workshop.publish(workshop.deb("good", "1.1"))
    workshop.advise(good="1.1")
    before = workshop.stored()
    with pytest.raises(UsageError, match="image:1 was built from a lock"):
        workshop.patch()
    assert workshop.stored() == before


@pytest.mark.parametrize(
    ("os_release", "told"),
    [
        ("", "no distribution is named"), ('ID=mint\nPRETTY_NAME="Linux Mint 22"\nVERSION_CODENAME=wilma\n', "Mint 22"),
        ('ID=debian\nPRETTY_NAME="Debian GNU/Linux forky/sid"\n', "Debian GNU/Linux forky/sid"),
    ],
)  # fmt: skip
def test_an_image_of_no_known_distribution_says_so_and_keeps_its_packages(
    workshop: Workshop, os_release: str, told: str
) -> None:
    workshop.image(workshop.deb("good", "1.0"), os_release=os_release)
    workshop.publish(workshop.deb("good", "1.1"))
    workshop.advise(good="1.1")
    result = workshop.patch()
    ((note,), image) = result.notes, result.image
    assert note.startswith("Debian packages stay: os-release names no release of Debian or Ubuntu")
    assert told in note
    assert (image, result.patched) == (None, ())


def test_an_image_without_debian_packages_needs_no_such_note(workshop: Workshop) -> None:
    workshop.image(os_release="")
    workshop.advise(good="1.1")
    assert workshop.patch().notes == ()


def test_where_nothing_is_to_be_fixed_there_is_no_image_and_nobody_asks_the_archive(workshop: Workshop) -> None:
    # There is no archive: whoever asked it would fail.
    workshop.image(workshop.deb("good", "1.0"), workshop.deb("open", "1.0"))
    workshop.advise(good="0.9")
    workshop.state(record("DEBIAN-CVE-2026-2", "open", fixed=None, ecosystem="Debian:12"))
    before = workshop.stored()
    result = workshop.patch()
    assert (result.patched, result.refused, result.image, result.after) == ((), (), None, None)
    assert _open(result.before) == {"open"}, "it has no fix"
    assert workshop.stored() == before


def test_the_same_patch_gives_the_same_image(workshop: Workshop) -> None:
    workshop.image(workshop.deb("good", "1.0"), workshop.deb("lib", "1.0"))
    workshop.publish(workshop.deb("good", "1.1"), workshop.deb("lib", "1.1"))
    workshop.advise(good="1.1", lib="1.1")
    first = workshop.patch("first:1")
    shutil.rmtree(workshop.place / "downloads")
    second = workshop.patch("second:1")
    assert first.image is not None
    assert second.image is not None
    assert (first.image.digest, first.size) == (second.image.digest, second.size)
    assert [one.name for one in first.patched] == ["good", "lib"]


def test_a_patched_image_has_nothing_left_to_patch(workshop: Workshop) -> None:
    workshop.image(workshop.deb("good", "1.0"))
    workshop.publish(workshop.deb("good", "1.1"))
    workshop.advise(good="1.1")
    workshop.patch("image:1")
    again = workshop.patch()
    assert (again.patched, again.image) == ((), None)


def test_a_wheel_is_replaced_beside_packages_and_the_last_of_its_fixes_decides(
    workshop: Workshop, index: Index
) -> None:
    workshop.image(workshop.deb("good", "1.0"), files=_distribution("demo", "1.0"))
    workshop.publish(workshop.deb("good", "1.1"))
    workshop.advise(good="1.1")
    workshop.state(record("PYSEC-1", "demo", fixed="3.0"), record("PYSEC-2", "demo", fixed="2.0"))
    result = workshop.patch()
    assert result.patched == (Patched("deb", "good", "1.0", "1.1"), Patched("wheel", "demo", "1.0", "3.0"))
    assert (_open(result.before), _open(result.after)) == ({"good", "demo"}, set())
    texts = workshop.texts("image:2")
    assert f"{SITE}/demo-3.0.dist-info/METADATA" in texts
    assert f"{SITE}/demo-1.0.dist-info/METADATA" not in texts


def test_a_wheel_that_nothing_records_is_refused_and_stays(workshop: Workshop) -> None:
    files = [file for file in _distribution("demo", "1.0") if not file.path.endswith("/RECORD")]
    workshop.image(files=files)
    workshop.state(record("PYSEC-1", "demo", fixed="2.0"))
    result = workshop.patch()
    assert result.refused == (Refused("wheel", "demo", "1.0", "2.0", ("nothing records which files are its own",)),)
    assert (result.patched, result.image) == ((), None)


def test_a_wheel_in_an_image_of_no_known_distribution_is_refused(workshop: Workshop) -> None:
    workshop.image(os_release="", files=_distribution("demo", "1.0"))
    workshop.state(record("PYSEC-1", "demo", fixed="2.0"))
    (refused,) = workshop.patch().refused
    assert (refused.name, refused.reasons) == ("demo", ("nothing tells which C library the image has",))


def _vendored_by_big() -> list[File]:
    """A distribution ``big`` that has ``demo`` 1.0 in its ``_vendor`` folder."""
    inner = [
        File(file.path.replace(SITE, f"{SITE}/big/_vendor"), file.content) for file in _distribution("demo", "1.0")
    ]
    listed = {file.path: "" for file in inner if file.path.startswith(SITE)}
    return [*_distribution("big", "5.0", more=listed), *inner]


def test_what_a_wheel_vendors_is_not_patched(workshop: Workshop) -> None:
    workshop.image(files=_vendored_by_big())
    workshop.state(record("PYSEC-1", "demo", fixed="2.0"))
    result = workshop.patch()
    assert _open(result.before) == {"demo"}
    assert (result.patched, result.refused, result.image) == ((), (), None)


def test_of_an_installed_and_a_vendored_copy_only_the_installed_one_is_tried(workshop: Workshop) -> None:
    installed = [file for file in _distribution("demo", "1.0") if not file.path.endswith("/RECORD")]
    workshop.image(files=[*_vendored_by_big(), *installed])
    workshop.state(record("PYSEC-1", "demo", fixed="2.0"))
    assert [one.name for one in workshop.patch().refused] == ["demo"]


def test_an_archive_that_does_not_have_the_fix_yet_is_no_fix(workshop: Workshop) -> None:
    workshop.image(workshop.deb("good", "1.0"))
    workshop.publish(workshop.deb("good", "1.1"))
    workshop.advise(good="1.2")
    result = workshop.patch()
    assert (result.patched, result.image) == ((), None), "1.1 is vulnerable too"
    ((name, reasons),) = [(one.name, one.reasons) for one in result.refused]
    assert name == "good"
    assert any("1.1" in reason and "1.2" in reason for reason in reasons)


def test_what_is_fixed_in_part_is_replaced_and_the_rest_is_said(workshop: Workshop) -> None:
    workshop.image(workshop.deb("good", "1.0"))
    workshop.publish(workshop.deb("good", "1.1"))
    workshop.state(
        record("DEBIAN-CVE-2026-first", "good", fixed="1.1", ecosystem="Debian:12"),
        record("DEBIAN-CVE-2026-second", "good", fixed="1.2", ecosystem="Debian:12"),
    )
    result = workshop.patch()
    assert [(one.name, one.after) for one in result.patched] == [("good", "1.1")]
    assert result.after is not None
    assert [one.identity for one in result.after.open] == ["DEBIAN-CVE-2026-second"]
    assert any("DEBIAN-CVE-2026-second" in note for note in result.notes)
