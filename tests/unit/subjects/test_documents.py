"""SBOMs of every form, of other tools, and of people who mean harm."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautiloid import bounds
from nautiloid.errors import NautiloidError, UsageError
from nautiloid.packages.purl import parse_purl
from nautiloid.subjects.cyclonedx import subject_of_cyclonedx
from nautiloid.subjects.documents import subject_of_document
from nautiloid.subjects.lines import lines_of_keys, lines_of_purl_elements, lines_of_purls, lines_of_tables
from nautiloid.subjects.spdx import subject_of_spdx
from nautiloid.vulns.ecosystems import coordinates
from nautiloid.vulns.model import Subject

DEEP = 40


def _read(tmp_path: Path, content: str | bytes) -> Subject | None:
    path = tmp_path / "document"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return subject_of_document(path, "document")


def _nested(depth: int) -> dict[str, Any]:
    innermost: dict[str, Any] = {"name": "deep", "purl": "pkg:pypi/deep@1"}
    for number in range(depth):
        innermost = {"name": f"n{number}", "version": "1", "components": [innermost]}
    return {"bomFormat": "CycloneDX", "components": [innermost]}


def test_components_of_any_depth_are_found(tmp_path: Path) -> None:
    subject = _read(tmp_path, json.dumps(_nested(DEEP)))
    assert subject is not None
    assert subject.parts[-1].purl == "pkg:pypi/deep@1"
    assert len(subject.parts) == DEEP + 1
    # The walk has no limit of its own; the reader of JSON has one, and says so.
    assert len(subject_of_cyclonedx(_nested(50_000), "x").parts) == 50_001


XML = """<?xml version="1.0" encoding="UTF-8"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.5" version="1">
 <metadata><component type="container"><name>app</name><version>sha256:00</version></component></metadata>
 <components>
  <component type="operating-system"><name>debian</name><version>12.5</version></component>
  <component type="library"><name>libssl3</name><version>3.0.11-1~deb12u2</version>
   <purl>pkg:deb/debian/libssl3@3.0.11-1~deb12u2?distro=debian-12.5</purl>
   <properties><property name="aquasecurity:trivy:SrcName">openssl</property>
    <property name="aquasecurity:trivy:SrcVersion">3.0.11</property>
    <property name="aquasecurity:trivy:SrcRelease">1~deb12u2</property></properties>
   <components><component type="library"><name>inner</name><purl>pkg:pypi/inner@1</purl></component></components>
   <pedigree><ancestors><component type="library"><name>no</name></component></ancestors></pedigree>
  </component>
 </components>
</bom>"""


def test_xml_says_what_json_says(tmp_path: Path) -> None:
    subject = _read(tmp_path, "\ufeff" + XML)
    assert subject is not None
    assert (subject.digest, subject.distribution) == ("sha256:00", "debian-12.5")
    ssl, inner = subject.parts
    assert (ssl.source, ssl.source_version, ssl.line) == ("openssl", "3.0.11-1~deb12u2", 7)
    assert inner.within == ssl.purl


@pytest.mark.parametrize(
    "content",
    [
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><bom xmlns="http://cyclonedx.org/schema/bom/1.5">&a;</bom>',
        '<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.5"><components>',
        '<?xml version="1.0"?><project/>',
        '<?xml version="1.0" encoding="nonsense"?><bom xmlns="http://cyclonedx.org/schema/bom/1.5"/>',
        '<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.5">' + "<a>" * 100_000,
    ],
)
def test_hostile_xml_is_an_error_by_name(tmp_path: Path, content: str) -> None:
    with pytest.raises(UsageError, match="document"):
        _read(tmp_path, content)


TAG_VALUE = """SPDXVersion: SPDX-2.3
SPDXID: SPDXRef-DOCUMENT
PackageName: image
SPDXID: SPDXRef-image
PackageName: libssl3
SPDXID: SPDXRef-1
PackageVersion: 3.0.11-1
PackageSourceInfo: <text>built package from:
 openssl 3.0.11-1</text>
