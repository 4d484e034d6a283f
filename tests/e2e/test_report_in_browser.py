"""The HTML report in a real browser: light and dark, on a phone, by keyboard, for a screen reader."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nautiloid.inspection.comparison import compare
from nautiloid.inspection.inventory import Inspection
from nautiloid.report.html import comparison_to_html
from nautiloid.report.vulnerabilities.html import scan_to_html
from nautiloid.vulns.model import AdvisorySource, Finding, ScannedComponent, ScanResult, State, Suppression, Unevaluated
from nautiloid.vulns.severity import Rating, Severity

from ..unit.inspection.images import File, inspect_files
from ..unit.inspection.test_image import ELF, LOCAL, OS_RELEASE, STATUS, _distribution
from ..unit.models.corpus import Hostile

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("report")
    report = directory / "report.html"
    compared = compare([_image(directory / "a", 60), _image(directory / "b", 3)])
    found = Finding("CVE-1", ("CVE-1",), (), "PyPI", "", "p", "1", (), Rating(), State.UNFIXED, "", "", (), "")
    old = ("the advisories are old (PyPI 95 days): run 'nautiloid db update'",)
    scans = [ScanResult(image.name, "", "", "nautiloid", (found,), 1, 1, warnings=old) for image in compared.images]
    report.write_text(comparison_to_html(compared, scans=scans))
    return report


def _image(directory: Path, count: int) -> Inspection:
    import pickle

    files = [OS_RELEASE, File("var/lib/dpkg/status", STATUS), File("m/model.pkl", pickle.dumps(Hostile()))]
    files.append(File(f"{LOCAL}/distutils-precedence.pth", b"import os\n"))
    for number in range(count):
        files += _distribution(LOCAL, f"package-{number}", "1.0", f"package_{number}/module.py")
        files.append(
            File(f"usr/bin/a-program-with-a-rather-long-name-{number}", ELF, 0o4755 if number % 40 == 0 else 0o755)
        )
    return inspect_files(directory, files, user="")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def scan_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scan whose names are long and whose findings are of every severity and state."""
    findings = []
    for number in range(60):
        severity = list(Severity)[number % len(Severity)]
        fixed = "2.0" if number % 3 else ""
        findings.append(
            Finding(
                f"CVE-2026-{number}", (f"CVE-2026-{number}", "GHSA-x"), ("PYSEC-1",), "PyPI", "",
                f"a-package-with-a-rather-long-name-{number}", "1.0.0+local.version.that.is.long",
                (ScannedComponent("p", "1", "pkg:pypi/p@1", "pkg:deb/debian/python3-setuptools-whl@66.1.1-1"),),
                Rating(severity, 5.0),
                State.FIXED if fixed else State.UNFIXED, fixed, "What it is: " + "words " * 20,
                ("https://example.com/advisory",), "2026-01-01", epss=0.5,
                suppressed=Suppression("VEX", "not_affected", "a reason", "a document") if number % 7 == 0 else None,
            )
        )  # fmt: skip
    result = ScanResult(
        "registry.example/a/rather/long/name/of/an/image:latest", f"sha256:{'a' * 64}", "Debian", "nautiloid 1",
        tuple(findings), 80, 70, (("generic", 10),), (Unevaluated("torch", "no version"),), (),
        (AdvisorySource("PyPI", "OSV", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", 1, 0, 0, 0, ("PyPI",)),),
        ("the advisories are old (AlmaLinux 95 days, PyPI 124 days): run 'nautiloid db update'",),
    )  # fmt: skip
    page = tmp_path_factory.mktemp("scan") / "scan.html"
    page.write_text(scan_to_html(result))
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 800, 320])
@pytest.mark.parametrize("which", ["page_file", "scan_file"])
def test_nothing_stands_in_anybodys_way(
    browser: Any, which: str, scheme: str, width: int, request: pytest.FixtureRequest
) -> None:
    page_file: Path = request.getfixturevalue(which)
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for part in page.query_selector_all("summary"):
        part.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # axe brings its own script, which the page's policy would refuse.
    policed = browser.new_context(bypass_csp=True, viewport={"width": width, "height": 800}, color_scheme=scheme)
    opened = policed.new_page()
    opened.goto(page_file.as_uri())
    results = axe.Axe().run(opened)
    assert results.violations_count == 0, results.generate_report()
    assert asked == [page_file.as_uri()]
    page.close()
    policed.close()


