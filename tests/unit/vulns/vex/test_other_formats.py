"""CSAF and CycloneDX: what their statements mean, beside what OpenVEX would say."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautiloid.errors import UsageError
from nautiloid.report.vulnerabilities.cyclonedx_vex import scan_to_cyclonedx
from nautiloid.vulns.model import Finding
from nautiloid.vulns.vex.document import read_vex
from nautiloid.vulns.vex.statement import Product, Statement, Status, apply_statements

from .test_vex import DIGEST, OTHER, TORCH, _result, _said

CSAF: dict[str, Any] = {
    "document": {"category": "csaf_vex", "csaf_version": "2.0", "title": "T",
                 "tracking": {"current_release_date": "2026-01-01T00:00:00Z"}},
    "product_tree": {
        "branches": [{"category": "vendor", "name": "V", "branches": [
            {"category": "product_version", "name": "app", "product": {
                "product_id": "APP", "name": "registry.example/team/app:1",
                "product_identification_helper": {"hashes": [{"filename": "manifest", "file_hashes": [
                    {"algorithm": "sha256", "value": "a" * 64}]}]}}},
            {"category": "product_version", "name": "torch", "product": {
                "product_id": "TORCH", "name": "torch",
                "product_identification_helper": {"purl": "pkg:pypi/torch@2.0"}}},
            {"category": "product_version", "name": "EL", "product": {
                "product_id": "EL9", "name": "Enterprise Linux 9",
                "product_identification_helper": {"cpe": "cpe:/o:x:enterprise_linux:9"}}}]}],
        "relationships": [
            {"category": "default_component_of", "product_reference": "TORCH", "relates_to_product_reference": "APP",
             "full_product_name": {"product_id": "APP:TORCH", "name": "torch in app"}},
            {"category": "default_component_of", "product_reference": "TORCH", "relates_to_product_reference": "EL9",
             "full_product_name": {"product_id": "EL9:TORCH", "name": "torch in EL 9"}},
            {"category": "default_component_of", "product_reference": "EL9", "relates_to_product_reference": "APP",
             "full_product_name": {"product_id": "APP:EL9", "name": "a part without purl"}}],
        "product_groups": [{"group_id": "G", "product_ids": ["APP:TORCH"]}],
    },
    "vulnerabilities": [{
        "cve": "CVE-1", "ids": [{"system_name": "GitHub", "text": "GHSA-9"}],
        "product_status": {"known_not_affected": ["APP:TORCH"]},
        "flags": [{"label": "vulnerable_code_not_in_execute_path", "group_ids": ["G"]}],
        "threats": [{"category": "impact", "details": "never imported", "product_ids": ["APP:TORCH"]}],
    }],
}  # fmt: skip


def _csaf(**status: list[str]) -> str:
    entry = {**CSAF["vulnerabilities"][0], "product_status": status}
    return json.dumps({**CSAF, "vulnerabilities": [entry]})


def _only(content: str) -> Finding:
    (finding,) = apply_statements(_result(TORCH), read_vex(content, "doc")).findings
    return finding


def test_csaf_says_which_part_of_which_product_and_why() -> None:
    (statement,) = read_vex(json.dumps(CSAF), "doc")
    assert statement == Statement(
        ("CVE-1", "GHSA-9"),
        (Product((DIGEST, "registry.example/team/app:1"), ("pkg:pypi/torch@2.0",)),),
        Status.NOT_AFFECTED, "vulnerable_code_not_in_execute_path", "never imported", "2026-01-01T00:00:00Z", "doc",
    )  # fmt: skip
    lifted = _only(json.dumps(CSAF)).suppressed
    assert lifted is not None
    assert lifted.reason == "vulnerable_code_not_in_execute_path: never imported"


@pytest.mark.parametrize(
    ("status", "lifted"),
    [
        ({"known_not_affected": ["APP"]}, True), ({"fixed": ["APP:TORCH"]}, True),
        ({"known_affected": ["APP:TORCH"]}, False), ({"under_investigation": ["APP"]}, False),
        ({"known_not_affected": ["EL9:TORCH"]}, False), ({"known_not_affected": ["APP:EL9"]}, False),
        ({"known_not_affected": ["TORCH"]}, True),
    ],
)  # fmt: skip
def test_csaf_lifts_no_more_than_it_says(status: dict[str, list[str]], lifted: bool) -> None:
    assert (_only(_csaf(**status)).suppressed is not None) is lifted


def test_csaf_that_names_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="does not define"):
        read_vex(_csaf(fixed=["NOBODY"]), "doc")
    with pytest.raises(UsageError, match="neither a CVE"):
        read_vex(json.dumps({**CSAF, "vulnerabilities": [{"product_status": {"fixed": ["APP"]}}]}), "doc")


def _cyclonedx(state: str, *references: str, subject: dict[str, str] | None = None, **analysis: str) -> str:
    return json.dumps({
        "bomFormat": "CycloneDX", "specVersion": "1.5",
        "metadata": {"timestamp": "2026-01-01T00:00:00Z", **({"component": subject} if subject else {})},
        "components": [{"type": "library", "name": "torch", "bom-ref": "t", "purl": "pkg:pypi/torch@2.0"}],
        "vulnerabilities": [{"id": "CVE-1", "analysis": {"state": state, **analysis},
                             "affects": [{"ref": one} for one in references]}],
    })  # fmt: skip


@pytest.mark.parametrize(
    ("state", "references", "lifted"),
    [
        ("not_affected", ("t",), True), ("false_positive", ("pkg:pypi/torch@2.0",), True), ("resolved", ("t",), True),
        ("not_affected", ("urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg:pypi/torch@2.0",), True),
        ("not_affected", ("urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#t",), False),
        ("not_affected", ("pkg:pypi/torch@1.0",), False), ("not_affected", (), False), ("exploitable", ("t",), False),
        ("in_triage", ("t",), False),
    ],
)  # fmt: skip
def test_cyclonedx_states(state: str, references: tuple[str, ...], lifted: bool) -> None:
    assert (_only(_cyclonedx(state, *references)).suppressed is not None) is lifted


@pytest.mark.parametrize(("digest", "lifted"), [(DIGEST, True), (f"sha256:{'b' * 64}", False)])
def test_a_cyclonedx_document_about_one_image_does_not_speak_of_another(digest: str, lifted: bool) -> None:
    subject = {"type": "container", "name": "app", "version": digest, "bom-ref": "s"}
    for reference in ("t", "s"):
        document = _cyclonedx("not_affected", reference, subject=subject, justification="code_not_reachable")
        assert (_only(document).suppressed is not None) is lifted
    assert read_vex(document, "d")[0].justification == "vulnerable_code_not_in_execute_path"


def test_a_state_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UsageError, match="harmless"):
        read_vex(_cyclonedx("harmless", "t"), "doc")


def test_what_a_scan_says_in_cyclonedx_is_understood_by_the_next_scan() -> None:
    first = apply_statements(_result(TORCH, OTHER), [_said(Product((DIGEST,)))])
    again = apply_statements(_result(TORCH, OTHER), read_vex(scan_to_cyclonedx(first), "doc"))
    (before,), (after,) = first.findings, again.findings
    assert before.suppressed is not None
    assert after.suppressed is not None
    assert after.suppressed.status == before.suppressed.status
    assert replace(after, suppressed=None) == replace(before, suppressed=None)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["branches", "product", "product_id", "components", "purl", "analysis", "state", "affects",
                         "ref", "bom-ref", "cve", "product_status", "fixed", "relationships", "flags", "ids"]),
        inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(_JSON, _JSON, _JSON)
def test_nothing_ends_the_reader_but_a_refusal(tree: Any, found: Any, parts: Any) -> None:
    documents = (
        {"document": {"csaf_version": "2.0", "tracking": parts}, "product_tree": tree, "vulnerabilities": [found]},
        {"bomFormat": "CycloneDX", "metadata": tree, "components": parts, "vulnerabilities": [found]},
    )
    for document in documents:
        try:
            read_vex(json.dumps(document), "doc")
        except UsageError:
            continue
