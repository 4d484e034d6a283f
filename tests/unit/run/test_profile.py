from __future__ import annotations

import contextlib
import os
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautiloid.errors import UsageError
from nautiloid.run.output import OutputError, can_write, is_given, prepare_output
from nautiloid.run.profile import HardenedProfile, Mount, User, parse_size, tmpfs_of

DATA = PurePosixPath("/data")


@pytest.mark.parametrize(
    ("text", "user"),
    [("root", User(0, 0)), ("nonroot", User(65532, 65532)), ("1000", User(1000, 1000)), ("12:34", User(12, 34))],
)
def test_users_are_read(text: str, user: User) -> None:
    assert User.parse(text) == user


@pytest.mark.parametrize("text", ["", "me", "1:", ":1", "-1", "1:2:3", "١"])
def test_what_is_no_user_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        User.parse(text)


def test_the_default_user_is_never_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert User.default() == User(65532, 65532)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "getegid", lambda: 100)
    assert User.default() == User(1000, 100)


def test_a_mount_may_have_a_colon_in_its_host_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Mount.parse("./a:b:/data") == Mount(tmp_path / "a:b", DATA)
    for wrong in ("", "/data", ":/data", "/data:"):
        with pytest.raises(UsageError):
            Mount.parse(wrong)


def test_a_mount_takes_dockers_words_where_they_say_what_is_so(tmp_path: Path) -> None:
    plain = Mount(tmp_path, DATA)
    for words in ("", ":ro", ":cached", ":ro,delegated"):
        assert Mount.parse(f"{tmp_path}:/data{words}") == plain
    assert Mount.parse(f"{tmp_path}:/data:rw", "rw") == plain
    for words, said in (("rw", "only read"), ("z", "SELinux"), ("ro,Z", "SELinux"), ("rw,z", "only read")):
        with pytest.raises(UsageError, match=said):
            Mount.parse(f"{tmp_path}:/data:{words}")
    with pytest.raises(UsageError, match="written to"):
        Mount.parse(f"{tmp_path}:/data:ro", "rw")
    assert Mount.parse("ro:/ro").target == PurePosixPath("/ro")


