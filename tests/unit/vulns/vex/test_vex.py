"""VEX statements: which findings they lift, which they do not, and how documents are read and written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nautiloid.cli.app import app
from nautiloid.errors import NautiloidError, UsageError
from nautiloid.oci.layout import Layout
from nautiloid.vulns.database.files import import_file
from nautiloid.vulns.model import Finding, ScannedComponent, ScanResult, State
from nautiloid.vulns.severity import Rating
from nautiloid.vulns.vex.openvex import read_openvex
from nautiloid.vulns.vex.statement import Product, Statement, Status, apply_statements

from ...inspection.images import image_of
from ...inspection.test_image import _distribution
from ..exports_server import record

DIGEST = f"sha256:{'a' * 64}"
TORCH = ScannedComponent("torch", "2.0", "pkg:pypi/torch@2.0")
OTHER = ScannedComponent("libtorch", "2.0", "pkg:deb/debian/libtorch@2.0?distro=debian-12")


def _result(*parts: ScannedComponent) -> ScanResult:
    finding = Finding("CVE-1", ("CVE-1", "GHSA-1"), ("PYSEC-1",), "PyPI", "", "torch", "2.0", parts, Rating(),
                      State.UNFIXED, "", "", (), "")  # fmt: skip
    return ScanResult("registry.example/team/app:1", DIGEST, "", "nautiloid", (finding,), 1, 1)


def _said(
    *products: Product, identity: str = "CVE-1", status: Status = Status.NOT_AFFECTED, at: str = "2026"
) -> Statement:
    return Statement((identity,), products, status, "vulnerable_code_not_in_execute_path", "", at, "doc")


@pytest.mark.parametrize("identity", ["CVE-1", "GHSA-1", "PYSEC-1"])
@pytest.mark.parametrize(
    "product",
    [
        Product((DIGEST,)), Product((f"pkg:oci/app@{DIGEST.replace(':', '%3A')}",)), Product(("pkg:oci/app",)),
        Product(("registry.example/team/app:1",)), Product((DIGEST,), ("pkg:pypi/torch",)),
        Product(("pkg:pypi/torch@2.0",)), Product(("pkg:pypi/torch",)),
    ],
)  # fmt: skip
def test_any_id_and_any_name_of_the_product_will_do(identity: str, product: Product) -> None:
    (finding,) = apply_statements(_result(TORCH), [_said(product, identity=identity)]).findings
    assert finding.suppressed is not None
    assert finding.suppressed.reason == "vulnerable_code_not_in_execute_path"


@pytest.mark.parametrize(
    ("product", "identity"),
    [
        (Product((f"sha256:{'b' * 64}",)), "CVE-1"), (Product(("pkg:oci/other",)), "CVE-1"),
        (Product((DIGEST,), ("pkg:pypi/numpy",)), "CVE-1"), (Product(("pkg:pypi/torch@1.0",)), "CVE-1"),
        (Product((DIGEST,)), "CVE-2"), (Product(("pkg:pypi/torch?arch=x",)), "CVE-1"), (Product(()), "CVE-1"),
    ],
)  # fmt: skip
def test_statements_about_something_else_change_nothing(product: Product, identity: str) -> None:
    before = _result(TORCH)
    assert apply_statements(before, [_said(product, identity=identity)]) == before


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("2026-03-01T09:00:00+09:00", "2026-03-01T00:30:00Z"),
        ("2026-03-01T00:00:00.000000001-06:00", "2026-03-01T07:00:00Z"),
        ("2026-03-01 00:00:00Z", "2026-03-01T00:00:01"),
        ("the day after tomorrow", "2026-03-01T00:00:00Z"),
        ("", "2026-03-01"),
    ],
)
def test_the_later_statement_counts(earlier: str, later: str) -> None:
    product = Product((DIGEST,))
    said = [_said(product, at=earlier), _said(product, status=Status.AFFECTED, at=later)]
    (finding,) = apply_statements(_result(TORCH), said[::-1]).findings
    assert finding.suppressed is None
    assert "affected" in finding.note


def test_a_finding_is_lifted_only_for_all_of_its_parts() -> None:
    one = _said(Product((DIGEST,), ("pkg:pypi/torch",)))
    (finding,) = apply_statements(_result(TORCH, OTHER), [one]).findings
    assert finding.suppressed is None
    assert "some of its parts" in finding.note
    both = [one, _said(Product((DIGEST,), ("pkg:deb/debian/libtorch",)))]
    assert apply_statements(_result(TORCH, OTHER), both).findings[0].suppressed is not None


def test_a_bundled_part_is_named_by_what_holds_it() -> None:
    bundled = replace(OTHER, within="pkg:pypi/torch@2.0")
    said = _said(Product(("pkg:pypi/torch",), ("pkg:deb/debian/libtorch",)))
    assert apply_statements(_result(bundled), [said]).findings[0].suppressed is not None
    assert apply_statements(_result(OTHER), [said]).findings[0].suppressed is None


def test_the_older_spelling_is_read() -> None:
    document = {"@context": "https://openvex.dev/ns", "timestamp": "2023-01-01T00:00:00Z", "statements": [
        {"vulnerability": "CVE-1", "products": ["pkg:pypi/torch"], "status": "fixed"}]}  # fmt: skip
    (statement,) = read_openvex(json.dumps(document), "old")
    assert statement == Statement(("CVE-1",), (Product(("pkg:pypi/torch",)),), Status.FIXED, "", "",
                                  "2023-01-01T00:00:00Z", "old")  # fmt: skip


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"@context": "https://openvex.dev/ns"}',
     '{"@context": "https://openvex.dev/ns", "statements": [{"vulnerability": "X", "status": "harmless"}]}',
     '{"@context": "https://openvex.dev/ns", "statements": [{"status": "fixed"}]}',
     '{"@context": "https://openvex.dev/ns", "statements": [5]}'],
)  # fmt: skip
def test_what_is_no_openvex_is_refused(content: str) -> None:
    with pytest.raises(UsageError):
        read_openvex(content, "doc")


def _vex(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["vex", *arguments])
    if done.exception is not None:
        raise done.exception
    return done.stdout


def test_from_a_statement_to_an_image_that_carries_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "PyPI.json").write_text(json.dumps(record("PYSEC-1", aliases=["CVE-2026-1"])))
    import_file(tmp_path / "db", tmp_path / "PyPI.json")
    document = tmp_path / "app.openvex.json"
    with image_of(tmp_path / "image", [*_distribution("usr/lib/python3/dist-packages", "demo", "1.0")]):
        monkeypatch.setenv("NAUTILOID_IMAGES", str(tmp_path / "image/layout"))
        name = Layout(tmp_path / "image/layout").images()[0][0]
        scan = ["scan", name, "--db", str(tmp_path / "db"), "--fail-on", "any"]
        assert CliRunner().invoke(app, scan).exit_code == 1
        _vex("add", str(document), "--id", "PYSEC-1", "--product", "pkg:pypi/demo", "--status", "not_affected",
             "--justification", "component_not_present", "--author", "me")  # fmt: skip
        assert "component_not_present" in _vex("list", str(document))
        done = CliRunner().invoke(app, [*scan, "--vex", str(document)])
        assert done.exit_code == 0, done.output
        assert "not_affected: component_not_present" in done.stdout
        assert CliRunner().invoke(app, scan).exit_code == 1
        assert "1 statements attached" in _vex("apply", name, str(document))
        done = CliRunner().invoke(app, scan)
        assert done.exit_code == 0, (done.output, done.exception)
        assert "attached to the image" in done.stdout
    _vex("add", str(document), "--id", "CVE-2026-2", "--product", "x", "--status", "under_investigation")
    stated = json.loads(document.read_text())
    assert (stated["version"], len(stated["statements"]), stated["author"]) == (2, 2, "me")


def test_a_statement_that_says_too_little_is_refused(tmp_path: Path) -> None:
    common = ("--id", "CVE-1", "--product", "x", "--author", "me")
    for status in ("not_affected", "affected"):
        with pytest.raises(NautiloidError, match="needs"):
            _vex("add", str(tmp_path / "d.json"), *common, "--status", status)
    with pytest.raises(NautiloidError, match="author"):
        _vex("add", str(tmp_path / "d.json"), *common[:4], "--status", "fixed")
    assert not (tmp_path / "d.json").exists()
