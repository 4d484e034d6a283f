from __future__ import annotations

import pytest

from nautiloid.errors import UsageError
from nautiloid.run.ulimits import Ulimit


@pytest.mark.parametrize(
    ("text", "docker", "prlimit"),
    [
        ("nofile=1024:4096", "nofile=1024:4096", "--nofile=1024:4096"),
        ("nofile=1024", "nofile=1024:1024", "--nofile=1024:1024"),
        ("memlock=unlimited", "memlock=-1:-1", "--memlock=unlimited:unlimited"),
        ("stack=8192:-1", "stack=8192:-1", "--stack=8192:unlimited"),
    ],
)
def test_a_limit_as_each_engine_wants_it(text: str, docker: str, prlimit: str) -> None:
    limit = Ulimit.parse(text)
    assert (limit.docker(), limit.prlimit()) == (f"--ulimit={docker}", prlimit)
    assert "-1" not in str(limit)


@pytest.mark.parametrize(
    ("text", "why"),
    [("nofile", "not a limit"), ("nofile=x", "not a limit"), ("files=1", "no limit 'files'"), ("nofile=2:1", "above"),
     ("nofile=unlimited:1", "above"), ("nofile=-5", "not a limit")],
)  # fmt: skip
def test_what_is_no_limit_is_said(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        Ulimit.parse(text)
