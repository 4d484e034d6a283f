from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautiloid.versions.errors import InvalidVersionError
from nautiloid.versions.upstream import branch, release_of, version_key


@pytest.mark.parametrize(
    "ascending",
    [
        ["1.2.0.1", "1.2.8", "1.2.11", "1.2.13", "1.3", "1.3.1"],
        ["1.1.1-pre9", "1.1.1", "1.1.1a", "1.1.1w", "1.1.1za", "3.0.0-alpha17", "3.0.0-beta2", "3.0.0", "3.0.10"],
        ["1.0.0-rc1", "1.0.0-rc2", "1.0.0", "1.0.1"],
        ["1.6.0beta10", "1.6.0rc01", "1.6.0"],
    ],
)
def test_releases_sort_as_they_came(ascending: list[str]) -> None:
    keys = [version_key(release) for release in ascending]
    assert keys == sorted(set(keys))


def test_trailing_zeros_make_no_other_release() -> None:
    assert version_key("v1.6") == version_key("1.6.0")
    assert version_key("1.6.0-rc1") < version_key("1.6")


@pytest.mark.parametrize(
    ("tag", "names", "release"),
    [
        ("v1.6.0", (), "1.6.0"),
        ("R_2_6_3", ("libexpat", "expat"), "2.6.3"),
        ("VER-2-13-3", ("freetype",), "2.13.3"),
        ("openssl-3.0.1", ("openssl",), "3.0.1"),
        ("OpenSSL_1_1_1w", ("openssl",), "1.1.1w"),
        ("OpenSSL_1_1_1-pre1", ("openssl",), "1.1.1-pre1"),
        ("curl-8_5_0", ("curl",), "8.5.0"),
        ("libpng-1.6.34-signed", ("libpng",), "1.6.34"),
        ("lcms2.16", ("littlecms2", "lcms2", "lcms"), "2.16"),
        ("version-3.45.1", ("sqlite",), "3.45.1"),
        ("Release-v4-0-6", ("libtiff",), "4.0.6"),
        ("version.2.1", ("openjpeg",), "2.1"),
        ("bzip2-1.0.8", ("bzip2",), "1.0.8"),
        ("libxml2-2.9.14", ("libxml2",), "2.9.14"),
        ("n6.1.1", ("ffmpeg",), "6.1.1"),
        ("refs/tags/v1.3.1", (), "1.3.1"),
        ("webp-rfc9649", ("libwebp",), None),
        ("OpenSSL-fips-2_0", ("openssl",), None),
        ("jpeg-9e", ("libjpeg-turbo",), None),
        ("post-type-punning-patch", ("mutt",), None),
        ("", (), None),
        ("v1." + "0" * 5_000_000, (), None),
    ],
)
def test_the_release_that_a_tag_names(tag: str, names: tuple[str, ...], release: str | None) -> None:
    assert release_of(tag, names) == release


def test_the_branch_of_a_release() -> None:
    assert branch("3.0.7") == branch("3.0.16") == (3, 0)
    assert branch("1.3") == branch("1.3.1") == (1, 3)
    assert branch("2.1.5.1") == (2, 1, 5)


@pytest.mark.parametrize("text", ["", "main", "1.2.3-fips", "1..2", "9" * 5_000_000, "1.2.3.4.5.6.7.8.9"])
def test_what_is_no_number_of_a_release_is_refused(text: str) -> None:
    with pytest.raises(InvalidVersionError):
        version_key(text)


@given(st.text(max_size=40), st.lists(st.text(max_size=8), max_size=3))
def test_a_tag_names_a_release_that_can_be_compared_or_none(tag: str, names: list[str]) -> None:
    release = release_of(tag, tuple(names))
    assert release is None or version_key(release)


@given(st.lists(st.integers(0, 99), min_size=1, max_size=4), st.sampled_from(["", "a", "zb", "-rc3"]))
def test_all_spellings_of_a_tag_are_one_release(numbers: list[int], end: str) -> None:
    plain = ".".join(map(str, numbers)) + end
    for spelled in (f"v{plain}", f"zlib-{plain}", f"Release_{plain.replace('.', '_')}"):
        release = release_of(spelled, ("zlib",))
        assert release is not None
        assert version_key(release) == version_key(plain)
