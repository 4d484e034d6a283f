"""Which programs count as shells, interpreters, package managers, compilers and network clients: by name.

A program is known by the last step of its path, without a processor prefix (``x86_64-linux-gnu-gcc``) and without a
version at its end (``gcc-12``, ``python3.11``).
"""

from __future__ import annotations

import re

SHELLS = frozenset(
    {"sh", "ash", "bash", "rbash", "csh", "tcsh", "dash", "fish", "ksh", "mksh", "zsh", "busybox", "toybox"}
)
INTERPRETERS = frozenset(
    {"python", "pypy", "perl", "ruby", "node", "nodejs", "php", "lua", "luajit", "tclsh", "wish", "gawk", "mawk", "awk",
     "java", "guile", "m4", "deno", "bun", "rscript", "r", "julia", "erl", "ghc", "expect", "original-awk"}
)  # fmt: skip
PACKAGE_MANAGERS = frozenset(
    {"apt", "apt-get", "apt-cache", "aptitude", "dpkg", "dpkg-deb", "apk", "rpm", "yum", "dnf", "microdnf", "tdnf",
     "zypper", "pacman", "pip", "pipx", "uv", "uvx", "poetry", "conda", "mamba", "micromamba", "npm", "npx", "yarn",
     "pnpm", "gem", "bundle", "cargo", "go", "easy_install", "snap", "flatpak", "brew", "cpan", "corepack"}
)  # fmt: skip
COMPILERS = frozenset(
    {"gcc", "g++", "cc", "c++", "cc1", "cc1plus", "clang", "clang++", "ld", "ld.bfd", "ld.gold", "ld.lld", "lld", "as",
     "make", "gmake", "cmake", "ninja", "rustc", "gfortran", "nvcc", "tcc", "c89", "c99", "cpp", "collect2", "lto1",
     "javac", "ptxas", "cicc", "swiftc", "nasm", "yasm", "meson", "autoconf", "f951", "f77", "f95"}
)  # fmt: skip
NETWORK_CLIENTS = frozenset(
    {"curl", "wget", "ssh", "scp", "sftp", "ftp", "tftp", "telnet", "nc", "ncat", "netcat", "nc.openbsd",
     "nc.traditional", "socat", "rsync", "git", "hg", "svn", "aria2c", "dig", "nslookup", "host", "ping", "nmap",
     "tcpdump", "openssl",
     "aws", "gcloud", "az", "kubectl", "gsutil", "rclone", "lftp", "git-remote-http", "lynx", "w3m", "axel", "gpg",
     "dirmngr", "ssh-keyscan", "ldapsearch", "smbclient", "mysql", "psql", "redis-cli"}
)  # fmt: skip

_PROCESSOR = re.compile(r"^(?:x86_64|aarch64|arm|i[3-6]86|riscv64|powerpc64le|s390x)-(?:pc-)?linux-(?:gnu|musl)[a-z]*-")
_VERSION = re.compile(r"-?[0-9]+(?:\.[0-9]+)*$")


def known_name(path: str) -> str:
    """Return what a program is known by: ``usr/bin/x86_64-linux-gnu-gcc-12`` is ``gcc``."""
    name = _PROCESSOR.sub("", path.rpartition("/")[2].lower())
    everything = SHELLS | INTERPRETERS | PACKAGE_MANAGERS | COMPILERS | NETWORK_CLIENTS
    return name if name in everything else _VERSION.sub("", name)