def test_a_place_below_a_mount_must_be_there(tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    (outer / "there").mkdir(parents=True)
    mounts = (Mount(outer, DATA), Mount(tmp_path, DATA / "there"))
    assert HardenedProfile("a", mounts=mounts).mounts == mounts
    with pytest.raises(UsageError, match="over which to mount /data/gone"):
        HardenedProfile("a", mounts=(Mount(outer, DATA), Mount(tmp_path, DATA / "gone")))
    HardenedProfile("a", mounts=(Mount(tmp_path, DATA / "new"),), output=Mount(outer, DATA))


@pytest.mark.parametrize(
    ("text", "size"), [("1", 1), ("512m", 512 << 20), ("4G", 4 << 30), ("1.5GiB", 3 << 29), ("2kb", 2048), ("7b", 7)]
)
def test_sizes_are_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@given(st.text(max_size=8))
def test_a_size_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(UsageError):
        assert parse_size(text) >= 0


def test_scratch_space_is_what_the_label_declares() -> None:
    assert tmpfs_of({}) == (PurePosixPath("/tmp"),)
    assert tmpfs_of({"org.nautiloid.run.tmpfs": "/tmp, /var/cache,"}) == (
        PurePosixPath("/tmp"),
        PurePosixPath("/var/cache"),
    )


def test_a_profile_is_locked_down_unless_told_otherwise(tmp_path: Path) -> None:
    profile = HardenedProfile("a")
    assert (profile.network, profile.mounts, profile.output, profile.memory) == ("none", (), None, None)
    assert profile.user.uid != 0


def test_a_profile_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    here = Mount(tmp_path, DATA)
    wrong: list[tuple[dict[str, object], str]] = [
        ({"image": ""}, "needs an image"),
        ({"mounts": (Mount(tmp_path / "gone", DATA),)}, "gone does not exist"),
        ({"mounts": (Mount(tmp_path, PurePosixPath("data")),)}, "'data' is not an absolute path"),
        ({"mounts": (Mount(tmp_path, PurePosixPath("/a/../../b")),)}, "not an absolute path"),
        ({"mounts": (Mount(tmp_path, PurePosixPath("/")),)}, "root directory"),
        ({"mounts": (Mount(tmp_path, PurePosixPath("/proc")),)}, "the kernel's own"),
        ({"mounts": (Mount(tmp_path, PurePosixPath("/dev/shm")),)}, "the kernel's own"),
        ({"mounts": (here, here)}, "Two mounts want the path /data"),
        ({"mounts": (here,), "output": here}, "Two mounts want the path /data"),
        ({"output": Mount(tmp_path, PurePosixPath("/tmp"))}, "Two mounts want the path /tmp"),
        ({"output": Mount(file, DATA)}, "not a directory"),
        ({"tmpfs": (PurePosixPath("tmp"),)}, "not an absolute path"),
        ({"workdir": PurePosixPath("x")}, "not an absolute path"),
        ({"network": "bridge"}, "no network 'bridge'"),
        ({"pids": 0}, "pids cannot be 0"),
        ({"memory": -1}, "memory cannot be -1"),
        ({"memory": 2**63}, "memory cannot be"),
        ({"cpus": 0.0}, "cpus cannot be 0"),
        ({"cpus": float("nan")}, "cpus cannot be nan"),
        ({"cpus": float("inf")}, "cpus cannot be inf"),
        ({"user": User(2**32, 0)}, "not a user"),
        ({"environment": {"A=B": "c"}}, "'A=B' cannot name"),
    ]
    for settings, message in wrong:
        with pytest.raises(UsageError, match=message):
            HardenedProfile(**{"image": "a", **settings})  # type: ignore[arg-type]


def test_a_missing_output_is_made_for_the_user(tmp_path: Path) -> None:
    user = User.default()
    prepare_output(tmp_path / "new" / "out", user)
    assert (tmp_path / "new" / "out").stat().st_uid == user.uid


def test_an_output_that_the_user_cannot_write_to_is_refused_and_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "results").write_text("of somebody")
    other = User(54321, 54321)
    before = tmp_path.stat()
    with pytest.raises(OutputError) as caught:
        prepare_output(tmp_path, other)
    assert "chown 54321:54321" in caught.value.hint
    assert f"--user {before.st_uid}" in caught.value.hint
    assert (tmp_path.stat().st_mode, tmp_path.stat().st_uid) == (before.st_mode, before.st_uid)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_root_gives_an_empty_directory_of_its_own_to_the_user(tmp_path: Path) -> None:
    made = tmp_path / "out"
    made.mkdir(mode=0o750)
    prepare_output(made, User(54321, 54322))
    status = made.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (54321, 54322, 0o750)
    with pytest.raises(OutputError):  # it belongs to somebody else now
        prepare_output(made, User(1, 1))


def test_a_directory_of_the_system_is_never_given_away() -> None:
    for place in ("/", "/mnt", "/srv", "/proc"):
        assert not is_given(Path(place), User(54321, 54321))


@pytest.mark.parametrize(
    ("mode", "owner", "group", "other"),
    [(0o700, True, False, False), (0o070, False, True, False), (0o777, True, True, True), (0o666, False, False, False)],
)
def test_writing_follows_the_mode(tmp_path: Path, mode: int, owner: bool, group: bool, other: bool) -> None:
    directory = tmp_path / "out"
    directory.mkdir()
    uid, gid = (1234, 1234) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    if os.geteuid() == 0:
        os.chown(directory, uid, gid)
    directory.chmod(mode)
    assert can_write(directory, User(uid, gid + 1)) is owner
    assert can_write(directory, User(uid + 1, gid)) is group
    assert can_write(directory, User(uid + 1, gid + 1)) is other
    assert can_write(directory, User(0, 0))


@pytest.mark.parametrize(
    ("mode", "user", "closed"),
    [
        (0o700, User(12345, 12345), True),
        (0o755, User(12345, 12345), False),
        (0o711, User(12345, 12345), True),  # it could enter, but not list
        (0o750, User(12345, os.getegid()), False),
        (0o077, User(os.geteuid(), 12345), True),  # the owner's bits count for the owner
    ],
)
def test_a_mount_that_the_user_may_not_read_is_known(tmp_path: Path, mode: int, user: User, closed: bool) -> None:
    source = tmp_path / "data"
    source.mkdir()
    source.chmod(mode)
    profile = HardenedProfile("image", mounts=(Mount(source, PurePosixPath("/data")),), user=user)
    assert bool(profile.closed_mounts()) is closed
