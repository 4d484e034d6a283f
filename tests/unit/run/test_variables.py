from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautiloid.errors import UsageError
from nautiloid.run.variables import Variables, read_variables


def test_a_name_alone_takes_what_is_set_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERE", "a=b c")
    monkeypatch.delenv("NOT_HERE", raising=False)
    assert read_variables(["HERE", "NOT_HERE", "A=", "B=x=y"]) == Variables(
        {"HERE": "a=b c", "A": "", "B": "x=y"}, ("NOT_HERE",)
    )


def test_a_file_is_read_as_docker_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERE", "1")
    file = tmp_path / "variables"
    file.write_bytes("\ufeff# a comment\r\n\n  A='quoted' \r\nB=#no comment\nHERE\nC=file\n".encode())
    found = read_variables(["C=typed"], [file])
    assert found.values == {"A": "'quoted' ", "B": "#no comment", "HERE": "1", "C": "typed"}


@pytest.mark.parametrize("word", ["", "=x", "A B=c", "\u2003=x"])
def test_what_is_no_variable_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="not a variable"):
        read_variables([word])


def test_a_line_that_is_refused_is_named_and_not_repeated(tmp_path: Path) -> None:
    file = tmp_path / "variables"
    file.write_text("A=1\nmy secret\n")
    with pytest.raises(UsageError, match="Line 2 of") as refused:
        read_variables([], [file])
    assert "secret" not in str(refused.value)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    binary, pipe = tmp_path / "binary", tmp_path / "pipe"
    binary.write_bytes(b"A=\xff")
    os.mkfifo(pipe)
    for wrong in (tmp_path / "gone", tmp_path, binary, pipe):
        with pytest.raises(UsageError):
            read_variables([], [wrong])


@given(st.binary(max_size=60))
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.mktemp("any") / "file"
    file.write_bytes(content)
    with contextlib.suppress(UsageError):
        assert all("=" not in name for name in read_variables([], [file]).values)
