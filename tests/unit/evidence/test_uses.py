"""What a trace lets one propose, and above all what it does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nautiloid.cli.app import app
from nautiloid.errors import UsageError
from nautiloid.evidence.file import Evidence, read_evidence, write_evidence
from nautiloid.evidence.proposals import propose
from nautiloid.evidence.uses import ComponentUse, UseVerdict, component_uses
from nautiloid.packages.component import Component, Found
from nautiloid.trace.files import ImageFiles
from nautiloid.trace.strace import Use, UseKind
from nautiloid.vulns.model import Finding, ScannedComponent, ScanResult, State, Suppression
from nautiloid.vulns.severity import Rating
from nautiloid.vulns.vex.openvex import read_openvex

SITE = "usr/lib/python3/dist-packages"
USED, UNUSED, ABSENT, UNTOLD = UseVerdict


def _component(purl: str, *files: str, how: Found = Found.DPKG, within: str = "", evidence: str = "") -> Component:
    kind = purl.removeprefix("pkg:").partition("/")[0]
    return Component(kind, purl.rpartition("/")[2], "1", purl, how, evidence, within=within, files=files)


def _use(tmp_path: Path, components: list[Component], *opened: str) -> dict[str, UseVerdict]:
    for path in {path for component in components for path in component.files}:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("x")
    files = ImageFiles(tmp_path)
    seen = files.opened([Use(f"/{path}", UseKind.OPEN) for path in opened])
    return {use.purl: use.use for use in component_uses(components, files, seen)}


@pytest.mark.parametrize(
    ("component", "opened", "use"),
    [
        (_component("pkg:deb/debian/x", "usr/lib/x.so", "usr/share/doc/x/copyright"), "usr/lib/x.so", USED),
        (_component("pkg:deb/debian/x", "usr/lib/x.so", "usr/share/doc/x/copyright"), "", UNUSED),
        (_component("pkg:deb/debian/x", "usr/lib/x.so", "usr/share/doc/x/R"), "usr/share/doc/x/R", UNUSED),
        (_component("pkg:deb/debian/x", "usr/share/doc/x/README", evidence="/var/lib/dpkg/status"), "", ABSENT),
        (_component("pkg:deb/debian/x", "usr/share/doc/x/README", evidence="/var/lib/dpkg/status.d/x"), "", UNTOLD),
        (_component("pkg:deb/debian/x"), "", UNTOLD),
        (_component("pkg:pypi/x", f"{SITE}/x-1.dist-info/RECORD", f"{SITE}/x.py"), f"{SITE}/x.py", USED),
        (_component("pkg:pypi/x", f"{SITE}/x-1.dist-info/RECORD", f"{SITE}/x.py"),
         f"{SITE}/x-1.dist-info/RECORD", UNUSED),
        (_component("pkg:pypi/x", f"{SITE}/x-1.dist-info/RECORD"), "", ABSENT),
        (_component("pkg:pypi/x", f"{SITE}/x-1.dist-info/METADATA"), "", UNTOLD),
        (_component("pkg:generic/z", "usr/lib/z.so", how=Found.NATIVE, within="pkg:pypi/x"), "", UNUSED),
        (_component("pkg:generic/z", "usr/lib/z.so", how=Found.NATIVE, within="pkg:pypi/x"), "usr/lib/z.so", USED),
    ],
)  # fmt: skip
def test_each_kind_of_component(tmp_path: Path, component: Component, opened: str, use: UseVerdict) -> None:
    assert _use(tmp_path, [component], *filter(None, [opened])) == {component.purl: use}


@pytest.mark.parametrize(("opened", "use"), [("", UNUSED), (f"{SITE}/holder.py", UNTOLD)])
@pytest.mark.parametrize("how", [Found.SBOM, Found.VENDORED])
def test_what_only_a_list_names_is_judged_by_its_holder(tmp_path: Path, opened: str, use: Use, how: Found) -> None:
    holder = _component("pkg:pypi/holder", f"{SITE}/holder.py", f"{SITE}/holder-1.dist-info/RECORD")
    inside = _component("pkg:pypi/inside", f"{SITE}/_vendor/vendor.txt", how=how, within=holder.purl)
    assert _use(tmp_path, [inside, holder], *filter(None, [opened]))[inside.purl] is use


def _finding(identity: str, *purls: str, lifted: bool = False) -> Finding:
    parts = tuple(ScannedComponent(purl.rpartition("/")[2], "1", purl) for purl in purls)
    reason = Suppression("VEX", "not_affected", "r", "o") if lifted else None
    return Finding(identity, (identity, "GHSA-1"), (), "PyPI", "", "x", "1", parts, Rating(), State.UNFIXED, "", "", (),
                   "", suppressed=reason)  # fmt: skip


def test_a_finding_is_proposed_only_where_no_part_was_used() -> None:
    uses = [ComponentUse("pkg:a/a", "", UNUSED, 3), ComponentUse("pkg:a/b", "", USED, 3),
            ComponentUse("pkg:a/c", "", UNTOLD, 0), ComponentUse("pkg:a/d", "", ABSENT, 0)]  # fmt: skip
    findings = (
        _finding("CVE-1", "pkg:a/a"), _finding("CVE-2", "pkg:a/a", "pkg:a/b"), _finding("CVE-3", "pkg:a/c"),
        _finding("CVE-4", "pkg:a/d"), _finding("CVE-5", "pkg:a/unheard"), _finding("CVE-6", "pkg:a/a", lifted=True),
        _finding("CVE-7"),
    )  # fmt: skip
    proposals, left = propose(ScanResult("i", "", "", "t", findings, 1, 1), uses, "'work'")
    assert {one.identity: str(one.justification) for one in proposals} == {
        "CVE-1": "vulnerable_code_not_in_execute_path", "CVE-4": "component_not_present"}  # fmt: skip
    assert left == 4
    assert "none of its 3 code files" in proposals[0].statement


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    uses = (ComponentUse("pkg:a/a", "", UNUSED, 3),)
    proposals, _ = propose(ScanResult("i", "", "", "t", (_finding("CVE-1", "pkg:a/a"),), 1, 1), uses, "'work'")
    path = tmp_path / "evidence.json"
    made = Evidence("team/App:1", f"sha256:{'a' * 64}", ("work",), 0, "2026", "nautiloid", 7, (), uses, proposals)
    write_evidence(made, path)
    assert read_evidence(path)[0] == made
    return path


def _confirm(*arguments: str) -> None:
    done = CliRunner().invoke(app, ["vex", "confirm", *arguments])
    if done.exception is not None:
        raise done.exception


def test_only_what_a_person_names_becomes_a_statement(evidence: Path, tmp_path: Path) -> None:
    document = tmp_path / "app.openvex.json"
    for arguments, message in ((("--id", "CVE-9"), "proposes nothing for CVE-9"), ((), "nothing is chosen")):
        with pytest.raises(UsageError, match=message):
            _confirm(str(evidence), str(document), "--author", "me", *arguments)
    assert not document.exists()
    _confirm(str(evidence), str(document), "--author", "me", "--id", "GHSA-1", "--because", "looked at it")
    (statement,) = read_openvex(document.read_bytes(), "doc")
    assert statement.vulnerabilities == ("CVE-1", "GHSA-1")
    assert statement.products[0].identities == (f"pkg:oci/app@sha256%3A{'a' * 64}",)
    assert statement.products[0].subcomponents == ("pkg:a/a",)
    assert statement.text.startswith("looked at it; none of its 3 code files")
    assert "evidence sha256:" in statement.text


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps({"schema": 1}), json.dumps({"schema": 2})])
def test_what_is_no_evidence_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "e.json").write_text(content)
    with pytest.raises(UsageError):
        read_evidence(tmp_path / "e.json")
