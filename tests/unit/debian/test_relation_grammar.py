from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautiloid.debian.relation import Alternative, RelationSyntaxError, parse_relations


def shown(text: str, architecture: str = "amd64", *profiles: str) -> list[str]:
    return [str(relation) for relation in parse_relations(text, architecture, frozenset(profiles))]


def test_a_real_field() -> None:
    first, second, third = parse_relations("libc6 (>= 2.36),\n debconf (>= 0.5)|debconf-2.0, python3:any (<< 3.12)")
    assert first.alternatives == (Alternative("libc6", ">=", "2.36"),)
    assert second.alternatives == (Alternative("debconf", ">=", "0.5"), Alternative("debconf-2.0"))
    assert third.alternatives == (Alternative("python3", "<<", "3.12", "any"),)


def test_spacing_and_empty_clauses_do_not_matter() -> None:
    assert shown("a(>=1)[amd64]<!x>, ,b  |c,") == ["a (>= 1)", "b | c"]
    assert shown("") == []


@pytest.mark.parametrize(
    ("restriction", "architecture", "applies"),
    [
        ("amd64", "amd64", True),
        ("arm64 amd64", "amd64", True),
        ("arm64", "amd64", False),
        ("!amd64", "amd64", False),
        ("!i386 !arm64", "amd64", True),
        ("any", "amd64", True),
        ("linux-any", "amd64", True),
        ("hurd-any", "amd64", False),
        ("any-amd64", "amd64", True),
        ("any-amd64", "hurd-amd64", True),
        ("any-i386", "amd64", False),
        ("!linux-any", "amd64", False),
        ("kfreebsd-any", "kfreebsd-amd64", True),
    ],
)
def test_architecture_restrictions(restriction: str, architecture: str, applies: bool) -> None:
    assert shown(f"a [{restriction}]", architecture) == (["a"] if applies else [])


@pytest.mark.parametrize(
    ("formula", "profiles", "applies"),
    [
        ("<!nocheck>", (), True),
        ("<!nocheck>", ("nocheck",), False),
        ("<cross>", (), False),
        ("<!nocheck !cross>", ("cross",), False),
        ("<cross> <!nocheck>", (), True),
        ("<stage1 nodoc>", ("stage1", "nodoc"), True),
    ],
)
def test_build_profiles(formula: str, profiles: tuple[str, ...], applies: bool) -> None:
    assert shown(f"a {formula}", "amd64", *profiles) == (["a"] if applies else [])


def test_an_alternative_for_another_architecture_drops_out() -> None:
    assert shown("a [i386] | b, c [i386]") == ["b"]


@pytest.mark.parametrize("text", ["a b", "a (2)", "a (>= )", "(>= 1)", "a |", "a [amd64", "a (~= 1)", "-a", "a:"])
def test_bad_grammar_is_refused(text: str) -> None:
    with pytest.raises(RelationSyntaxError):
        parse_relations(text)


@pytest.mark.parametrize(
    ("qualifier", "reached"), [("", True), (":any", True), (":native", True), (":amd64", True), (":i386", False)]
)
def test_qualifiers_name_architectures(qualifier: str, reached: bool) -> None:
    (relation,) = parse_relations(f"python3{qualifier}")
    assert relation.alternatives[0].reaches("amd64") is reached


def test_a_provides_without_version_meets_no_constraint() -> None:
    assert Alternative("a").accepts_provided(None)
    assert not Alternative("a", ">=", "1").accepts_provided(None)
    assert Alternative("a", ">=", "1").accepts_provided("2")


@given(st.text(alphabet="ab1 ,|()[]<>!=:.~-\n", max_size=40))
def test_printing_and_parsing_agree_or_the_text_is_refused(text: str) -> None:
    try:
        relations = parse_relations(text)
    except RelationSyntaxError:
        return
    assert parse_relations(", ".join(map(str, relations))) == relations
