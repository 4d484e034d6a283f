"""Which maintainer scripts matter."""

from __future__ import annotations

import pytest

from nautiloid.patching.safety import makes


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("update-ca-certificates --fresh", "update-ca-certificates"),
        ("/usr/sbin/update-initramfs -u", "update-initramfs"),
        ("if true; then fc-cache -s; fi", "fc-cache"), ("cp -a /usr/share/x /etc/x", "cp"),
        ("test -e /etc/x || cp /usr/share/x /etc/x", "cp"), ("sed -i s/a/b/ /etc/x", "it writes"),
        ("echo hello > /etc/motd", "it writes"),
        ('cat >> "$FILE" <<EOT', "it writes"), ("  install -d /var/x", "install"),
        ("ucf /usr/share/x /etc/x", "ucf"), ("$(glib-compile-schemas /x)", "glib-compile-schemas"),
    ],
)  # fmt: skip
def test_what_makes_files_is_seen(line: str, command: str) -> None:
    assert makes(f"#!/bin/sh\nset -e\n{line}\n").startswith(command)


@pytest.mark.parametrize(
    "line",
    [
        "", "# cp -a /usr/share/x /etc/x", 'if [ "$1" = install ]; then exit 0; fi',
        "case $1 in\n install|upgrade)\n ;;\nesac",
        "ldconfig 2>/dev/null || true", "py3compile -p python3-x", "if which py3clean >/dev/null 2>&1; then", "exit 0",
        'echo "please cp the files" >&2', "adduser --system x >/dev/null", "update-rc.d ssh defaults",
        "[ -d /run ] 1>&2",
        "deb-systemd-helper enable x.service >/dev/null || true",
        "update-alternatives --install /usr/bin/x x /usr/bin/y 1",
        "dpkg-maintscript-helper rm_conffile /etc/x 1.0~ -- \"$@\"",
    ],
)  # fmt: skip
def test_what_only_sets_up_is_not(line: str) -> None:
    assert makes(f"#!/bin/sh\nset -e\n{line}\n") == ""
