from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautiloid.debian.index import Package, PackageIndex
from nautiloid.debian.relation import Relation, parse_relations
from nautiloid.debian.solver import Closure, Demand, UnsatisfiableError, solve

EXCERPT = Path(__file__).parents[2] / "data" / "debian" / "bookworm-python-excerpt.txt"
# What the interpreter's rarely used modules, configuration dialogues and rehashing need.
NEVER = [
    "cdebconf",
    "debconf",
    "gawk",
    "libcrypt1",
    "libdb5.3",
    "libncursesw6",
    "libnsl2",
    "libreadline8",
    "libtinfo6",
    "libtirpc3",
    "libuuid1",
    "mawk",
    "openssl",
    "original-awk",
]
WANTED = [
    "base-files",
    "python3.11-minimal",
    "libpython3.11-stdlib",
    "ca-certificates",
    "tzdata",
    "netbase",
    "libstdc++6",
]

Fields = Mapping[str, str]


def stanza(name: str, version: str = "1", **fields: str) -> str:
    lines = {"Package": name, "Version": version, "Architecture": "amd64"} | {
        field.replace("_", "-"): value for field, value in fields.items()
    }
    lines |= {"Filename": f"pool/{name}_{version}.deb", "Size": "1", "SHA256": "0" * 64}
    return "\n".join(f"{field}: {value}" for field, value in lines.items() if value)


def index_of(*stanzas: str) -> PackageIndex:
    index = PackageIndex()
    index.add("\n\n".join(stanzas) + "\n", archive="debian", suite="bookworm")
    return index


def names(closure: Closure) -> list[str]:
    return [package.name for package in closure.packages]


def test_depends_and_pre_depends_come_along() -> None:
    index = index_of(
        stanza("app", Depends="lib (>= 2)", Pre_Depends="base", Recommends="extra"),
        stanza("lib", "2", Depends="base"),
        stanza("base"),
        stanza("extra"),
    )
    closure = solve(index, ["app"])
    assert names(closure) == ["app", "base", "lib"]
    assert [(name, str(relation)) for name, relation in closure.explain("lib")] == [
        ("app", "app"),
        ("lib", "lib (>= 2)"),
    ]
    assert closure.excused == ()


def test_the_first_alternative_wins() -> None:
    index = index_of(stanza("app", Depends="a | b"), stanza("a"), stanza("b"))
    assert names(solve(index, ["app"])) == ["a", "app"]


@pytest.mark.parametrize("wanted", [["app", "b"], ["b", "app"], ["app", "needs-b"], ["needs-b", "app"]])
def test_what_is_needed_anyway_wins_over_the_first_alternative(wanted: list[str]) -> None:
    index = index_of(stanza("app", Depends="a | b"), stanza("a"), stanza("b"), stanza("needs-b", Depends="b"))
    assert "a" not in names(solve(index, wanted))


def test_virtual_packages() -> None:
    index = index_of(
        stanza("app", Depends="awk"), stanza("mawk", Provides="awk"), stanza("gawk", Provides="awk (= 5), posix-awk")
    )
    assert names(solve(index, ["app"])) == ["app", "gawk"]
    assert names(solve(index, ["awk (>= 4)"])) == ["gawk"]
    with pytest.raises(UnsatisfiableError):
        solve(index, ["posix-awk (>= 1)"])


def test_an_older_version_where_only_that_will_do() -> None:
    index = index_of(stanza("lib", "1"), stanza("lib", "2"), stanza("app", Depends="lib (<< 2)"))
    assert [str(package) for package in solve(index, ["lib"]).packages] == ["lib 2"]
    assert [str(package) for package in solve(index, ["lib", "app"]).packages] == ["app 1", "lib 1"]


@pytest.mark.parametrize("field", ["Conflicts", "Breaks"])
def test_conflicts_send_the_search_to_another_alternative(field: str) -> None:
    index = index_of(stanza("app", Depends="a | b, c"), stanza("a", **{field: "c"}), stanza("b"), stanza("c"))
    assert names(solve(index, ["app"])) == ["app", "b", "c"]


def test_a_package_does_not_conflict_with_what_it_provides_itself() -> None:
    index = index_of(stanza("mta", Provides="mail", Conflicts="mail"), stanza("other", Provides="mail"))
    assert names(solve(index, ["mta"])) == ["mta"]
    with pytest.raises(UnsatisfiableError, match="conflicts"):
        solve(index, ["mta", "other"])


