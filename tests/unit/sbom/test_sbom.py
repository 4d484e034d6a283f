"""SBOMs, judged by the validators of the two projects themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from hypothesis import strategies as st
from packageurl import PackageURL
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from nautiloid.packages.component import Component, Found
from nautiloid.sbom.cyclonedx import to_cyclonedx
from nautiloid.sbom.licenses import spdx_expression
from nautiloid.sbom.model import Sbom, SbomComponent, SbomModel, sbom_of_inspection
from nautiloid.sbom.spdx import to_spdx

TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1, max_size=20)


def _sbom(*components: Component, created: str = "2026-01-02T03:04:05Z") -> Sbom:
    return Sbom(
        "nautiloid/x:latest", "sha256:" + "0" * 64, created, "linux/amd64", "Debian", "inspection", "nautiloid 0.1.0",
        tuple(SbomComponent(one, "sha256:" + "1" * 64, "2" * 64, {"nautiloid:file": "x"}) for one in components),
        (SbomModel("weights.pt", "srv/weights.pt", "PyTorch checkpoint", "3" * 64, "Apache-2.0"),),
        {"nautiloid:slim:tests": "remove: not needed"},
    )  # fmt: skip


PARENT = Component("pypi", "big", "2.0", "pkg:pypi/big@2.0", Found.DIST_INFO, "/x/METADATA", licenses=("MIT License",))
INNER = Component("generic", "openssl", "1.1.1k", "pkg:generic/openssl@1.1.1k", Found.NATIVE, "/x/libssl.so: text",
                  0.95, within=PARENT.purl, files=("x/libssl.so",))  # fmt: skip


def _check(sbom: Sbom, directory: Path) -> tuple[dict[str, object], dict[str, object]]:
    cyclonedx, spdx = to_cyclonedx(sbom), to_spdx(sbom)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(cyclonedx) is None
    path = directory / "sbom.spdx.json"
    path.write_text(spdx)
    assert validate_full_spdx_document(parse_file(str(path))) == []
    return json.loads(cyclonedx), json.loads(spdx)


def test_both_are_valid_and_what_is_bundled_lies_inside(tmp_path: Path) -> None:
    cyclonedx, spdx = _check(_sbom(PARENT, INNER), tmp_path)
    big, model = sorted(cyclonedx["components"], key=lambda entry: str(entry["type"]))  # type: ignore[call-overload]
    assert big["components"][0]["purl"] == INNER.purl
    assert big["licenses"] == [{"expression": "MIT"}]
    assert big["components"][0]["evidence"]["identity"][0]["methods"][0]["technique"] == "binary-analysis"
    assert {"location": "/x/libssl.so"} in big["components"][0]["evidence"]["occurrences"]
    assert model["type"] == "machine-learning-model"
    related = {(r["spdxElementId"], r["relatedSpdxElement"]) for r in spdx["relationships"]}  # type: ignore[attr-defined]
    assert ("SPDXRef-0-pypi-big", "SPDXRef-1-generic-openssl") in related


def test_the_same_bill_gives_the_same_text() -> None:
    assert to_cyclonedx(_sbom(PARENT, INNER)) == to_cyclonedx(_sbom(PARENT, INNER))
    assert to_spdx(_sbom(PARENT, INNER)) == to_spdx(_sbom(PARENT, INNER))


@settings(max_examples=25, deadline=None)
@given(name=TEXT, version=TEXT, words=st.lists(TEXT, max_size=3), created=st.sampled_from(["", "no", "2026-01-01"]))
def test_whatever_an_image_says_the_document_stays_valid(
    tmp_path_factory: pytest.TempPathFactory, name: str, version: str, words: list[str], created: str
) -> None:
    purl = PackageURL("generic", None, name, version).to_string()
    component = Component("generic", name, version, purl, Found.DIST_INFO, "x", licenses=tuple(words), supplier=name)
    _check(_sbom(component, component, created=created), tmp_path_factory.mktemp("sbom"))


@pytest.mark.parametrize(
    ("words", "expression"),
    [
        (["MIT License"], "MIT"),
        (["GPL-2+", "Expat"], "GPL-2.0-or-later AND MIT"),
        (["MIT OR Apache-2.0", "BSD-3-clause"], "BSD-3-Clause AND (MIT OR Apache-2.0)"),
        (["see the file LICENSE"], ""),
        (["MIT", "my own words"], ""),
    ],
)
def test_licences_become_an_expression_only_where_all_of_them_are_known(words: list[str], expression: str) -> None:
    assert spdx_expression(words) == expression


def test_a_bill_names_what_was_not_read() -> None:
    from nautiloid.inspection.inventory import Inspection, Skipped, Surface, Usage

    inspection = Inspection(
        "x", "", "", "", "", "", "", {}, (), (), 0, 0, 0, Surface(), (), (Skipped("/a.jar", "not a zip"),),
        Usage("x", 0), "t",
    )  # fmt: skip
    assert "not a zip" in to_cyclonedx(sbom_of_inspection(inspection))
    assert "not a zip" in to_spdx(sbom_of_inspection(inspection))
