from __future__ import annotations

from pathlib import Path

from nautiloid.debian.index import PackageIndex, Provided
from nautiloid.debian.relation import Alternative

ZLIB = """Package: zlib1g
Source: zlib (1:1.2.13.dfsg-0)
Version: 1:1.2.13.dfsg-1
Installed-Size: 168
Architecture: amd64
Provides: libz1,
 zlib-runtime (= 1.2)
Depends: libc6 (>= 2.14)
Breaks: libxml2 (<< 2.7.6.dfsg-2)
Description: compression library - runtime
Multi-Arch: same
Section: libs
Filename: pool/main/z/zlib/zlib1g_1.2.13.dfsg-1_amd64.deb
Size: 86736
SHA256: d7dd1d1411fedf27f5e27650a6eff20ef294077b568f4c8c5e51466dc7c08ce4
"""


def index_with(*files: tuple[str, str, str]) -> PackageIndex:
    index = PackageIndex("amd64")
    for text, archive, suite in files:
        index.add(text, archive=archive, suite=suite)
    return index


def test_a_stanza_becomes_a_package() -> None:
    package = index_with((ZLIB, "debian", "bookworm")).best("zlib1g")
    assert package is not None
    assert (package.source, package.source_version) == ("zlib", "1:1.2.13.dfsg-0")
    assert (package.size, package.installed_size, package.multi_arch) == (86736, 168, "same")
    assert package.filename == "pool/main/z/zlib/zlib1g_1.2.13.dfsg-1_amd64.deb"
    assert package.provides == (Provided("libz1"), Provided("zlib-runtime", "1.2"))
    assert package.summary == "compression library - runtime"
    assert [str(relation) for relation in package.depends] == ["libc6 (>= 2.14)"]
    assert (package.archive, package.suite, package.essential) == ("debian", "bookworm", False)


def test_the_newest_version_of_all_suites_comes_first() -> None:
    fixed = ZLIB.replace("Version: 1:1.2.13.dfsg-1", "Version: 1:1.2.13.dfsg-1+deb12u1")
    files = (
        (ZLIB, "debian", "bookworm"),
        (fixed, "debian-security", "bookworm-security"),
        (ZLIB, "debian", "bookworm-updates"),
    )
    for order in (files, files[::-1]):
        candidates = index_with(*order).candidates("zlib1g")
        assert [(package.version, package.suite) for package in candidates] == [
            ("1:1.2.13.dfsg-1+deb12u1", "bookworm-security"),
            ("1:1.2.13.dfsg-1", "bookworm"),
        ]


def test_providers_are_found_and_their_versions_respected() -> None:
    index = index_with((ZLIB, "debian", "bookworm"))

    def found(alternative: Alternative) -> list[str]:
        return [package.name for package in index.satisfying(alternative)]

    assert found(Alternative("libz1")) == found(Alternative("zlib-runtime", ">=", "1.1")) == ["zlib1g"]
    assert found(Alternative("libz1", ">=", "1")) == found(Alternative("zlib-runtime", ">>", "1.2")) == []
    assert found(Alternative("zlib1g", qualifier="any")) == ["zlib1g"]
    assert found(Alternative("zlib1g", qualifier="i386")) == []


def test_what_is_not_there() -> None:
    index = index_with((ZLIB, "debian", "bookworm"))
    assert index.best("zlib") is None
    assert index.nearest_names("zlib2g") == ["zlib1g"]
    assert "zlib1g" in index
    assert len(index) == 1


def test_a_stanza_that_does_not_begin_with_its_name_is_found_too() -> None:
    stanza = ZLIB.removeprefix("Package: zlib1g\n") + "Package: zlib1g\n"
    assert index_with((stanza, "debian", "bookworm")).best("zlib1g")


def test_real_stanzas_are_read() -> None:
    excerpt = Path(__file__).parents[2] / "data" / "debian" / "bookworm-python-excerpt.txt"
    index = index_with((excerpt.read_text(), "debian", "bookworm"))
    libc6 = index.best("libc6")
    assert libc6 is not None
    assert libc6.source == "glibc"
    assert libc6.sha256 == libc6.sha256.lower()
    assert {package.name for package in index.satisfying(Alternative("awk"))} == {"gawk", "mawk", "original-awk"}
