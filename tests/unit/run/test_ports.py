from __future__ import annotations

import pytest

from nautiloid.errors import UsageError
from nautiloid.run.ports import Port, unpublished


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("8080:8000", "127.0.0.1:8080:8000"),
        ("8000", "127.0.0.1:8000:8000"),
        ("8080:8000/tcp", "127.0.0.1:8080:8000"),
        ("0.0.0.0:80:8000", "0.0.0.0:80:8000"),
        ("[::1]:8080:8000", "[::1]:8080:8000"),
    ],
)
def test_ports_as_docker_writes_them_but_for_this_machine_alone(text: str, meant: str) -> None:
    assert str(Port.parse(text)) == meant


NONE = ("", "a", "0:80", "80:0", "65536:1", "8080:8000/udp", "localhost:1:2", "1:2:3:4", "-1:2", "\u0663:4")


@pytest.mark.parametrize("text", NONE)
def test_anything_else_is_no_port(text: str) -> None:
    with pytest.raises(UsageError, match="not a port"):
        Port.parse(text)


def test_declared_ports_that_nothing_leads_to() -> None:
    exposed = ("8501/tcp", "8000", "53/udp", "9000/tcp", "99999/tcp", "x", "\u0663")
    assert unpublished(exposed, [Port.parse("80:9000")]) == (8000, 8501)
    assert unpublished((), []) == ()
