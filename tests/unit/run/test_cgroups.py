"""Where our own control groups lie, read from what kernels print (cgroups(7), proc(5))."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nautiloid.run.cgroups import control_group, parents
from nautiloid.run.profile import HardenedProfile

VERSION_ONE = """\
30 24 0:26 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct
31 24 0:27 / /sys/fs/cgroup/memory rw,nosuid shared:5 - cgroup cgroup rw,memory
32 24 0:28 /docker/abc /sys/fs/cgroup/pids rw,nosuid - cgroup cgroup rw,pids
"""
VERSION_TWO = "29 23 0:25 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"


def test_version_one_has_a_directory_for_each_controller() -> None:
    first, second = parents(VERSION_ONE, "4:memory:/job\n3:cpu,cpuacct:/\n2:pids:/docker/abc/x\n1:name=systemd:/\n")
    assert second is None
    assert first["memory"] == Path("/sys/fs/cgroup/memory/job")
    assert first["cpu"] == Path("/sys/fs/cgroup/cpu,cpuacct")
    assert first["pids"] == Path("/sys/fs/cgroup/pids/x")


def test_version_two_has_one_directory() -> None:
    first, second = parents(VERSION_TWO, "0::/user.slice/user-1000.slice/session-2.scope\n")
    assert (first, second) == ({}, Path("/sys/fs/cgroup/user.slice/user-1000.slice/session-2.scope"))


def test_a_process_is_born_into_a_group_with_its_limits_and_the_group_goes() -> None:
    with control_group(HardenedProfile(image="x", pids=20, memory=64 << 20, cpus=0.5)) as group:
        if group is None:
            pytest.skip("this user may make no control group here")
        seen = subprocess.run(
            [sys.executable, "-c", "print(open('/proc/self/cgroup').read())"],
            preexec_fn=group.enter, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        assert f"/nautiloid-{os.getpid()}-" in seen
        settings = {file.name: file.read_text().strip() for place in group.directories for file in place.glob("*max*")}
        settings |= {f.name: f.read_text().strip() for p in group.directories for f in p.glob("memory.limit_in_bytes")}
        assert settings["pids.max"] == "26"
        assert str(64 << 20) in (settings.get("memory.max"), settings.get("memory.limit_in_bytes"))
    assert not any(place.exists() for place in group.directories)


def test_without_a_limit_there_is_no_group() -> None:
    with control_group(HardenedProfile(image="x"), count=False) as group:
        assert group is None
