from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest

from nautiloid.errors import UsageError
from nautiloid.oci.errors import ImageFormatError
from nautiloid.run.mount_points import lay_out, make_common_places, openings
from nautiloid.run.profile import HardenedProfile, Mount, User

US = User(os.geteuid(), os.getegid())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "root"
    (made / "etc").mkdir(parents=True)
    (made / "etc/passwd").write_text("root")
    (made / "etc/link").symlink_to("/elsewhere")
    (made / "data").symlink_to("var/data")
    return made


def _profile(tmp_path: Path, *places: str, file: bool = False) -> HardenedProfile:
    source = tmp_path / "mounted"
    source.touch() if file else source.mkdir(exist_ok=True)
    return HardenedProfile("a", mounts=tuple(Mount(source, PurePosixPath(place)) for place in places), tmpfs=())


def test_a_place_that_the_image_has_needs_nothing(root: Path, tmp_path: Path) -> None:
    assert openings(_profile(tmp_path, "/etc"), root, US) == []


def test_only_the_directory_that_lacks_a_place_is_made_anew(root: Path, tmp_path: Path) -> None:
    (opening,) = openings(_profile(tmp_path, "/etc/new/deep", file=True), root, US)
    assert opening.place == PurePosixPath("/etc")
    assert (opening.kept, opening.links) == ((root / "etc/passwd",), (root / "etc/link",))
    lay_out(opening, tmp_path / "anew")
    found = {path.relative_to(tmp_path / "anew").as_posix() for path in (tmp_path / "anew").rglob("*")}
    assert found == {"passwd", "link", "new", "new/deep"}
    assert (tmp_path / "anew/new/deep").is_file()
    assert (tmp_path / "anew/link").readlink() == Path("/elsewhere")


def test_links_of_the_image_are_followed_inside_of_it(root: Path, tmp_path: Path) -> None:
    (opening,) = openings(_profile(tmp_path, "/data"), root, US)
    assert (opening.place, opening.new[0]) == (PurePosixPath("/"), (PurePosixPath("/var/data"), True))


def test_a_file_and_a_directory_do_not_go_over_each_other(root: Path, tmp_path: Path) -> None:
    for place in ("/etc/passwd", "/etc/passwd/below"):
        with pytest.raises(UsageError, match="The image has a file at /etc/passwd"):
            openings(_profile(tmp_path, place), root, US)
    (tmp_path / "mounted").rmdir()
    with pytest.raises(UsageError, match="The image has a directory at /etc"):
        openings(_profile(tmp_path, "/etc", file=True), root, US)


def test_what_the_user_could_not_see_is_not_shown(root: Path, tmp_path: Path) -> None:
    (root / "etc").chmod(0o700)
    (opening,) = openings(_profile(tmp_path, "/etc/new"), root, User(US.uid + 1, US.gid + 1))
    assert opening.kept == opening.links == ()


def test_common_places_are_made_where_there_is_room(root: Path) -> None:
    (root / "etc/hosts").mkdir()
    make_common_places(root, [PurePosixPath("/etc/hosts"), PurePosixPath("/etc/passwd/x"), PurePosixPath("/run/x")])
    assert (root / "proc").is_dir()
    assert (root / "etc/hosts").is_dir()
    assert (root / "run/x").is_file()
    (root / "dev").rmdir()
    (root / "dev").touch()
    with pytest.raises(ImageFormatError, match="no room for /dev"):
        make_common_places(root, [])
