from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nautiloid.trace.strace import Use, UseKind, read_uses


def _hex(text: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in text.encode("utf-8", "surrogateescape"))


def _start(pid: int = 1, program: str = "/bin/app") -> str:
    return f'{pid} execve("{_hex(program)}", ["{_hex(program)}"], 0x7ffe /* 3 vars */) = 0'


def _uses(*lines: str) -> list[Use]:
    return list(read_uses(lines, "/bin/app"))


def test_opens_execs_and_looks_are_told_apart() -> None:
    found = _uses(
        _start(),
        f'1 openat(AT_FDCWD<{_hex("/srv")}>, "{_hex("/etc/hosts")}", O_RDONLY|O_CLOEXEC) = 3<{_hex("/etc/hosts")}>',
        f'1 newfstatat(AT_FDCWD<{_hex("/srv")}>, "{_hex("lib/a.so")}", {{st_mode=S_IFREG|0644, ...}}, 0) = 0',
        f'1 execve("{_hex("/bin/other")}", ["{_hex("x")}"], 0x1 /* 0 vars */) = 0',
    )
    assert found == [
        Use("/bin/app", UseKind.EXEC),
        Use("/etc/hosts", UseKind.OPEN),
        Use("/srv/lib/a.so", UseKind.LOOK),
        Use("/bin/other", UseKind.EXEC),
    ]


def test_what_failed_and_what_came_before_the_program_does_not_count() -> None:
    opened = f'1 openat(AT_FDCWD<{_hex("/")}>, "{_hex("/usr/lib/host.so")}", O_RDONLY) = 3'
    missing = f'1 openat(AT_FDCWD<{_hex("/")}>, "{_hex("/none")}", O_RDONLY) = -1 ENOENT (No such file or directory)'
    assert _uses(opened, _start(), missing) == [Use("/bin/app", UseKind.EXEC)]


def test_where_a_link_led_counts_as_well() -> None:
    opened = f'1 openat(AT_FDCWD<{_hex("/")}>, "{_hex("/tmp/link")}", O_RDONLY) = 3<{_hex("/usr/lib/a.so")}>'
    assert _uses(_start(), opened)[1:] == [Use("/tmp/link", UseKind.OPEN), Use("/usr/lib/a.so", UseKind.OPEN)]


def test_halves_of_a_call_are_put_together() -> None:
    found = _uses(
        _start(1),
        f'1 openat(AT_FDCWD<{_hex("/")}>, "{_hex("/a")}", O_RDONLY <unfinished ...>',
        f'2 openat(AT_FDCWD<{_hex("/")}>, "{_hex("/b")}", O_RDONLY) = 4',
        f"1 <... openat resumed>) = 3<{_hex('/a')}>",
    )
    assert [use.path for use in found] == ["/bin/app", "/b", "/a"]


def test_paths_are_relative_to_descriptors_and_to_where_a_process_went() -> None:
    found = _uses(
        _start(),
        f'1 chdir("{_hex("/srv/app")}") = 0',
        f'1 stat("{_hex("data/../x")}", {{...}}) = 0',
        f'1 openat(7<{_hex("/opt")}>, "{_hex("y")}", O_RDONLY) = 8',
        f'1 newfstatat(8<{_hex("/opt/y")}>, "", {{...}}, AT_EMPTY_PATH) = 0',
    )
    assert [use.path for use in found][1:] == ["/srv/app", "/srv/app/x", "/opt/y", "/opt/y"]


@given(st.text(st.characters(exclude_characters="\0/", exclude_categories=("Cs",)), min_size=1, max_size=40))
def test_any_name_survives(name: str) -> None:
    if name in (".", ".."):
        return
    line = f'1 openat(AT_FDCWD<{_hex("/")}>, "{_hex("/d/" + name)}", O_RDONLY) = 3'
    assert _uses(_start(), line)[-1].path == f"/d/{name}"


@given(st.lists(st.text(max_size=80), max_size=10))
def test_nothing_that_strace_might_write_breaks_the_reader(lines: list[str]) -> None:
    _uses(_start(), *lines)
