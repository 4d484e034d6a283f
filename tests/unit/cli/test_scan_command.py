"""``nautiloid scan`` and ``nautiloid db`` as commands: targets, formats, thresholds, the ignore file."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from typer.testing import CliRunner, Result

from nautiloid.cli.app import app
from nautiloid.errors import NautiloidError
from nautiloid.vulns.database.files import import_file
from nautiloid.vulns.database.update import USUAL

from ..inspection.images import image_of
from ..inspection.test_image import OS_RELEASE, _distribution
from ..vulns.exports_server import ExportsServer, record

HIGH = {"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H"}]}


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "advisories.db"
    for number, one in enumerate((record("PYSEC-1", aliases=["CVE-2026-1"], **HIGH), record("PYSEC-2", fixed=None))):
        (tmp_path / f"{number}.json").write_text(json.dumps(one))
        import_file(path, tmp_path / f"{number}.json", f"PyPI-{number}")
    monkeypatch.setenv("NAUTILOID_DB", str(path))
    return path


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text("Demo==1.0  # pinned\nother>=2\n")
    return path


def _scan(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["scan", *arguments])


def _ids(target: Path | str) -> list[str]:
    done = _scan(str(target), "--format", "json")
    assert done.exit_code == 0, (done.output, done.exception)
    return [finding["id"] for finding in json.loads(done.stdout)["findings"]]


def test_requirements(database: Path, requirements: Path) -> None:
    done = _scan(str(requirements))
    assert "2 vulnerabilities: 1 high, 1 unknown" in done.stdout
    assert "1 with a fix available" in done.stdout
    assert "CVE-2026-1" in done.stdout
    assert "other>=2 names no one version" in done.stderr
    assert _ids(requirements) == ["CVE-2026-1", "PYSEC-2"]


def test_every_kind_of_target_gives_the_same(database: Path, tmp_path: Path) -> None:
    with image_of(tmp_path / "image", [OS_RELEASE, *_distribution("usr/lib/python3/dist-packages", "demo", "1.0")]):
        image = tmp_path / "image/layout"
        for form in ("cyclonedx", "spdx"):
            document = tmp_path / f"{form}.json"
            assert CliRunner().invoke(app, ["sbom", str(image), "--format", form, "-o", str(document)]).exit_code == 0
            assert _ids(document) == ["CVE-2026-1", "PYSEC-2"]
        assert _ids(image) == ["CVE-2026-1", "PYSEC-2"]
    (tmp_path / "project").mkdir()
    lock = tmp_path / "project/uv.lock"
    lock.write_text('version = 1\n[[package]]\nname = "demo"\nversion = "1.0"\nsource = {registry = "x"}\n'
                    '[[package]]\nname = "me"\nversion = "0"\nsource = {virtual = "."}\n')  # fmt: skip
    assert _ids(lock) == _ids(tmp_path / "project") == ["CVE-2026-1", "PYSEC-2"]
    root = tmp_path / "root/usr/lib/python3/dist-packages/demo-1.0.dist-info"
    root.mkdir(parents=True)
    (root / "METADATA").write_text("Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n")
    (root / "RECORD").write_text("demo-1.0.dist-info/METADATA,,\n")
    assert _ids(f"dir:{tmp_path / 'root'}") == ["CVE-2026-1", "PYSEC-2"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 0),
        (("--fail-on", "high"), 1),
        # Nothing that grave, and "other>=2" was not checked.
        (("--fail-on", "critical"), 4),
        (("--fail-on", "any", "--only-fixed"), 1),
        (("--max-db-age", "7000w"), 0),
    ],
)
def test_exit_codes(database: Path, requirements: Path, arguments: tuple[str, ...], code: int) -> None:
    assert _scan(str(requirements), *arguments).exit_code == code


def test_what_nobody_has_rated_does_not_pass_in_silence(database: Path, requirements: Path) -> None:
    done = _scan(str(requirements), "--fail-on", "critical")
    assert "1 finding that nobody has rated passed --fail-on critical" in done.stderr
    assert "nobody has rated" not in _scan(str(requirements)).stderr


def _clean(tmp_path: Path) -> Path:
    path = tmp_path / "clean.txt"
    path.write_text("calm==9.0\n")
    return path


def test_not_knowing_is_neither_clean_nor_a_finding(database: Path, tmp_path: Path) -> None:
    assert _scan(str(_clean(tmp_path)), "--fail-on", "any").exit_code == 0
    nothing = tmp_path / "nothing.txt"
    nothing.write_text("# no requirement\n")
    said = _scan(str(nothing))
    assert said.exit_code == 0
    assert "warning: nothing was checked" in said.stderr
    failed = _scan(str(nothing), "--fail-on", "critical")
    assert failed.exit_code == 4
    assert "failed: not known to be clean: nothing was checked" in failed.stderr
    suite = ElementTree.fromstring(_scan(str(nothing), "--format", "junit").stdout)
    assert (suite.get("tests"), suite.get("errors"), suite.get("failures")) == ("1", "1", "0")
    run = json.loads(_scan(str(nothing), "--format", "sarif").stdout)["runs"][0]
    assert {one["level"] for one in run["invocations"][0]["toolExecutionNotifications"]} >= {"error"}
    assert json.loads(_scan(str(nothing), "--format", "json").stdout)["gaps"]
    assert "does not mean that there is none" in _scan(str(nothing), "--format", "html").stdout
    document = json.loads(_scan(str(nothing), "--format", "cyclonedx").stdout)
    assert document["metadata"]["properties"][0]["name"] == "nautiloid:gap"


@pytest.mark.parametrize(
    ("target", "arguments", "code"),
    [
        ("no-such-image", (), 4),
        ("clean.txt", ("--db", "none.db"), 4),
        ("clean.txt", ("--max-db-age", "1d"), 4),
        ("clean.txt", ("--columns", "nonsense"), 2),
        ("clean.txt", ("--vex", "none.json"), 2),
    ],
)
def test_failing_to_scan_has_a_code_of_its_own(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, arguments: tuple[str, ...], code: int
) -> None:
    monkeypatch.chdir(_clean(tmp_path).parent)
    monkeypatch.setenv("NAUTILOID_IMAGES", str(tmp_path / "images"))
    error = _scan(target, *arguments).exception
    assert isinstance(error, NautiloidError)
    assert error.exit_code == code


def test_an_uncertain_finding_is_called_so_in_every_form(database: Path, tmp_path: Path) -> None:
    unread = record("PYSEC-9", "calm", aliases=["CVE-2026-9"])
    unread["affected"][0]["ranges"] = [
        {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"last_affected": "2.6.0-NA"}]}
    ]
    (tmp_path / "unread.json").write_text(json.dumps(unread))
    import_file(database, tmp_path / "unread.json", "unread")
    target, doubt = str(_clean(tmp_path)), "which is no version; read as 2.6.0, it does not hold 9.0"
    table = tmp_path / "table.txt"
    assert _scan(target, "--fail-on", "any", "-o", str(table)).exit_code == 1
    text = table.read_text()
    assert doubt in text
    assert "1 uncertain" in text
    assert "warning: 1 findings are uncertain" in text
    (finding,) = json.loads(_scan(target, "--format", "json").stdout)["findings"]
    assert finding["state"] == "uncertain"
    assert doubt in finding["doubt"]
    sarif = json.loads(_scan(target, "--format", "sarif").stdout)["runs"][0]["results"][0]
    assert "may have CVE-2026-9; uncertain" in sarif["message"]["text"]
    assert doubt in sarif["properties"]["uncertain"]
    for form in ("html", "junit", "cyclonedx"):
        assert "uncertain" in _scan(target, "--format", form).stdout


@pytest.mark.parametrize(
    "content",
    [
        "demo==1.0\n", "\ufeff# comment\ndemo==1.0\n", '[[packages]]\nname = "demo"\nversion = "1.0"\n',
        '\ufeff{"bomFormat": "CycloneDX", "components": [{"name": "demo", "purl": "pkg:pypi/demo@1.0"}]}',
        '{"_meta": {}, "default": {"demo": {"version": "==1.0"}}}',
    ],
)  # fmt: skip
def test_standard_input_is_read_as_a_file_is(database: Path, content: str) -> None:
    done = CliRunner().invoke(app, ["scan", "-", "--format", "json"], input=content.encode())
    assert done.exit_code == 0, done.exception
    data = json.loads(done.stdout)
    assert data["name"] == "standard input"
    assert [finding["id"] for finding in data["findings"]] == ["CVE-2026-1", "PYSEC-2"]
    assert "/tmp" not in done.stdout


def test_an_image_comes_through_a_pipe(database: Path, tmp_path: Path) -> None:
    with image_of(tmp_path / "image", [OS_RELEASE, *_distribution("usr/lib/python3/dist-packages", "demo", "1.0")]):
        packed = subprocess.run(["tar", "-C", tmp_path / "image/layout", "-c", "."], capture_output=True, check=True)
    done = CliRunner().invoke(app, ["scan", "-", "--format", "json"], input=packed.stdout)
    (finding, _) = json.loads(done.stdout)["findings"]
    (part,) = finding["parts"]
    assert part["file"] == "/usr/lib/python3/dist-packages/demo-1.0.dist-info/METADATA"
    assert part["layer"].startswith("sha256:")


@pytest.mark.parametrize("target", ["", "  "])
def test_no_name_is_not_this_directory(database: Path, target: str) -> None:
    done = _scan(target)
    assert isinstance(done.exception, NautiloidError)
    assert (done.exception.exit_code, "no name" in str(done.exception)) == (2, True)


def test_nothing_on_standard_input_is_an_error(database: Path) -> None:
    done = CliRunner().invoke(app, ["scan", "-"], input=b"\n")
    assert isinstance(done.exception, NautiloidError)
    assert "standard input is empty" in str(done.exception)


def test_sarif_points_to_the_file_and_the_line(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one/requirements.txt").write_text("# pinned\ndemo==1.0\n")
    (tmp_path / "two").mkdir()
    (tmp_path / "two/uv.lock").write_text('version = 1\n\n[[package]]\nname = "demo"\nversion = "1.0"\n')
    monkeypatch.chdir(tmp_path)
    result = json.loads(_scan(".", "--format", "sarif").stdout)["runs"][0]["results"][0]
    places = {
        (one["physicalLocation"]["artifactLocation"]["uri"], one["physicalLocation"]["region"]["startLine"])
        for one in result["locations"]
    }
    assert places == {("one/requirements.txt", 2), ("two/uv.lock", 3)}


def test_what_was_decided_upon_stays_visible(database: Path, requirements: Path, tmp_path: Path) -> None:
    ignore = tmp_path / "ignore.yaml"
    ignore.write_text(
        "ignore:\n- {id: PYSEC-1, package: demo, reason: not reached}\n"
        "- {id: PYSEC-2, reason: waiting, expires: 2020-01-01}\n- {id: CVE-1999-1, reason: nothing}\n"
    )
    requirements.write_text("demo==1.0\n")
    done = _scan(str(requirements), "--ignore-file", str(ignore), "--fail-on", "high")
    assert done.exit_code == 0
    assert "1 suppressed" in done.stdout
    assert "ignored: not reached" in done.stdout
    assert "PYSEC-2 expired on 2020-01-01" in done.stderr
    assert "CVE-1999-1 matches no finding" in done.stderr
    sarif = json.loads(_scan(str(requirements), "--ignore-file", str(ignore), "--format", "sarif").stdout)
    results = sarif["runs"][0]["results"]
    assert [("suppressions" in one) for one in results] == [True, False]
    suite = ElementTree.fromstring(
        _scan(str(requirements), "--ignore-file", str(ignore), "--format", "junit").stdout.encode()
    )
    assert (suite.get("failures"), suite.get("skipped")) == ("1", "1")


def test_sarif_follows_its_schema(database: Path, requirements: Path, tmp_path: Path) -> None:
    # From Microsoft's MIT-licensed npm package @microsoft/jest-sarif 1.0.0-beta.0, unchanged.
    schema = json.loads((Path(__file__).parents[2] / "data/sarif/sarif-2.1.0-rtm.5.json").read_text())
    ignore = tmp_path / "ignore.yaml"
    ignore.write_text("ignore:\n- {id: PYSEC-2, reason: accepted}\n")
    document = json.loads(_scan(str(requirements), "--ignore-file", str(ignore), "--format", "sarif").stdout)
    check = jsonschema.Draft4Validator(schema)
    assert list(check.iter_errors(document)) == []
    document["runs"][0]["results"][0]["level"] = "grave"
    assert list(check.iter_errors(document)) != []


def test_html_says_everything_and_trusts_nothing(database: Path, tmp_path: Path) -> None:
    for number, bad in enumerate(("javascript:alert(1)", "https://example.com/<script>")):
        hostile = record(f"PYSEC-{10 + number}", summary="<script>alert(1)</script>", references=[{"url": bad}])
        (tmp_path / "h.json").write_text(json.dumps(hostile))
        import_file(database, tmp_path / "h.json", f"hostile-{number}")
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("demo==1.0\n")
    page = _scan(str(requirements), "--format", "html").stdout
    assert "CVE-2026-1" in page
    assert "update to 2.0" in page
    assert "<script>alert" not in page
    assert 'href="javascript:' not in page
    assert "&lt;script&gt;alert(1)" in page


def test_sarif_names_each_rule_once_with_its_score(database: Path, requirements: Path) -> None:
    run = json.loads(_scan(str(requirements), "--format", "sarif").stdout)["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert {rule["id"]: rule["properties"].get("security-severity") for rule in rules} == {
        "CVE-2026-1": "8.8", "PYSEC-2": None}  # fmt: skip
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_cyclonedx_is_valid_and_says_what_was_decided(database: Path, requirements: Path, tmp_path: Path) -> None:
    ignore = tmp_path / "ignore.yaml"
    ignore.write_text("ignore:\n- {id: PYSEC-2, reason: accepted}\n")
    text = _scan(str(requirements), "--ignore-file", str(ignore), "--format", "cyclonedx").stdout
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    found = {one["id"]: one for one in json.loads(text)["vulnerabilities"]}
    assert found["CVE-2026-1"]["analysis"]["state"] == "in_triage"
    assert found["CVE-2026-1"]["recommendation"] == "Update demo to 2.0."
    assert found["CVE-2026-1"]["ratings"][0]["score"] == 8.8
    assert found["PYSEC-2"]["analysis"] == {"state": "exploitable", "detail": "ignore file: accepted"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--max-db-age", "1d"), "older than --max-db-age"),
        (("--max-db-age", "soon"), "is no age"),
        (("--ignore-file", "none.yaml"), "cannot read the ignore file"),
        (("--db", "none.db"), "there is no advisory database"),
    ],
)
def test_mistakes_are_named(database: Path, requirements: Path, arguments: tuple[str, ...], message: str) -> None:
    done = _scan(str(requirements), *arguments)
    assert isinstance(done.exception, NautiloidError)
    assert message in str(done.exception)


@pytest.mark.parametrize("content", ["ignore:\n- {id: X}\n", "ignore: 5\n", "- x\n", "ignore: [", "other: 1\n"])
def test_an_ignore_file_without_reasons_is_refused(
    database: Path, requirements: Path, tmp_path: Path, content: str
) -> None:
    (tmp_path / "ignore.yaml").write_text(content)
    done = _scan(str(requirements), "--ignore-file", str(tmp_path / "ignore.yaml"))
    assert isinstance(done.exception, NautiloidError)
    assert done.exception.exit_code == 2


@pytest.mark.parametrize("content", ["{}", "{", '{"spdxVersion": "SPDX-3.0"}'])
def test_a_document_that_says_nothing_of_parts_is_refused(database: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content)
    done = _scan(str(tmp_path / "x.json"))
    assert isinstance(done.exception, NautiloidError)


def test_the_database_from_the_command_line(database: Path, tmp_path: Path) -> None:
    run = CliRunner()
    assert "PyPI-0" in run.invoke(app, ["db", "status"]).stdout
    assert run.invoke(app, ["db", "export", str(tmp_path / "x.zst")]).exit_code == 0
    done = run.invoke(app, ["db", "import", str(tmp_path / "x.zst"), "--db", str(tmp_path / "there.db")])
    assert "whole database" in done.stdout


def test_a_database_of_another_version_is_fetched_anew(database: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version=1")
    (tmp_path / "bucket").mkdir()
    server = ExportsServer(tmp_path / "bucket")
    try:
        for name in USUAL:
            server.publish(name, [record(f"{name}-1", ecosystem=name)])
        update = ["db", "update", "--url", server.url, "--kev-url", "", "--epss-url", ""]
        done = CliRunner().invoke(app, update)
    finally:
        server.close()
    assert done.exit_code == 0, (done.output, done.exception)
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == list(USUAL)
