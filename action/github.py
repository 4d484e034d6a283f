"""What the action tells GitHub: one comment that is kept up to date, and findings for code scanning.

``github.py comment FILE`` and ``github.py sarif FILE``. Formats: GitHub's REST API, "Issue comments" and "Upload an
analysis as SARIF data". The standard library is enough, so any Python 3.11 runs it.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import http.client
import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

_PAGE = 100
_MOST_PAGES = 50
_LONGEST_COMMENT = 65_000  # GitHub takes 65,536 characters
_LARGEST_ANSWER = 32 << 20
_SECONDS = 60


class GitHubError(Exception):
    """GitHub refused, did not answer, or answered something else."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The token goes to the API and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing."""


class Repository:
    """One repository, as its API has it."""

    def __init__(self, api: str, name: str, token: str) -> None:
        """Say which.

        Args:
            api: Where the API is: ``https://api.github.com``.
            name: ``owner/name``.
            token: May write comments, or security events.
        """
        self._place = f"{api}/repos/{name}"
        self._token = token
        self._opener = urllib.request.build_opener(_NoRedirects)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Return what the API answers.

        Raises:
            GitHubError: It refuses, or does not answer as it should.
        """
        request = urllib.request.Request(  # noqa: S310 - the runner says where the API is
            f"{self._place}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        try:
            with self._opener.open(request, timeout=_SECONDS) as answer:
                return json.loads(answer.read(_LARGEST_ANSWER) or b"null")
        except urllib.error.HTTPError as error:
            said = error.read(500).decode(errors="replace")
            raise GitHubError(f"{method} {path}: {error.code}: {said}") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise GitHubError(f"{method} {path}: {error}") from error


def comment(repository: Repository, number: int, text: str, mark: str, author: str) -> str:
    """Write a comment on a pull request, or bring the one of earlier up to date.

    Args:
        repository: Where.
        number: Of the pull request.
        text: Markdown.
        mark: Tells the comments of several images apart; it does not show.
        author: Whose comment may be changed. Anybody can write the mark into theirs.

    Returns:
        ``written`` or ``updated``.

    Raises:
        GitHubError: It could not be done.
    """
    body = {"body": f"{_shortened(text)}\n\n{mark}\n"}
    for page in range(1, _MOST_PAGES + 1):
        comments = repository.ask("GET", f"issues/{number}/comments?per_page={_PAGE}&page={page}")
        for one in comments:
            if one["user"] and one["user"]["login"] == author and one["body"].rstrip().endswith(mark):
                repository.ask("PATCH", f"issues/comments/{int(one['id'])}", body)
                return "updated"
        if len(comments) < _PAGE:
            break
    repository.ask("POST", f"issues/{number}/comments", body)
    return "written"


def _shortened(text: str) -> str:
    """Cut what is too long between two lines, and say so."""
    if len(text) <= _LONGEST_COMMENT:
        return text
    kept = text[:_LONGEST_COMMENT].rpartition("\n")[0]
    unclosed = "\n~~~~" if kept.count("\n~~~~") % 2 else ""
    return f"{kept}{unclosed}\n\n</details>\n\n**Cut here: the rest is in the job's summary.**"


def send_findings(repository: Repository, sarif: dict[str, Any], category: str, commit: str, ref: str) -> None:
    """Give findings to code scanning.

    Args:
        repository: Where.
        sarif: A SARIF log.
        category: Keeps the findings of several images apart.
        commit: What was scanned.
        ref: The branch, or ``refs/pull/NUMBER/merge``.

    Raises:
        GitHubError: It could not be done.
    """
    for run in sarif["runs"]:
        run["automationDetails"] = {"id": category}
    packed = base64.b64encode(gzip.compress(json.dumps(sarif).encode())).decode()
    repository.ask("POST", "code-scanning/sarifs", {"commit_sha": commit, "ref": ref, "sarif": packed})


def main(what: str, path: str) -> int:
    """Do what the command line says with what the environment says; return the exit code."""
    said = os.environ
    definition = said["DEFINITION"]
    repository = Repository(said["GITHUB_API_URL"], said["GITHUB_REPOSITORY"], said["GITHUB_TOKEN"])
    text = Path(path).read_text(encoding="utf-8")
    try:
        if what == "sarif":
            category = f"nautiloid/{definition}/"
            send_findings(repository, json.loads(text), category, said["GITHUB_SHA"], said["GITHUB_REF"])
        else:
            # A digest, since a path may hold what ends a comment of HTML.
            mark = f"<!-- nautiloid {hashlib.sha256(definition.encode()).hexdigest()[:16]} -->"
            done = comment(repository, int(said["PULL_REQUEST"]), text, mark, said["COMMENTER"])
            print(f"comment {done}")
    except (GitHubError, KeyError, TypeError) as error:
        print(f"GitHub could not be told: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