def test_cycles_are_closed() -> None:
    index = index_of(stanza("a", Depends="b"), stanza("b", Depends="a"))
    assert names(solve(index, ["a"])) == ["a", "b"]


def test_an_unwanted_package_is_excused_only_where_nothing_else_would_do() -> None:
    index = index_of(
        stanza("app", Depends="debconf | debconf-2.0, perl | python"),
        stanza("debconf"),
        stanza("perl"),
        stanza("python"),
    )
    closure = solve(index, ["app"], never=["debconf", "perl"])
    assert names(closure) == ["app", "python"]
    assert closure.excused == (Demand("app", *parse_relations("debconf | debconf-2.0")),)


def test_what_is_wanted_by_name_enters_although_dependencies_would_be_excused() -> None:
    index = index_of(stanza("app", Depends="editor"), stanza("editor"), stanza("emacs", Provides="editor"))
    closure = solve(index, ["app", "editor"], never=["editor", "emacs"])
    assert (names(closure), closure.excused) == (["app", "editor"], ())
    assert closure.explain("editor")[-1][0] == "editor"


def test_of_several_that_would_do_the_one_that_may_enter_is_taken() -> None:
    index = index_of(stanza("nano"), stanza("vim"))
    assert names(solve(index, ["vim | nano"], never=["vim"])) == ["nano"]
    assert names(solve(index, ["vim | nano"], never=["vim", "nano"])) == ["vim"]


def test_errors_say_who_asked_and_what_there_is() -> None:
    index = index_of(
        stanza("app", Depends="middle"), stanza("middle", Depends="lib (>= 3)"), stanza("lib", "1"), stanza("lib", "2")
    )
    with pytest.raises(UnsatisfiableError) as caught:
        solve(index, ["app"])
    assert caught.value.message.startswith("middle (wanted through app -> middle) needs lib (>= 3)")
    assert caught.value.hint == "lib is there as 2, 1."
    with pytest.raises(UnsatisfiableError) as caught:
        solve(index, ["midle"])
    assert caught.value.hint == "There is no midle; did you mean middle?"


def test_the_python_closure_of_bookworm() -> None:
    index = PackageIndex()
    index.add(EXCERPT.read_text(), archive="debian", suite="bookworm")
    closure = solve(index, WANTED, NEVER)
    assert names(closure) == [
        "base-files",
        "ca-certificates",
        "gcc-12-base",
        "libbz2-1.0",
        "libc6",
        "libexpat1",
        "libffi8",
        "libgcc-s1",
        "liblzma5",
        "libpython3.11-minimal",
        "libpython3.11-stdlib",
        "libsqlite3-0",
        "libssl3",
        "libstdc++6",
        "media-types",
        "netbase",
        "python3.11-minimal",
        "tzdata",
        "zlib1g",
    ]
    assert [f"{demand.dependent}: {demand.relation}" for demand in closure.excused] == [
        "base-files: awk",
        "ca-certificates: debconf (>= 0.5) | debconf-2.0",
        "ca-certificates: openssl (>= 1.1.1)",
        "libpython3.11-stdlib: libcrypt1 (>= 1:4.1.0)",
        "libpython3.11-stdlib: libdb5.3",
        "libpython3.11-stdlib: libncursesw6 (>= 6.1)",
        "libpython3.11-stdlib: libnsl2 (>= 1.0)",
        "libpython3.11-stdlib: libreadline8 (>= 7.0~beta)",
        "libpython3.11-stdlib: libtinfo6 (>= 6)",
        "libpython3.11-stdlib: libtirpc3 (>= 1.0.2)",
        "libpython3.11-stdlib: libuuid1 (>= 2.20.1)",
        "tzdata: debconf (>= 0.5) | debconf-2.0",
    ]
    assert closure.explain("zlib1g")[-1][0] == "zlib1g"


