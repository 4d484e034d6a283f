"""The Debian side of an edited definition: what was locked stays, what is new comes, what nothing wants goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from nautiloid.debian.index import PackageIndex
from nautiloid.debian.solver import UnsatisfiableError, solve
from nautiloid.factory.definition import Debian, Definition
from nautiloid.factory.lockfile import ExcusedDependency, Lock, LockedDeb
from nautiloid.updating.staying_debs import Staying, staying_debs

from .packages import Archive

OLD, NEW = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


class States:
    """Two states of one archive; a definition is locked against either."""

    def __init__(self, before: dict[str, str], after: dict[str, str]) -> None:
        self.archive = Archive()
        self._states = {
            OLD: {name: self.archive.deb(name, "1", text) for name, text in before.items()},
            NEW: {name: self.archive.deb(name, "2", text) for name, text in after.items()},
        }

    def lock(self, moment: datetime, wanted: Sequence[str], never: Sequence[str] = ()) -> Lock:
        index = PackageIndex()
        state = self._states[moment]
        for deb in state.values():
            text = f"Package: {deb.name}\nVersion: {deb.version}\nArchitecture: amd64\nFilename: x\nSize: 1\n"
            index.add(f"{text}SHA256: {deb.sha256}\n{self.archive.relations[deb.sha256]}", archive="debian", suite="")
        closure = solve(index, wanted, set(never))
        debs = [self._entry(state[one.name], closure.reasons[one.name]) for one in closure.packages]
        excused = tuple(
            ExcusedDependency(package=one.dependent or "", relation=str(one.relation)) for one in closure.excused
        )
        debian = Debian(packages=tuple(wanted), never=dict.fromkeys(never, "not wanted"))
        definition = Definition(name="x", summary="an image", debian=debian)
        return Lock(tool="t", timestamp=moment, definition=definition, debs=tuple(debs), excused=excused)

    @staticmethod
    def _entry(deb: LockedDeb, reason: object) -> LockedDeb:
        dependent, relation = getattr(reason, "dependent", None), getattr(reason, "relation", "")
        return deb.model_copy(update={"wanted_by": dependent or "", "relation": str(relation)})

    def staying(self, old: Lock, new: Lock) -> Staying:
        return staying_debs(old, new, self.archive.package)


def _versions(staying: Staying) -> dict[str, str]:
    return {deb.name: deb.version for deb in staying.debs}


def test_a_new_package_comes_and_the_others_stay() -> None:
    both = {"a": "Depends: c", "b": "Depends: c", "c": ""}
    states = States(both, both)
    found = states.staying(states.lock(OLD, ["a"]), states.lock(NEW, ["a", "b"]))
    assert _versions(found) == {"a": "1", "b": "2", "c": "1"}
    assert {deb.name: (deb.at, deb.wanted_by) for deb in found.debs} == {
        "a": (OLD, ""), "b": (None, ""), "c": (OLD, "a")
    }  # fmt: skip


def test_a_sibling_that_wants_the_very_version_takes_it_along() -> None:
    states = States({"c": "", "d": ""}, {"c": "", "dev": "Depends: c (= 2)", "d": ""})
    found = states.staying(states.lock(OLD, ["c", "d"]), states.lock(NEW, ["c", "d", "dev"]))
    assert _versions(found) == {"c": "2", "d": "1", "dev": "2"}


def test_a_narrower_request_moves_what_it_names() -> None:
    both = {"a": "", "b": ""}
    states = States(both, both)
    found = states.staying(states.lock(OLD, ["a", "b"]), states.lock(NEW, ["a (>= 2)", "b"]))
    assert _versions(found) == {"a": "2", "b": "1"}


def test_every_request_counts_also_a_second_one_for_the_same_package() -> None:
    states = States({"a": ""}, {"a": ""})
    assert _versions(states.staying(states.lock(OLD, ["a"]), states.lock(NEW, ["a", "a (>= 2)"]))) == {"a": "2"}


def test_what_nothing_wants_any_more_goes_with_all_that_it_needed() -> None:
    both = {"a": "Depends: c", "b": "Depends: d", "c": "", "d": ""}
    states = States(both, both)
    found = states.staying(states.lock(OLD, ["a", "b"]), states.lock(NEW, ["a"]))
    assert _versions(found) == {"a": "1", "c": "1"}


def test_what_shall_never_enter_leaves_and_is_excused() -> None:
    both = {"a": "Depends: b", "b": ""}
    states = States(both, both)
    found = states.staying(states.lock(OLD, ["a"]), states.lock(NEW, ["a"], never=["b"]))
    assert _versions(found) == {"a": "1"}
    assert found.excused == (ExcusedDependency(package="a", relation="b"),)


def test_what_may_enter_again_enters() -> None:
    both = {"a": "Depends: b", "b": "Depends: c", "c": ""}
    states = States(both, both)
    found = states.staying(states.lock(OLD, ["a"], never=["b"]), states.lock(NEW, ["a"]))
    assert _versions(found) == {"a": "1", "b": "2", "c": "2"}
    assert found.excused == ()


_NAMES = "abcdef"


@st.composite
def _states(draw: st.DrawFn) -> tuple[dict[str, str], dict[str, str]]:
    states = []
    for version in ("1", "2"):
        state = {}
        for name in _NAMES:
            others = draw(st.lists(st.sampled_from(_NAMES), max_size=2, unique=True))
            bounds = [draw(st.sampled_from(["", f" (= {version})", f" (>= {version})"])) for _ in others]
            needs = ", ".join(f"{other}{bound}" for other, bound in zip(others, bounds, strict=True))
            breaks = draw(st.sampled_from(["", *(f"Breaks: {other} (<< 2)\n" for other in _NAMES)]))
            state[name] = (f"Depends: {needs}\n" if needs else "") + (breaks if version == "2" else "")
        states.append(state)
    return states[0], states[1]


_requests = st.lists(st.sampled_from([*_NAMES, "a (>= 2)"]), min_size=1, max_size=3, unique=True)


@given(_states(), _requests, _requests)
def test_the_result_is_closed_meets_the_request_and_breaks_nothing(
    made: tuple[dict[str, str], dict[str, str]], before: list[str], after: list[str]
) -> None:
    states = States(*made)
    try:
        old, new = states.lock(OLD, [one for one in before if "(" not in one] or ["b"]), states.lock(NEW, after)
    except UnsatisfiableError:
        return
    found = states.staying(old, new)
    packages = [states.archive.package(deb) for deb in found.debs]
    answered = {package.name: package for package in packages}
    for text in after:
        name, _, bound = text.partition(" ")
        assert name in answered
        assert not bound or answered[name].version == "2"
    for package in packages:
        for relation in package.depends:
            assert any(one.meets(relation.alternatives[0]) for one in packages)
        for relation in package.breaks:
            assert not any(one.meets(relation.alternatives[0]) for one in packages if one is not package)
    assert found.excused == ()
    if set(after) <= set(before) and "a (>= 2)" not in after:
        assert {deb.version for deb in found.debs} == {"1"}
