"""Only some packages move: whatever their relations need moves along, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from nautiloid.factory.definition import Definition
from nautiloid.factory.lockfile import LibraryNeed, Lock, LockedDeb
from nautiloid.updating.holding_back import HeldBack, hold_back

from .packages import Archive

OLD, NEW = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


def _lock(at: datetime, debs: list[LockedDeb]) -> Lock:
    return Lock(tool="t", timestamp=at, definition=Definition(name="x", summary="an image"), debs=tuple(debs))


def _held(archive: Archive, old: list[LockedDeb], new: list[LockedDeb], *moving: str) -> HeldBack:
    return hold_back(_lock(OLD, old), _lock(NEW, new), moving, archive.package)


def _versions(held: HeldBack) -> dict[str, str]:
    return {deb.name: deb.version for deb in held.debs}


def test_what_is_not_concerned_stays_and_remembers_when_it_was_there() -> None:
    a = Archive()
    held = _held(a, [a.deb("a", "1"), a.deb("b", "1")], [a.deb("a", "2"), a.deb("b", "2")], "a")
    assert _versions(held) == {"a": "2", "b": "1"}
    assert [deb.at for deb in held.debs] == [None, OLD]
    assert held.along == ()


def test_a_package_that_a_wheel_needs_a_library_of_comes_along_with_what_it_needs() -> None:
    a = Archive()
    need = LibraryNeed(soname="liblib.so.1", component="wheel:demo", path="/demo.so")
    added = a.deb("lib", "2", "Depends: base (= 2)\n", source="base").model_copy(update={"libraries": (need,)})
    held = _held(a, [a.deb("a", "1"), a.deb("base", "1")], [a.deb("a", "2"), a.deb("base", "2"), added])
    assert _versions(held) == {"a": "1", "base": "2", "lib": "2"}
    assert [deb.libraries for deb in held.debs if deb.name == "lib"] == [(need,)]


def test_a_new_version_brings_what_it_needs() -> None:
    a = Archive()
    old = [a.deb("a", "1"), a.deb("b", "1"), a.deb("c", "1")]
    new = [a.deb("a", "2", "Depends: b (>= 2), d"), a.deb("b", "2"), a.deb("c", "2"), a.deb("d", "1", "Depends: e"),
           a.deb("e", "1"), a.deb("f", "1")]  # fmt: skip
    held = _held(a, old, new, "a")
    assert _versions(held) == {"a": "2", "b": "2", "c": "1", "d": "1", "e": "1"}
    assert held.along == ("b",)


def test_siblings_that_want_the_same_version_move_together() -> None:
    a = Archive()
    old = [a.deb("lib", "1", "Depends: base (= 1)", "s"), a.deb("base", "1", "", "t")]
    new = [a.deb("lib", "2", "Depends: base (= 2)", "s"), a.deb("base", "2", "", "t")]
    assert _versions(_held(a, old, new, "t")) == {"lib": "2", "base": "2"}
    assert _versions(_held(a, old, new, "s")) == {"lib": "2", "base": "2"}


def test_what_a_new_version_breaks_moves_as_well() -> None:
    a = Archive()
    old = [a.deb("a", "1"), a.deb("b", "1")]
    new = [a.deb("a", "2", "Breaks: b (<< 2)"), a.deb("b", "2")]
    assert _versions(_held(a, old, new, "a")) == {"a": "2", "b": "2"}


@st.composite
def _archives(draw: st.DrawFn) -> tuple[Archive, list[LockedDeb], list[LockedDeb], list[str]]:
    archive, names = Archive(), list("abcde")
    locks = []
    for version in ("1", "2"):
        debs = []
        for name in names:
            needs = draw(st.lists(st.sampled_from(names), max_size=2, unique=True))
            sign = draw(st.sampled_from(["=", ">="]))
            relations = ", ".join(f"{other} ({sign} {version})" for other in needs)
            debs.append(archive.deb(name, version, f"Depends: {relations}" if relations else ""))
        locks.append(debs)
    return archive, locks[0], locks[1], draw(st.lists(st.sampled_from(names), unique=True))


@given(_archives())
def test_the_result_is_closed_and_everything_asked_for_has_moved(
    made: tuple[Archive, list[LockedDeb], list[LockedDeb], list[str]],
) -> None:
    archive, old, new, moving = made
    held = _held(archive, old, new, *moving)
    versions = _versions(held)
    assert all(versions[name] == "2" for name in moving)
    packages = [archive.package(deb) for deb in held.debs]
    for package in packages:
        for relation in package.depends:
            assert any(other.meets(relation.alternatives[0]) for other in packages)
    if not moving:
        assert set(versions.values()) == {"1"}