UNIVERSE = "abcde"
ATOM = st.builds(
    lambda name, constraint: f"{name}{constraint}",
    st.sampled_from([*UNIVERSE, "v"]),
    st.sampled_from(["", "", " (>= 2)", " (<< 2)", " (= 1)"]),
)
CLAUSE = st.lists(ATOM, min_size=1, max_size=2).map(" | ".join)
DEPENDS = st.lists(CLAUSE, max_size=2).map(", ".join)
CONFLICTS = st.lists(ATOM, max_size=1).map(", ".join)
PROVIDES = st.sampled_from(["", "", "v", "v (= 1)", "v (= 2)"])
PACKAGE = st.tuples(DEPENDS, CONFLICTS, PROVIDES)
UNIVERSES = st.dictionaries(
    st.tuples(st.sampled_from(UNIVERSE), st.sampled_from("12")), PACKAGE, min_size=1, max_size=6
)


def stanzas_of(universe: Mapping[tuple[str, str], tuple[str, str, str]]) -> list[str]:
    return [
        stanza(name, version, Depends=depends, Conflicts=conflicts, Provides=provides)
        for (name, version), (depends, conflicts, provides) in universe.items()
    ]


def holds(chosen: Sequence[Package], relation: Relation, everything: Sequence[Package], never: set[str]) -> bool:
    """Judge a relation from the definitions alone."""

    def meets(package: Package) -> bool:
        return any(package.meets(alternative) for alternative in relation.alternatives)

    would_do = [package for package in everything if meets(package)]
    excused = bool(would_do) and all(package.name in never for package in would_do)
    return excused or any(meets(package) for package in chosen)


def is_closure(
    chosen: Sequence[Package], wanted: Sequence[Relation], everything: Sequence[Package], never: set[str]
) -> bool:
    needed = [*wanted, *(relation for package in chosen for relation in (*package.depends, *package.pre_depends))]
    peaceful = not any(
        a.name != b.name and b.meets(alternative)
        for a in chosen
        for b in chosen
        for relation in (*a.conflicts, *a.breaks)
        for alternative in relation.alternatives
    )
    return (
        peaceful
        and len({package.name for package in chosen}) == len(chosen)
        and not any(package.name in never for package in chosen)
        and all(holds(chosen, relation, everything, never) for relation in needed)
    )


def never_in_effect(index: PackageIndex, wanted: Sequence[Relation], never: set[str]) -> set[str]:
    """Return the unwanted without what is wanted by name: the first of those that meet it."""
    left = set(never)
    for relation in wanted:
        would_do = [package.name for one in relation.alternatives for package in index.satisfying(one)]
        if would_do and left.issuperset(would_do):
            left.remove(would_do[0])
    return left


@settings(max_examples=300, deadline=None)
@given(UNIVERSES, st.lists(CLAUSE, min_size=1, max_size=2), st.sets(st.sampled_from(UNIVERSE), max_size=2))
def test_a_closure_is_found_exactly_when_there_is_one(
    universe: dict[tuple[str, str], tuple[str, str, str]], wanted: list[str], never: set[str]
) -> None:
    index = index_of(*stanzas_of(universe))
    everything = [package for name in UNIVERSE for package in index.candidates(name)]
    relations = [relation for text in wanted for relation in parse_relations(text)]
    unwanted = never_in_effect(index, relations, never)
    possible = any(
        is_closure(chosen, relations, everything, unwanted)
        for size in range(len(everything) + 1)
        for chosen in itertools.combinations(everything, size)
    )
    try:
        closure = solve(index, wanted, never)
    except UnsatisfiableError:
        assert not possible
        return
    assert is_closure(closure.packages, relations, everything, unwanted)
    assert set(closure.reasons) == set(names(closure))
    for name in closure.reasons:
        assert closure.explain(name)[-1][0] == name
    for demand in closure.excused:
        assert not any(package.meets(a) for package in closure.packages for a in demand.relation.alternatives)


@given(UNIVERSES, CLAUSE, st.randoms(use_true_random=False))
def test_the_order_of_the_index_does_not_matter(
    universe: dict[tuple[str, str], tuple[str, str, str]], wanted: str, chance: random.Random
) -> None:
    stanzas = stanzas_of(universe)
    shuffled = chance.sample(stanzas, len(stanzas))

    def answer(given: list[str]) -> str:
        try:
            return repr(solve(index_of(*given), [wanted]))
        except UnsatisfiableError as error:
            return str(error)

    assert answer(stanzas) == answer(shuffled)