ExternalRef: PACKAGE-MANAGER purl pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12
PackageName: no-purl
SPDXID: SPDXRef-2
PackageVersion: 1
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-image
Relationship: SPDXRef-1 CONTAINS SPDXRef-2
"""


def test_tags_and_values_say_what_json_says(tmp_path: Path) -> None:
    subject = _read(tmp_path, "\ufeff# a comment\n" + TAG_VALUE.replace("from:\n", "from:"))
    assert subject is not None
    ssl, other = subject.parts
    assert (ssl.name, ssl.version, ssl.source) == ("libssl3", "3.0.11-1", "openssl")
    assert (other.name, other.purl, other.within) == ("no-purl", "", ssl.purl)


@pytest.mark.parametrize(
    ("properties", "source"),
    [
        ({"aquasecurity:trivy:SrcName": "bind", "aquasecurity:trivy:SrcVersion": "9",
          "aquasecurity:trivy:SrcRelease": "1", "aquasecurity:trivy:SrcEpoch": "1"}, ("bind", "1:9-1")),
        ({"syft:metadata:source": "openssl", "syft:metadata:sourceVersion": "3"}, ("openssl", "3")),
        ({"syft:metadata:sourceRpm": "bash-5.1.8-6.el9.src.rpm"}, ("bash", "5.1.8-6.el9")),
        ({"syft:metadata:originPackage": "busybox"}, ("busybox", "")),
        ({"syft:metadata:sourceRpm": "nonsense"}, ("", "")),
    ],
)  # fmt: skip
def test_sources_that_other_tools_name_are_heeded(properties: dict[str, str], source: tuple[str, str]) -> None:
    listed = [{"name": name, "value": value} for name, value in properties.items()]
    purl = "pkg:deb/debian/x@3?distro=debian-12"
    data = {"components": [{"type": "library", "name": "x", "purl": purl, "properties": listed}]}
    (part,) = subject_of_cyclonedx(data, "x").parts
    assert (part.source, part.source_version) == source
    parsed = parse_purl(purl)
    assert parsed is not None
    place = coordinates(parsed, part.source, part.source_version)
    assert place is not None
    assert (place.name, place.version) == (source[0] or "x", source[1] or "3")


@pytest.mark.parametrize(
    "wrong",
    [
        {"components": {}}, {"components": [5]}, {"components": "x"}, {"metadata": []},
        {"components": [{"purl": ["pkg:pypi/x@1"]}]}, {"components": [{"name": 5}]},
        {"components": [{"name": "x", "version": {}}]}, {"components": [{"name": "x", "properties": {"a": "b"}}]},
        {"components": [{"name": "x", "components": {"name": "y"}}]},
    ],
)  # fmt: skip
def test_a_wrong_type_is_an_error_and_not_an_empty_list(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="document: "):
        _read(tmp_path, json.dumps({"bomFormat": "CycloneDX", **wrong}))


@pytest.mark.parametrize(
    "wrong",
    [{"packages": {}}, {"packages": [5]}, {"packages": [{"externalRefs": {}}]}, {"relationships": 5},
     {"packages": [{"externalRefs": [{"referenceType": "purl", "referenceLocator": 5}]}]},
     {"packages": [{"name": []}]}],
)  # fmt: skip
def test_a_wrong_type_in_spdx_is_an_error(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="document: "):
        _read(tmp_path, json.dumps({"spdxVersion": "SPDX-2.3", **wrong}))


def test_too_much_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "DOCUMENT_ENTRIES", 1000)
    many = [{"name": "x", "purl": f"pkg:pypi/x@{number}"} for number in range(1001)]
    for document in ({"bomFormat": "CycloneDX", "components": many}, {"spdxVersion": "SPDX-2.3", "packages": many}):
        with pytest.raises(UsageError, match="more than 1,000 components"):
            _read(tmp_path, json.dumps(document))
    monkeypatch.setattr(bounds, "DOCUMENT", 1000)
    with pytest.raises(UsageError, match="documents of up to 1,000 are read"):
        _read(tmp_path, json.dumps({"bomFormat": "CycloneDX", "components": many}))


def test_a_million_brackets_end_in_bounded_time(tmp_path: Path) -> None:
    started = time.monotonic()
    for content in ('{"bomFormat": "CycloneDX", "components": ' + "[" * 1_000_000, '{"a":' * 1_000_000):
        with pytest.raises(UsageError, match="no JSON that can be read"):
            _read(tmp_path, content)
    assert time.monotonic() - started < 20


_KEYS = (
    "components", "metadata", "component", "purl", "name", "type", "properties", "value", "packages", "externalRefs",
    "relationships", "SPDXID", "referenceType", "referenceLocator", "version",
)  # fmt: skip
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("pkg:pypi/x@1"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=4),
    max_leaves=20,
)


@given(_values)
def test_no_document_breaks_the_readers(value: Any) -> None:
    data = value if isinstance(value, dict) else {"components": value, "packages": value}
    for read, extra in ((subject_of_cyclonedx, {}), (subject_of_spdx, {"spdxVersion": "SPDX-2.3"})):
        try:
            read({**data, **extra}, "x")
        except NautiloidError as error:
            assert error.message.startswith("x")


def test_looking_for_lines_takes_bounded_time() -> None:
    started = time.monotonic()
    lines_of_purls(json.dumps({"a": '"pkg:' * 200_000}))
    lines_of_purls('"pkg:' + "\\" * 1_000_001)
    lines_of_purl_elements("<purl>" + " " * 1_000_000)
    lines_of_purl_elements("<purl>" * 200_000)
    lines_of_keys('"x' * 200_000 + " " * 1_000_000)
    lines_of_tables("[[" + " " * 1_000_000)
    assert time.monotonic() - started < 10


def test_lines_of_a_document_are_those_that_an_editor_shows() -> None:
    document = {"a": 'a "pkg:pypi/no@1" b', "b": ["pkg:pypi/x@1?a=b&c=d", "pkg:pypi/x@1?a=b&c=d"], "c": "pkg:pypi/y@1"}
    # Go writes an ampersand so.
    text = json.dumps(document, indent=1).replace("&", "\\u0026")
    assert lines_of_purls(text) == {"pkg:pypi/x@1?a=b&c=d": 4, "pkg:pypi/y@1": 7}
