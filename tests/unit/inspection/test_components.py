"""Components out of file trees: each thing once, however many records and files tell of it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from nautiloid.inspection.components import Assembled, assemble_components
from nautiloid.inspection.facts import Listed, Native, Record
from nautiloid.inspection.file_tree import FileTree
from nautiloid.inspection.layer_listing import EntryKind, LayerEntry
from nautiloid.inspection.native_libraries import Clue
from nautiloid.packages.component import Component, Found
from nautiloid.packages.os_release import Distribution

DEBIAN = Distribution("Debian GNU/Linux 12 (bookworm)", "debian", "12")
DIST = "usr/lib/python3/dist-packages"
SITE = "usr/local/lib/python3.11/site-packages"
BIG = "pkg:pypi/big@2.0"
STATUS = "var/lib/dpkg/status"
OPENSSL = Clue("generic", "openssl", "3.0.8", "text 'OpenSSL 3.0.8 7 Feb 2023'", 0.95)


def _file(path: str, size: int = 10, facts: object = None) -> LayerEntry:
    return LayerEntry(path, EntryKind.FILE, size=size, mode=0o644, facts=facts)


def _record(path: str, content: str) -> LayerEntry:
    return _file(path, len(content), Record(content.encode()))


def _native(path: str, *clues: Clue, modules: tuple[Component, ...] = ()) -> LayerEntry:
    facts = Native(
        machine="x86_64", program=False, shared_object=True, soname="", pie=True, relro="full", canary=True,
        fortify=True, nx=True, clues=clues, modules=modules,
    )  # fmt: skip
    return _file(path, 1000, facts)


def _debs(**files: Sequence[str]) -> list[LayerEntry]:
    """A dpkg database of packages in version 1-1, each with its list of files; ``_`` in a name stands for ``-``."""
    lists = {name.replace("_", "-"): paths for name, paths in files.items()}
    stanza = "Package: {}\nStatus: install ok installed\nVersion: 1-1\nArchitecture: all\n"
    return [
        _record(STATUS, "\n".join(stanza.format(name) for name in lists)),
        *(_record(f"var/lib/dpkg/info/{name}.list", "\n".join(["/.", *(f"/{path}" for path in paths)]) + "\n")
          for name, paths in lists.items()),
    ]  # fmt: skip


def _distribution(name: str, version: str, *files: str, site: str = SITE) -> list[LayerEntry]:
    """The metadata of a distribution whose RECORD names itself and ``files``, which are not made."""
    home = f"{name}-{version}.dist-info"
    listed = (f"{home}/METADATA", f"{home}/RECORD", *files)
    return [
        _record(f"{site}/{home}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"),
        _record(f"{site}/{home}/RECORD", "".join(f"{path},,\n" for path in listed)),
    ]


def _sbom(*libraries: tuple[str, str]) -> LayerEntry:
    """The SBOM of ``big``."""
    bill = {"bomFormat": "CycloneDX", "components": [
        {"type": "library", "name": name, "version": version, "purl": f"pkg:generic/{name}@{version}"}
        for name, version in libraries
    ]}  # fmt: skip
    return _record(f"{SITE}/big-2.0.dist-info/sboms/auditwheel.cdx.json", json.dumps(bill))


def _big(*files: str) -> list[LayerEntry]:
    return _distribution("big", "2.0", *files, "big-2.0.dist-info/sboms/auditwheel.cdx.json")


def _assembled(*layers: Sequence[LayerEntry]) -> Assembled:
    tree = FileTree()
    for entries in layers:
        tree.apply(entries)
    files = tree.files()
    records = {
        path: file.entry.facts.content
        for path, file in files.items()
        if file.entry is not None and isinstance(file.entry.facts, Record)
    }
    return assemble_components(files, records, DEBIAN, tree.real_path)


def _told(assembled: Assembled) -> list[tuple[str, str, str]]:
    return [(component.kind, component.name, component.version) for component in assembled.components]


def _named(assembled: Assembled, name: str) -> Component:
    (found,) = (component for component in assembled.components if component.name == name)
    return found


def test_an_empty_tree_has_no_components() -> None:
    assert _assembled([]) == Assembled((), {})


def test_a_deb_that_owns_a_distributions_metadata_is_one_component() -> None:
    metadata = f"{DIST}/pip-23.0.1.dist-info/METADATA"
    found = _assembled([
        *_debs(python3_pip=[metadata, f"{DIST}/pip/main.py"]),
        *_distribution("pip", "23.0.1", "pip/main.py", site=DIST), _file(f"{DIST}/pip/main.py"),
    ])  # fmt: skip
    assert _told(found) == [("deb", "python3-pip", "1-1")]
    package = _named(found, "python3-pip")
    assert package.how is Found.DPKG
    assert package.also == (f"dist-info (/{metadata})",)
    assert {metadata, f"{DIST}/pip/main.py"} <= set(package.files)


def test_a_distribution_that_dpkg_does_not_own_stands_beside_the_deb() -> None:
    metadata = f"{DIST}/pip-23.0.1.dist-info/METADATA"
    found = _assembled([
        *_debs(python3_pip=[metadata]), *_distribution("pip", "23.0.1", site=DIST), *_distribution("pip", "24.0")
    ])  # fmt: skip
    assert _told(found) == [("deb", "python3-pip", "1-1"), ("pypi", "pip", "24.0")]
    assert _named(found, "pip").within == ""


def test_what_dpkg_claims_stays_dpkgs_although_a_record_names_it_too() -> None:
    shared = f"{SITE}/shared.py"
    found = _assembled([*_debs(base=[shared]), *_distribution("big", "2.0", "shared.py"), _file(shared)])
    assert found.owner_name(shared) == "base"
    assert shared not in _named(found, "big").files


def test_a_distribution_in_anothers_vendor_folder_is_within_it() -> None:
    small = "big/_vendor/small-0.3.dist-info"
    found = _assembled([
        *_distribution("big", "2.0", f"{small}/METADATA", f"{small}/RECORD", "big/_vendor/small.py"),
        *_distribution("small", "0.3", "small.py", site=f"{SITE}/big/_vendor"), _file(f"{SITE}/big/_vendor/small.py"),
    ])  # fmt: skip
    assert _told(found) == [("pypi", "big", "2.0"), ("pypi", "small", "0.3")]
    small_one = _named(found, "small")
    assert (small_one.within, small_one.package) == (BIG, False)
    assert f"{SITE}/big/_vendor/small.py" in small_one.files
    assert found.owner_name(f"{SITE}/big/_vendor/small.py") == "big", "who installed it owns it"


def test_one_distribution_that_two_others_vendor_is_two_components() -> None:
    entries = []
    for name in ("big", "huge"):
        entries += _distribution(name, "2.0", f"{name}/_vendor/small-0.3.dist-info/METADATA")
        entries += _distribution("small", "0.3", site=f"{SITE}/{name}/_vendor")
    within = [component.within for component in _assembled(entries).components if component.name == "small"]
    assert within == [BIG, "pkg:pypi/huge@2.0"]


def test_what_vendor_txt_pins_and_metadata_tells_is_one_component_found_in_two_ways() -> None:
    pins = f"{SITE}/big/_vendor/vendor.txt"
    found = _assembled([
        *_distribution("big", "2.0", "big/_vendor/small-0.3.dist-info/METADATA", "big/_vendor/vendor.txt"),
        *_distribution("small", "0.3", site=f"{SITE}/big/_vendor"), _record(pins, "small==0.3\nother==1.0\n"),
    ])  # fmt: skip
    assert _told(found) == [("pypi", "big", "2.0"), ("pypi", "small", "0.3"), ("pypi", "other", "1.0")]
    small, other = _named(found, "small"), _named(found, "other")
    assert (small.how, small.also) == (Found.DIST_INFO, (f"vendored (/{pins})",))
    assert (other.how, other.also, other.within) == (Found.VENDORED, (), BIG)


def test_bytecode_that_no_list_names_belongs_to_its_source() -> None:
    source, compiled = f"{SITE}/big/mod.py", f"{SITE}/big/__pycache__/mod.cpython-311.pyc"
    stray = f"{SITE}/big/__pycache__/stray.cpython-311.pyc"
    layer = [*_distribution("big", "2.0", "big/mod.py"), _file(source, 10), _file(compiled, 7), _file(stray, 5)]
    found = _assembled(layer)
    big = _named(found, "big")
    assert compiled in big.files
    assert found.owner_name(compiled) == "big"
    assert big.size == sum(entry.size for entry in layer) - 5
    assert found.owner_name(stray) == "", "there is no module that it could have been compiled from"


def test_bytecode_of_a_debs_module_belongs_to_the_deb() -> None:
    compiled = "usr/lib/python3.11/__pycache__/os.cpython-311.pyc"
    found = _assembled([
        *_debs(libpython=["usr/lib/python3.11/os.py"]), _file("usr/lib/python3.11/os.py"), _file(compiled)
    ])  # fmt: skip
    assert found.owner_name(compiled) == "libpython"


@pytest.mark.parametrize("version", ["3.0.8", ""])
def test_a_library_that_the_sbom_names_and_its_text_gives_away_is_one_component(version: str) -> None:
    library = f"{SITE}/big.libs/libcrypto-1234abcd.so.3"
    clue = Clue("generic", "openssl", version, "text 'OpenSSL'", 0.95)
    found = _assembled([*_big("big.libs/libcrypto-1234abcd.so.3"), _sbom(("openssl", "3.0.8")), _native(library, clue)])
    assert _told(found) == [("pypi", "big", "2.0"), ("generic", "openssl", "3.0.8")]
    openssl = _named(found, "openssl")
    assert (openssl.how, openssl.within) == (Found.SBOM, BIG)
    assert openssl.also == (f"native library (/{library}: text 'OpenSSL')",)
    assert openssl.files == (library,)
    assert openssl.size == 1000


@pytest.mark.parametrize(("listed", "seen"), [("freetype2", "freetype"), ("FreeType", "freetype"),
                                              ("littlecms2", "lcms2"), ("libjpeg", "libjpeg-turbo")])  # fmt: skip
def test_one_library_under_two_names_is_one_component(listed: str, seen: str) -> None:
    clue = Clue("generic", seen, "2.13", "text", 0.95)
    found = _assembled([*_big("big.libs/x.so"), _sbom((listed, "2.13")), _native(f"{SITE}/big.libs/x.so", clue)])
    assert [name for _, name, _ in _told(found)] == ["big", listed]


def test_a_library_of_another_version_than_the_sbom_says_is_a_component_of_its_own() -> None:
    found = _assembled([*_big("big/a.so"), _sbom(("openssl", "1.1.1k")), _native(f"{SITE}/big/a.so", OPENSSL)])
    versions = {component.version: component.how for component in found.components if component.name == "openssl"}
    assert versions == {"1.1.1k": Found.SBOM, "3.0.8": Found.NATIVE}


def test_one_library_in_two_files_of_a_wheel_is_one_component_with_both() -> None:
    paths = [f"{SITE}/big/{name}.so" for name in "ab"]
    found = _assembled([*_big("big/a.so", "big/b.so"), *(_native(path, OPENSSL) for path in paths)])
    openssl = _named(found, "openssl")
    assert (openssl.how, openssl.within, list(openssl.files)) == (Found.NATIVE, BIG, paths)
    assert openssl.evidence == f"/{paths[0]}: {OPENSSL.evidence}"


def test_a_clue_in_a_debs_own_library_is_no_component() -> None:
    found = _assembled([*_debs(libssl3=["usr/lib/libssl.so.3"]), _native("usr/lib/libssl.so.3", OPENSSL)])
    assert _told(found) == [("deb", "libssl3", "1-1")]


def test_a_debs_library_is_known_although_its_list_names_it_by_a_linked_directory() -> None:
    link = LayerEntry("lib", EntryKind.SYMLINK, target="usr/lib")
    found = _assembled([link, *_debs(libssl3=["lib/libssl.so.3"]), _native("usr/lib/libssl.so.3", OPENSSL)])
    assert _told(found) == [("deb", "libssl3", "1-1")]
    assert found.owner_name("usr/lib/libssl.so.3") == "libssl3"


def test_a_clue_in_a_library_that_nobody_owns_stands_by_itself() -> None:
    found = _assembled([*_debs(libssl3=["usr/lib/libssl.so.3"]), _native("opt/libssl.so.3", OPENSSL)])
    openssl = _named(found, "openssl")
    assert (openssl.version, openssl.within, openssl.files) == ("3.0.8", "", ("opt/libssl.so.3",))


def test_modules_that_a_debs_program_was_linked_with_are_within_the_deb() -> None:
    module = Component(
        "golang", "example.org/mod", "v1.2.3", "pkg:golang/example.org/mod@v1.2.3", Found.GO, "/usr/bin/x"
    )
    found = _assembled([*_debs(tool=["usr/bin/x"]), _native("usr/bin/x", modules=(module,))])
    assert _named(found, "example.org/mod").within == _named(found, "tool").purl


def test_what_a_file_lists_is_within_the_package_that_brought_the_file() -> None:
    npm = Component("npm", "left-pad", "1.3.0", "pkg:npm/left-pad@1.3.0", Found.NPM, f"/{SITE}/big/package.json")
    listing = _file(f"{SITE}/big/package.json", facts=Listed((npm,)))
    alone = _file("srv/package.json", facts=Listed((npm,)))
    found = _assembled([*_big("big/package.json"), listing, alone])
    assert [one.within for one in found.components if one.name == "left-pad"] == ["", BIG]


def test_sizes_count_hard_links_once() -> None:
    first, second = f"{SITE}/big/a.bin", f"{SITE}/big/b.bin"
    link = LayerEntry(second, EntryKind.HARD_LINK, target=first)
    records = _distribution("big", "2.0", "big/a.bin", "big/b.bin")
    big = _named(_assembled([*records, _file(first, 500), link]), "big")
    assert {first, second} <= set(big.files)
    assert big.size == 500 + sum(entry.size for entry in records)


def test_a_native_file_with_two_names_is_looked_at_once() -> None:
    first, second = "opt/a.so", "opt/b.so"
    found = _assembled([_native(first, OPENSSL), LayerEntry(second, EntryKind.HARD_LINK, target=first)])
    assert _named(found, "openssl").files == (first,)


def test_a_components_layer_is_that_of_its_record() -> None:
    module, library = f"{SITE}/big/mod.py", f"{SITE}/big/a.so"
    below, above = _debs(base=["usr/lib/base"]), _debs(base=["usr/lib/base"], more=[])
    found = _assembled(
        [*below, _file("usr/lib/base")], [_file(module), _native(library, OPENSSL)], _big("big/mod.py", "big/a.so"),
        above, [_file(module), _file("usr/lib/base")],
    )  # fmt: skip
    layers = {component.name: component.layer for component in found.components}
    # The dpkg database was written anew in layer 3; the distribution's METADATA lies in 2, the library itself in 1.
    assert layers == {"base": 3, "more": 3, "big": 2, "openssl": 1}


def test_what_a_later_layer_hides_is_no_component() -> None:
    hidden = LayerEntry(f"{SITE}/big-2.0.dist-info", EntryKind.WHITEOUT)
    assert _assembled(_big(), [hidden]).components == ()
