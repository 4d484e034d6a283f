"""What the Debian packages of a Dockerfile mean for an image that neither compiles nor downloads anything."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# What fetches, unpacks or compiles: wheels come compiled, and are fetched by `nautiloid lock`.
_BUILD_TOOLS = (
    "build-essential", "gcc", "gcc-*", "g++", "g++-*", "gfortran", "clang*", "llvm*", "make", "cmake", "ninja-build",
    "pkg-config", "autoconf", "automake", "libtool", "*-dev", "git", "git-lfs", "curl", "wget", "gnupg", "gnupg2",
    "apt-transport-https", "software-properties-common", "lsb-release", "rustc", "cargo", "swig", "patchelf", "unzip",
    "zip", "xz-utils", "bzip2", "python3-pip", "python3-venv", "python3-setuptools", "python3-wheel", "pipx",
)  # fmt: skip
_TOOLS_OF_PEOPLE = ("vim*", "nano", "less", "htop", "tmux", "screen", "openssh-*", "sudo", "procps", "tree", "man-db")
_ALREADY = ("python3", "python3-minimal", "python3.*", "ca-certificates", "tzdata", "locales", "base-files", "netbase")

# Names that other releases have for what bookworm and trixie call by the second name.
_RENAMED = {"libgl1-mesa-glx": "libgl1", "libglib2.0-0t64": "libglib2.0-0", "libjpeg62": "libjpeg62-turbo"}

# Runtime libraries and programs that wheels load or start without bundling them.
_RUNTIME = ("lib*", "ffmpeg", "tesseract-ocr*", "poppler-utils", "graphviz", "fonts-*", "espeak-ng*", "sox", "tini")


@dataclass(frozen=True)
class AptChoice:
    """What becomes of a package: taken or not, under which name, and why."""

    package: str
    taken: bool
    why: str = ""


def choose_packages(command: tuple[str, ...], never: Mapping[str, str]) -> Iterator[AptChoice]:
    """Judge each package of an ``apt-get install`` command.

    Args:
        command: Its words, from ``apt-get`` on.
        never: What the image does without, and why.
    """
    for word in command[command.index("install") + 1 :]:
        if word.startswith("-"):
            continue
        if any(char in word for char in "$`*?{"):
            yield AptChoice(word, taken=False, why="depends on the shell")
            continue
        asked, _, version = word.partition("=")
        name = _RENAMED.get(asked.partition(":")[0], asked.partition(":")[0])
        yield _judge(name, asked, version, never)


def _judge(name: str, asked: str, version: str, never: Mapping[str, str]) -> AptChoice:
    if name in never:
        return AptChoice(name, taken=False, why=f"left out: {never[name]}")
    if _is(name, _ALREADY):
        return AptChoice(name, taken=False, why="in the base image, as far as Python needs it")
    if _is(name, _BUILD_TOOLS):
        return AptChoice(name, taken=False, why="a build tool: wheels come compiled, and are fetched when locking")
    if _is(name, _TOOLS_OF_PEOPLE):
        return AptChoice(name, taken=False, why="a tool for people: there is no shell to use it from")
    remarks = [f"called {asked} elsewhere"] if name != asked else []
    remarks += [f"the lock pins the version, not {version}"] if version else []
    remarks += [] if _is(name, _RUNTIME) else ["unknown to init; remove it if the program does not need it at run time"]
    return AptChoice(name, taken=True, why="; ".join(remarks))


def _is(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
