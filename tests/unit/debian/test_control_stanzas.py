from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautiloid.debian.control import ControlSyntaxError, Stanza, parse_stanzas

TEXT = """# a comment
Package: zlib1g
Depends: libc6 (>= 2.14)
Description: compression library - runtime
 zlib is a library.
 .
 It compresses:deflate.

Package: tzdata
Empty:
"""


def test_fields_are_found_whatever_their_case() -> None:
    zlib, tzdata = parse_stanzas(TEXT)
    assert zlib["package"] == zlib["PACKAGE"] == "zlib1g"
    assert zlib["Description"].split("\n") == [
        "compression library - runtime", " zlib is a library.", " .", " It compresses:deflate.",
    ]  # fmt: skip
    assert tzdata["Empty"] == ""
    assert "Depends" not in tzdata
    with pytest.raises(ControlSyntaxError, match="tzdata has no Depends"):
        tzdata.require("Depends")


@pytest.mark.parametrize("gap", ["\n\n", "\n \n", "\n\n\n\t\n\n"])
def test_blank_lines_part_stanzas(gap: str) -> None:
    assert [stanza["A"] for stanza in parse_stanzas(f"\nA: 1{gap}A: 2\n\n")] == ["1", "2"]


def test_the_text_of_a_stanza_is_kept_as_written() -> None:
    assert next(parse_stanzas(TEXT)).text == TEXT.partition("\n\n")[0]


@pytest.mark.parametrize("text", [" continued: from nothing", "no colon", "A: 1\na: 2", "Bad Name: 1", ": 1"])
def test_malformed_stanzas_are_refused(text: str) -> None:
    with pytest.raises(ControlSyntaxError):
        Stanza(text)


NAMES = st.from_regex(r"[A-Z][a-z-]{0,8}", fullmatch=True)
VALUES = st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)


@given(st.lists(st.dictionaries(NAMES, VALUES, min_size=1, max_size=5), max_size=5))
def test_what_is_written_is_read(stanzas: list[dict[str, str]]) -> None:
    stanzas = [{name.lower(): value for name, value in stanza.items()} for stanza in stanzas]
    text = "\n\n".join("\n".join(f"{name}: {value}" for name, value in stanza.items()) for stanza in stanzas)
    assert [dict(stanza) for stanza in parse_stanzas(text)] == stanzas


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_by_name(text: str) -> None:
    with contextlib.suppress(ControlSyntaxError):
        list(parse_stanzas(text))
