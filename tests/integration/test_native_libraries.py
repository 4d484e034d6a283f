"""Native libraries find their Debian packages by themselves; where they cannot, what the error advises helps."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from nautiloid import places
from nautiloid.debian.mirrors import Mirrors, read_apt_sources
from nautiloid.errors import NautiloidError
from nautiloid.factory.build import build_image
from nautiloid.factory.cautions import cautions
from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.explain import added_for_libraries
from nautiloid.factory.libraries.answered import OldLibraryError
from nautiloid.factory.libraries.completing import MissingLibraryError, complete
from nautiloid.factory.locked_debs import Archive, excused_dependencies, locked_debs, read_archive
from nautiloid.factory.locked_files import lock_files
from nautiloid.factory.locker import make_lock
from nautiloid.factory.lockfile import Lock
from nautiloid.factory.soundness import AssemblyError
from nautiloid.net.fetch import Fetcher
from nautiloid.net.store import Store
from nautiloid.oci.layout import Layout
from nautiloid.progress import SILENT
from nautiloid.run.bubblewrap import BubblewrapEngine
from nautiloid.run.profile import HardenedProfile, User
from nautiloid.version import TOOL

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(shutil.which("gcc") is None, reason="makes its libraries with gcc"),
    pytest.mark.skipif(not read_apt_sources(), reason="no Debian mirror: apt has no sources here"),
]


@pytest.fixture(scope="module")
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(Store(places.cache_directory() / "store"), SILENT) as fetcher:
        yield fetcher


@pytest.fixture(scope="module")
def archives(fetcher: Fetcher, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Archive]:
    """Both Debian releases, read once."""
    found = {}
    for suite in ("bookworm", "trixie"):
        path = tmp_path_factory.mktemp(suite) / "x.yaml"
        path.write_text(f"name: x\ndebian: {{suite: {suite}}}\n")
        found[suite] = read_archive(load_definition(str(path)).definition, fetcher, Mirrors())
    return found


@dataclass
class Workshop:
    """Makes definitions with a library of their own that needs another one, locks and builds them."""

    place: Path
    fetcher: Fetcher
    archives: dict[str, Archive]

    def library(self, needs: str, version: str = "", name: str = "own.so") -> None:
        """Make a library that needs another, which is made only to be linked with, and a symbol version of it."""
        stub, own = self.place / "stub", self.place / "app"
        stub.mkdir(exist_ok=True)
        own.mkdir(exist_ok=True)
        (stub / "s.c").write_text("int answer(void) { return 42; }\n")
        (stub / "s.map").write_text(f"{version or 'ANY'} {{ global: answer; }};\n")
        (own / "o.c").write_text("int answer(void); int own(void) { return answer(); }\n")
        scripts = [f"-Wl,--version-script={stub / 's.map'}"] if version else []
        linked = ["gcc", "-shared", "-fPIC", "-nostdlib"]
        subprocess.run(
            [*linked, f"-Wl,-soname,{needs}", *scripts, "-o", str(stub / needs), str(stub / "s.c")], check=True
        )
        subprocess.run([*linked, "-o", str(own / name), str(own / "o.c"), str(stub / needs)], check=True)
        (own / "o.c").unlink()

    def lock(self, text: str) -> Lock:
        """Lock as ``make_lock`` does, in an archive that was read before."""
        (self.place / "x.yaml").write_text(f"name: own\nfiles: [{{from: app, to: /app}}]\n{text}")
        self.loaded = load_definition(str(self.place / "x.yaml"))
        known = self.archives[self.loaded.definition.debian.suite]
        archive = Archive(self.loaded.definition, known.index, known.releases)
        closure = archive.closure(self.loaded.definition.debian.packages)
        lock = Lock(
            tool=TOOL,
            timestamp=known.releases[0][1].date,
            definition=self.loaded.definition,
            releases=known.locked_releases,
            debs=locked_debs(closure),
            excused=excused_dependencies(closure),
            files=lock_files(self.loaded),
        )
        return complete(lock, self.loaded, archive, self.fetcher, Mirrors())

    def build(self, lock: Lock) -> Layout:
        layout = Layout(self.place / "images")
        build_image(lock, self.loaded, layout, places.cache_directory(), self.fetcher, reference="own:latest")
        return layout


@pytest.fixture
def workshop(tmp_path: Path, fetcher: Fetcher, archives: dict[str, Archive]) -> Workshop:
    return Workshop(tmp_path, fetcher, archives)


def _added(lock: Lock) -> dict[str, list[str]]:
    return {deb.name: [need.soname for need in deb.libraries] for deb in lock.debs if deb.libraries}


def test_what_a_file_of_the_project_needs_is_added_with_what_that_needs(workshop: Workshop) -> None:
    workshop.library("libedit.so.2")
    lock = workshop.lock("debian: {packages: [libc6]}")
    # libedit2 depends on what libedit.so.2 needs itself, so that one round is enough.
    assert _added(lock) == {"libedit2": ["libedit.so.2"]}
    assert {"libtinfo6", "libbsd0", "libmd0"} <= {deb.name for deb in lock.debs}
    (line,) = added_for_libraries(lock)
    assert line.endswith("is added: the project needs libedit.so.2")
    workshop.build(lock)


def test_what_never_enters_gives_way_to_a_library_that_is_needed_and_that_is_said(workshop: Workshop) -> None:
    workshop.library("libedit.so.2")
    lock = workshop.lock("debian: {packages: [libc6], never: {libtinfo6: no terminals, libmd0: no sums}}")
    assert _added(lock) == {
        "libedit2": ["libedit.so.2"], "libmd0": ["libmd.so.0"], "libtinfo6": ["libtinfo.so.6"]
    }  # fmt: skip
    assert not lock.excused
    said = "\n".join(cautions(lock, workshop.loaded, workshop.fetcher.store))
    assert "libtinfo6 enters although 'debian.never' holds it (no terminals): libedit2" in said
    workshop.build(lock)


def test_a_name_that_does_not_follow_from_the_library_is_looked_up(workshop: Workshop) -> None:
    workshop.library("libgthread-2.0.so.0")
    assert list(_added(workshop.lock("debian: {packages: [libc6]}"))) == ["libglib2.0-0"]


def test_nothing_is_added_where_nothing_is_missing_and_the_lock_says_nothing_of_it(workshop: Workshop) -> None:
    workshop.library("libz.so.1")
    lock = workshop.lock("debian: {packages: [zlib1g]}")
    assert _added(lock) == {}
    assert '"libraries"' not in lock.to_json()


ADVICE = {
    "a slim rule": "slim: [{name: own, because: a test, paths: [app/own.so]}]",
    "files": "{from: stub, to: /usr/local/lib, exclude: ['s.*']}",
    "host_libraries": "image: {host_libraries: [libnothing.so.9]}",
}


@pytest.mark.parametrize("advice", ADVICE)
def test_a_library_that_no_package_brings_is_an_error_whose_advice_helps(workshop: Workshop, advice: str) -> None:
    workshop.library("libnothing.so.9")
    with pytest.raises(MissingLibraryError) as caught:
        workshop.lock("debian: {packages: [libc6]}")
    assert "libnothing.so.9, in no package of Debian bookworm (main); needed by /app/own.so" in caught.value.message
    assert all(word in caught.value.hint for word in ("'slim'", "'files' to /usr/local/lib", "'image.host_libraries'"))
    if advice == "files":
        (workshop.place / "lib.yaml").write_text(f"name: lib\nfiles: [{ADVICE[advice]}]\ndebian: {{packages: [libc6]}}")
        workshop.build(workshop.lock("extends: lib.yaml"))
    else:
        workshop.build(workshop.lock(f"debian: {{packages: [libc6]}}\n{ADVICE[advice]}"))


def test_a_library_that_a_slim_rule_takes_away_is_an_error_that_names_the_rule(workshop: Workshop) -> None:
    workshop.library("libz.so.1")
    rule = "slim: [{name: zip, because: a test, paths: ['usr/lib/*-linux-gnu/libz.*'], keep: %s}]"
    with pytest.raises(MissingLibraryError, match=r"zlib1g, but taken away by the slim rule zip; needed by /app"):
        workshop.lock("debian: {packages: [libc6]}\n" + rule % "[]")
    workshop.build(workshop.lock("debian: {packages: [libc6]}\n" + rule % "['usr/lib/*/libz.*']"))


def test_a_library_that_is_too_old_is_an_error_whose_advice_helps(workshop: Workshop) -> None:
    workshop.library("libstdc++.so.6", version="GLIBCXX_3.4.33")
    with pytest.raises(OldLibraryError, match=r"GLIBCXX_3\.4\.33 of libstdc\+\+\.so\.6, which is older") as caught:
        workshop.lock("debian: {packages: [libc6]}")
    assert "python-trixie" in caught.value.hint
    lock = workshop.lock("extends: python-trixie")
    assert _added(lock) == {"libstdc++6": ["libstdc++.so.6"]}


def test_cuda_is_never_looked_for_in_debian(workshop: Workshop) -> None:
    workshop.library("libcudart.so.11.0")
    with pytest.raises(MissingLibraryError, match=r"libcudart\.so\.11\.0") as caught:
        workshop.lock("debian: {packages: [libc6]}")
    assert "pytorch-cuda" in caught.value.hint


def test_a_name_with_control_characters_is_an_error_that_commands_no_terminal(workshop: Workshop) -> None:
    workshop.library("libxabcd.so.1")
    own = workshop.place / "app/own.so"
    own.write_bytes(own.read_bytes().replace(b"libxabcd", b"lib\x1b[31m"))
    with pytest.raises(NautiloidError, match="control characters") as caught:
        workshop.lock("debian: {packages: [libc6]}")
    assert "\x1b" not in caught.value.message


def test_a_lock_from_before_builds_when_it_is_made_anew_as_the_error_says(workshop: Workshop) -> None:
    workshop.library("libgomp.so.1")
    lock = workshop.lock("debian: {packages: [libc6]}")
    before = lock.model_copy(update={"debs": tuple(deb for deb in lock.debs if deb.name != "libgomp1")})
    with pytest.raises(AssemblyError, match=r"needs libgomp\.so\.1") as caught:
        workshop.build(before)
    assert "nautiloid lock" in caught.value.hint
    workshop.build(lock)


@pytest.mark.engine
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_numpy_needs_no_word_about_debian_and_runs_as_any_user(image_store: Layout, tmp_path: Path) -> None:
    (tmp_path / "nautiloid.yaml").write_text("extends: python\nname: bare\npython: {requirements: [numpy]}\n")
    loaded, cache = load_definition(str(tmp_path)), places.cache_directory()
    with Fetcher(Store(cache / "store"), SILENT) as fetcher:
        lock = make_lock(loaded, fetcher)
        build_image(lock, loaded, image_store, cache, fetcher, reference="nautiloid/bare:latest")
    assert _added(lock)["libstdc++6"] == ["libstdc++.so.6"]
    for user in (User(65532, 65532), User(12345, 54321)):
        profile = HardenedProfile("nautiloid/bare:latest", ("-c", "import numpy; print(numpy.eye(2).sum())"), user=user)
        done = BubblewrapEngine(image_store, cache).run_captured(profile, timeout=60)
        assert (done.exit_code, done.stdout) == (0, "2.0\n"), done.stderr
