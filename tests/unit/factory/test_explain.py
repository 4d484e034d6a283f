from __future__ import annotations

from datetime import UTC, datetime

import pytest

from nautiloid.errors import UsageError
from nautiloid.factory.definition import Debian, Definition, Python
from nautiloid.factory.explain import added_for_libraries, explain
from nautiloid.factory.lockfile import DroppedWheel, ExcusedDependency, LibraryNeed, Lock, LockedDeb, LockedWheel

HASH = "0" * 64


def _deb(name: str, wanted_by: str, relation: str) -> LockedDeb:
    return LockedDeb(
        name=name, version="1.0", architecture="amd64", source=name, source_version="1.0", archive="debian",
        path=f"pool/{name}.deb", size=1, sha256=HASH, wanted_by=wanted_by, relation=relation,
    )  # fmt: skip


def _wheel(name: str, *wanted_by: str) -> LockedWheel:
    return LockedWheel(
        name=name, version="2.0", filename=f"{name}-2.0-py3-none-any.whl", size=1, sha256=HASH, wanted_by=wanted_by
    )


LOCK = Lock(
    tool="test",
    timestamp=datetime(2026, 1, 1, tzinfo=UTC),
    definition=Definition(
        name="app",
        debian=Debian(packages=("python3",), never={"perl-base": "no perl", "emacs": "no editor"}),
        python=Python(requirements=("torch",), never={"nvidia-*": "for CPUs"}),
    ),
    debs=(
        _deb("libc6", "libssl3", "libc6 (>= 2.34)"),
        _deb("libssl3", "python3", "libssl3 (>= 3.0)"),
        _deb("python3", "", "python3"),
    ),
    excused=(ExcusedDependency(package="libssl3", relation="debconf (>= 0.5) | perl-base"),),
    wheels=(_wheel("torch"), _wheel("sympy", "torch"), _wheel("mpmath", "sympy"), _wheel("a", "b"), _wheel("b", "a")),
    dropped=(DroppedWheel(name="setuptools", version="3.0", because="a build tool"),),
)


def test_a_package_is_explained_up_to_the_definition() -> None:
    (explanation,) = explain(LOCK, "libc6")
    assert explanation.headline == "libc6 1.0 is in (Debian package)"
    assert explanation.lines == (
        "libssl3 1.0 depends on libc6 (>= 2.34)",
        "python3 1.0 depends on libssl3 (>= 3.0)",
        "the definition asks for python3",
    )


def test_a_package_that_was_added_for_a_library_is_explained_by_what_needs_it() -> None:
    needs = (
        LibraryNeed(soname="libx.so.1", component="wheel:torch", path="/t.so"),
        LibraryNeed(soname="libx.so.1", component="wheel:sympy"),
    )
    added = _deb("perl-base", "", "perl-base").model_copy(update={"libraries": needs})
    lock = LOCK.model_copy(update={"debs": (*LOCK.debs, added, _deb("libz1", "perl-base", "libz1"))})
    reasons = (
        "torch 2.0 needs libx.so.1 of perl-base, in /t.so",
        "sympy 2.0 needs libx.so.1 of perl-base, which it opens by name when it runs",
    )
    assert explain(lock, "perl-base")[0].lines == (*reasons, "although the definition says never: no perl")
    assert explain(lock, "libz1")[0].lines == ("perl-base 1.0 depends on libz1", *reasons)
    assert added_for_libraries(lock) == ["perl-base 1.0 is added: torch 2.0 and 1 more need libx.so.1"]
    assert added_for_libraries(LOCK) == []


def test_what_never_enters_is_explained_with_who_does_without_it() -> None:
    (explanation,) = explain(LOCK, "perl-base")
    assert explanation.headline == "perl-base never enters: no perl"
    assert explanation.lines == ("libssl3 does without debconf (>= 0.5) | perl-base",)
    assert explain(LOCK, "emacs")[0].lines == ("nothing in the image wants it",)
    assert "for CPUs" in explain(LOCK, "nvidia-cublas")[0].headline


def test_a_distribution_is_explained_by_all_that_need_it() -> None:
    assert explain(LOCK, "MPmath")[0].lines == (
        "sympy needs mpmath", "torch needs sympy", "the definition asks for torch"
    )  # fmt: skip
    assert explain(LOCK, "setuptools")[0].headline.endswith("left out: a build tool")


def test_a_circle_ends() -> None:
    assert explain(LOCK, "a")[0].lines == ("b needs a", "a needs b")


def test_a_stranger_is_an_error_with_a_guess() -> None:
    with pytest.raises(UsageError, match="nothing in it wants it") as caught:
        explain(LOCK, "sympi")
    assert "sympy" in caught.value.hint
