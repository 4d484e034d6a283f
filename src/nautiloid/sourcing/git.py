"""One commit of a git repository, as a tar.

git is the host's own program, and asks the host's own configuration who the user is and where mirrors are
(``credential.helper``, ``url.<base>.insteadOf``). Of the repository nothing is checked out and nothing run: no hook,
no submodule, no large-file filter.

Source: git-fetch(1), git-archive(1).
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nautiloid import bounds
from nautiloid.errors import NautiloidError, quotable
from nautiloid.programs import announced, without_credentials

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SECONDS = 900
_HARMLESS = ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "protocol.ext.allow=never"]
_ENVIRONMENT = {"GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1", "LC_ALL": "C"}


class GitError(NautiloidError):
    """A repository cannot be had, or has no such commit."""


@dataclass(frozen=True)
class Checkout:
    """A commit, and its files as a tar."""

    commit: str
    tar: Path


@contextmanager
def checkout(url: str, ref: str, scratch: Path) -> Iterator[Checkout]:
    """Lend the files of a commit.

    Args:
        url: The repository.
        ref: A branch, a tag or a commit.
        scratch: A directory to work in.

    Raises:
        GitError: git cannot have it.
    """
    with tempfile.TemporaryDirectory(prefix="git-", dir=scratch) as name:
        place = Path(name)
        repository, tar = place / "repository", place / "source.tar"
        _git(["init", "--quiet", "--bare", str(repository)], url)
        there = ["-C", str(repository)]
        options = ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules"]
        try:
            _git([*there, *options, "--depth=1", "--", url, ref], url)
            wanted = "FETCH_HEAD"
        except GitError:
            # A server need not hand out a commit by its number alone (uploadpack.allowAnySHA1InWant).
            if not _COMMIT.fullmatch(ref):
                raise
            _git([*there, *options, "--", url, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"], url)
            wanted = ref
        commit = _git([*there, "rev-parse", "--verify", "--end-of-options", f"{wanted}^{{commit}}"], url).strip()
        if not _COMMIT.fullmatch(commit) or (_COMMIT.fullmatch(ref) and commit != ref):
            raise GitError(f"{without_credentials(url)} has another commit at {ref}")
        _git([*there, "archive", "--format=tar", f"--output={tar}", commit], url)
        yield Checkout(commit, tar)


def _git(arguments: Sequence[str], url: str) -> str:
    command = ["git", *_HARMLESS, *arguments]
    try:
        done = subprocess.run(
            announced(command),
            env={**os.environ, **_ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_SECONDS,
            preexec_fn=_limit,
        )
    except FileNotFoundError as error:
        raise GitError(
            "git is not installed, and a source of the definition needs it", "apt-get install git"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise GitError(f"{without_credentials(url)} took more than {_SECONDS} seconds") from error
    if done.returncode:
        said = quotable(without_credentials(done.stderr), 400)
        raise GitError(
            f"git cannot have {without_credentials(url)}: {said}",
            "Check the address and the ref, and that git itself may read it: git ls-remote.",
        )
    return done.stdout


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (bounds.GIT_PACK, bounds.GIT_PACK))
