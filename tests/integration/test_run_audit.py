"""One probe in every engine, as root and as nobody: what a hardened run promises, held or not, one by one.

The table in ``docs/explanation/run-profile.md`` is what this test saw; ``NAUTILOID_REWRITE_GOLDEN=1`` writes it anew,
on a machine that has every engine.
"""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from nautiloid.oci.layout import Layout

pytestmark = pytest.mark.engine

PAGE = Path(__file__).parents[2] / "docs/explanation/run-profile.md"
BEGIN, END = "<!-- audit: made by tests/integration/test_run_audit.py -->\n", "<!-- audit: end -->\n"
ENGINES = ("docker", "bubblewrap", "runsc")
USERS = ("root", "65532")
COLUMNS = [(engine, user) for engine in ENGINES for user in USERS]
SIGNS = {"held": "held", "BROKEN": "**no**", "killed": "the run is killed"}
LAST = "the number of processes is limited"


@pytest.fixture(scope="module")
def seen(
    request: pytest.FixtureRequest, probe_store: Layout, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], dict[str, str]]:
    """What the probe says, for each engine that works here and each user."""
    request.getfixturevalue("docker_daemon")
    answers = {}
    for engine, user in COLUMNS:
        output = tmp_path_factory.mktemp("out") / "out"
        command = [sys.executable, "-m", "nautiloid", "run", "--engine", engine, "--user", user, "--memory", "128m"]
        command += ["--pids", "64", "-o", f"{output}:/out", "nautiloid/probe:latest", "audit"]
        said = _at_a_terminal(command, probe_store)
        if "cannot be used" not in said:
            lines = [line.split("\t") for line in said.splitlines() if "\t" in line]
            answers[engine, user] = {promise.strip(): verdict.strip() for verdict, promise in lines}
            answers[engine, user].setdefault(LAST, "killed")
    return answers


def _at_a_terminal(command: list[str], store: Layout) -> str:
    """Run with a terminal as standard input, which is what a program could push its own input into."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "NAUTILOID_IMAGES": str(store.directory), "SECRET_OF_THE_HOST": "x"}
    done = subprocess.run(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
        start_new_session=True, check=False, timeout=120,
    )  # fmt: skip
    os.close(ours)
    os.close(theirs)
    return done.stdout


def test_the_page_says_what_the_probe_saw(seen: dict[tuple[str, str], dict[str, str]]) -> None:
    text = PAGE.read_text()
    before, _, rest = text.partition(BEGIN)
    table, _, after = rest.partition(END)
    if os.environ.get("NAUTILOID_REWRITE_GOLDEN") == "1":
        assert set(seen) == set(COLUMNS), "the table needs every engine"
        PAGE.write_text(f"{before}{BEGIN}{_table(seen)}{END}{after}")
        return
    written = _read(table)
    for column, verdicts in seen.items():
        assert verdicts, column
        assert written[column] == {promise: SIGNS[verdict] for promise, verdict in verdicts.items()}, column


def test_nothing_is_broken_but_what_the_page_explains(seen: dict[tuple[str, str], dict[str, str]]) -> None:
    assert len({tuple(verdicts) for verdicts in seen.values()}) == 1
    broken = {
        (engine, user, promise)
        for (engine, user), verdicts in seen.items()
        for promise, verdict in verdicts.items()
        if verdict != "held"
    }
    dev = "/dev cannot be written"
    killed = {("runsc", user, LAST) for user in USERS}
    assert broken <= {("docker", "root", dev), ("runsc", "root", dev), ("runsc", "65532", dev), *killed}


def _table(seen: dict[tuple[str, str], dict[str, str]]) -> str:
    heads = [f"{engine}, {'root' if user == 'root' else 'nobody'}" for engine, user in COLUMNS]
    lines = ["", f"| promise | {' | '.join(heads)} |", f"|---|{'---|' * len(heads)}"]
    lines += [
        f"| {promise} | {' | '.join(SIGNS[seen[column][promise]] for column in COLUMNS)} |"
        for promise in seen[COLUMNS[0]]
    ]
    return "\n".join(lines) + "\n\n"


def _read(table: str) -> dict[tuple[str, str], dict[str, str]]:
    rows = [[cell.strip() for cell in line.strip("|\n ").split("|")] for line in table.splitlines() if line.strip()][2:]
    return {column: {row[0]: row[1 + place] for row in rows} for place, column in enumerate(COLUMNS)}