BROKEN_WORDS = r"""() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), broken = [];
  for (let node; (node = texts.nextNode());) {
    if (node.parentElement.closest("svg, script, option")) continue;
    for (const word of node.data.matchAll(/[\p{L}\p{N}]{2,}/gu)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
      if (lines.size > 1) broken.push(word[0]);
    }
  }
  return broken;
}"""


@pytest.mark.parametrize("width", [1200, 800, 320])
@pytest.mark.parametrize("which", ["page_file", "scan_file"])
def test_no_word_is_broken(browser: Any, which: str, width: int, request: pytest.FixtureRequest) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(request.getfixturevalue(which).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert page.evaluate(BROKEN_WORDS) == []
    page.close()


def _colour(page: Any, selector: str, what: str) -> tuple[int, ...]:
    told: str = page.locator(selector).first.evaluate(f"part => getComputedStyle(part).{what}")
    return tuple(int(number) for number in told.removeprefix("rgb(").removesuffix(")").split(", "))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "shape"), [(1200, "wide"), (800, "wide"), (320, "narrow")])
def test_the_picture_follows_the_scheme_and_the_width(
    browser: Any, page_file: Path, scheme: str, width: int, shape: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.goto(page_file.as_uri())
    shown = page.locator("#image-1 ~ .picture:visible")
    assert [part.get_attribute("class") for part in shown.all()] == [f"picture {shape}"]
    box, label = _colour(page, f".{shape} rect", "fill"), _colour(page, f".{shape} text", "fill")
    assert (max(box) < 128) == (min(label) > 128) == (scheme == "dark")
    drawn = shown.locator("text").first.evaluate("part => part.getBoundingClientRect().height")
    assert drawn >= 9
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_severities_have_colours_of_their_own(browser: Any, scan_file: Path, scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme)
    page.goto(scan_file.as_uri())
    words = ("critical", "high", "medium", "low", "unknown")
    badges = {_colour(page, f"#open .badge.{word}", "backgroundColor") for word in words}
    bars = {_colour(page, f".severities .{word} rect", "fill") for word in words}
    assert len(badges) == len(words)
    assert bars == badges
    page.close()


def test_the_list_says_how_much_of_it_is_shown(browser: Any, scan_file: Path) -> None:
    page = browser.new_page()
    page.goto(scan_file.as_uri())
    rows = page.locator("#open tbody tr").count()
    tile = page.locator(".tiles div", has_text="Findings").locator("dd").first
    assert tile.inner_text() == str(rows)
    assert page.locator("output").inner_text() == f"{rows} of {rows} findings"
    page.get_by_role("combobox").select_option("critical")
    assert page.locator("output").inner_text().endswith(f" of {rows} findings")
    page.close()


def test_the_filter_works_by_keyboard(browser: Any, page_file: Path) -> None:
    page = browser.new_page()
    page.goto(page_file.as_uri())
    page.get_by_role("searchbox").first.focus()
    page.keyboard.type("package-5")
    told = page.locator("output").first
    assert told.inner_text().startswith("11 of ")
    page.keyboard.press("Tab")
    page.keyboard.type("deb")
    assert told.inner_text().startswith("0 of ")
    visible = page.locator("#image-1-components tbody tr:visible")
    assert visible.count() == 0
    page.close()


def test_a_printed_report_is_whole(browser: Any, page_file: Path) -> None:
    page = browser.new_page()
    page.goto(page_file.as_uri())
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert not page.locator(".filter").first.is_visible()
    assert len(page.pdf()) > 10_000
    page.close()
