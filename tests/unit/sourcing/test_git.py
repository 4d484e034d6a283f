from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from nautiloid.sourcing.git import GitError, checkout

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

URL = "https://git.example.org/demo.git"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository that the user's configuration puts in the place of the address; it hands out no lone commits."""
    root = tmp_path / "repository"
    root.mkdir()
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.file://{root}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", URL)
    _git(root, "init", "-q", "-b", "main")
    (root / "setup.py").write_text("first")
    (root / ".gitattributes").write_text("* filter=evil\n")
    _git(root, "config", "filter.evil.smudge", "false")
    _git(root, "add", ".")
    _git(root, "commit", "-qm", "first")
    _git(root, "tag", "v1")
    (root / "setup.py").write_text("second")
    _git(root, "commit", "-qam", "second")
    return root


def _git(root: Path, *words: str) -> str:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    return subprocess.check_output(["git", *identity, "-C", str(root), *words], text=True).strip()


def _content(ref: str, scratch: Path) -> tuple[str, bytes]:
    with checkout(URL, ref, scratch) as found, tarfile.open(found.tar) as archive:
        file = archive.extractfile("setup.py")
        assert file is not None
        return found.commit, file.read()


def test_a_branch_a_tag_and_a_commit_are_found_and_pinned(repository: Path, tmp_path: Path) -> None:
    first, second = _git(repository, "rev-parse", "v1"), _git(repository, "rev-parse", "main")
    assert _content("v1", tmp_path) == (first, b"first")
    assert _content("main", tmp_path) == (second, b"second")
    assert _content("HEAD", tmp_path) == (second, b"second")
    assert _content(first, tmp_path) == (first, b"first")
    assert [path.name for path in tmp_path.iterdir()] == ["repository"]


def test_what_is_not_there_is_said_without_a_secret(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(GitError, match="no-such-branch"):
        _content("no-such-branch", tmp_path)
    with pytest.raises(GitError, match="git cannot have https://git"), checkout(URL, "0" * 40, tmp_path):
        pass
    with pytest.raises(GitError) as caught, checkout("https://me:hunter2@127.0.0.1:9/x.git", "main", tmp_path):
        pass
    assert "hunter2" not in str(caught.value)
