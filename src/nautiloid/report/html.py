"""Inspections and comparisons as one self-contained HTML file: no request leaves it, whatever is in the image."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from jinja2 import Environment
from markupsafe import Markup

from nautiloid.inspection.comparison import Comparison, Measure, compare
from nautiloid.inspection.inventory import Hardening, Inspection, Risk, Weakness
from nautiloid.packages.component import Component
from nautiloid.report import words
from nautiloid.report.page import page_environment
from nautiloid.report.treemap import Box, treemap
from nautiloid.report.vulnerabilities.counts import Counts, count
from nautiloid.vulns.model import ScanResult

_MOST_ROWS = 2000
_PICTURES = (("wide", 960.0, 420.0), ("narrow", 360.0, 480.0))
_TILES = ("packages", "bundled", "executables", "shells", "setuid", "findings", "size", "compressed")
_BARS = (
    "packages", "debian-packages", "python-distributions", "executables", "shared-objects", "shells",
    "package-managers", "compilers", "network-clients", "setuid", "files", "size", "compressed",
)  # fmt: skip
_LONG = re.compile(r"\S{21,}")
_STEPS = re.compile(r"/{0,4}[^/]+/{0,4}|/{1,32}")
_PIECES = re.compile(r"[.@_:+=,-]{0,4}[^.@_:+=,-]{1,32}[.@_:+=,-]{0,4}|[.@_:+=,-]{1,32}")
_LONGEST_STEP = 20
_ADVICE = re.compile(
    r"\s*[;:,]\s*(?:(?:run|use|try|see)\s+'nautiloid [^']*'|--[a-z][a-z-]* and the JSON format list)[^;]*"
)


@dataclass(frozen=True)
class Tile:
    """One number at the head of a part.

    Attributes:
        note: What exactly is counted, where the title alone does not tell.
    """

    title: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Picture:
    """A treemap in one shape.

    Attributes:
        shape: ``wide``, or ``narrow`` for a phone, where the labels of a wide one could not be read.
    """

    shape: str
    width: float
    height: float
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class MeasureBar:
    """One image's value in a chart.

    Attributes:
        percent: Length, of the longest bar in its chart.
        change: From the first image; empty for that one.
    """

    image: str
    value: str
    percent: float
    change: str


@dataclass(frozen=True)
class Chart:
    """A measure as bars."""

    title: str
    bars: tuple[MeasureBar, ...]


@dataclass(frozen=True)
class ImageSection:
    """One image's part of the page.

    Attributes:
        counted: How many findings there are, those that only inform left out, as in every other format.
        findings: Those, by severity.
        informing: The ones that only inform.
    """

    anchor: str
    image: Inspection
    tiles: tuple[Tile, ...]
    pictures: tuple[Picture, ...]
    owners: tuple[tuple[str, str], ...]
    components: tuple[Component, ...]
    left_out: int
    kinds: tuple[tuple[str, int], ...]
    counted: int
    findings: tuple[tuple[Risk, tuple[Weakness, ...]], ...]
    informing: tuple[Weakness, ...]
    paths: tuple[tuple[str, str, tuple[str, ...], int], ...]
    weak: tuple[Hardening, ...]
    hardening: tuple[tuple[str, int], ...]


def inspection_to_html(inspection: Inspection) -> str:
    """Return the page of one image."""
    return _render(inspection.name, None, [_section("image", inspection)], [])


def comparison_to_html(comparison: Comparison, title: str = "", scans: Sequence[ScanResult] = ()) -> str:
    """Return the page of several images: bars, what came and went, and a section for each image.

    Args:
        comparison: The images.
        title: Of the page; made from their names when empty.
        scans: Of the same images against one database, where there are any.
    """
    names = " and ".join(image.name for image in comparison.images)
    sections = [_section(f"image-{number + 1}", image) for number, image in enumerate(comparison.images)]
    charts = [_chart(comparison.measure(key), comparison) for key in _BARS]
    counts = [replace(one, warnings=facts(one.warnings)) for one in map(count, scans)]
    return _render(title or f"Comparison of {names}", comparison, sections, charts, counts)


def report_environment() -> Environment:
    """Return the templates with the filters that break long names where they may be broken."""
    environment = page_environment()
    environment.filters["breakable"] = breakable
    return environment


def breakable(text: str) -> Markup:
    """Return a text, made safe for HTML and for the reader, whose long names may be broken where their parts end.

    Words stay whole. A path, a version or a digest that is too long for a phone may go on in the next line behind
    ``/``, else behind ``. - @`` and the like; only what has no such place, such as a digest, is cut into equal pieces.
    """
    shown = words.printable(text)
    return Markup().join(_broken(part) if _LONG.fullmatch(part) else part for part in re.split(r"(\S{21,})", shown))


def _broken(token: str) -> Markup:
    return Markup("<wbr>").join(_pieces(token))


def _pieces(token: str) -> Iterator[str]:
    for step in _STEPS.findall(token):
        if len(step.strip("/")) <= _LONGEST_STEP:
            yield step
        else:
            yield from _PIECES.findall(step)


def facts(warnings: Iterable[str]) -> tuple[str, ...]:
    """Return what warnings state, without what to type: whoever reads a page sits at no command line."""
    return tuple(_ADVICE.sub("", warning) for warning in warnings)


def _render(
    title: str,
    comparison: Comparison | None,
    sections: Sequence[ImageSection],
    charts: Sequence[Chart],
    vulnerabilities: Sequence[Counts] = (),
) -> str:
    page = report_environment().get_template("page.html")
    return page.render(
        title=title,
        comparison=comparison,
        sections=sections,
        charts=charts,
        vulnerabilities=vulnerabilities,
        most=_MOST_ROWS,
    )


def _section(anchor: str, image: Inspection) -> ImageSection:
    components = tuple(sorted(image.components, key=lambda c: (bool(c.within), c.kind, c.name.lower(), c.version)))
    found = {severity: tuple(f for f in image.findings if f.severity == severity) for severity in Risk}
    informing = found.pop(Risk.INFO)
    weak = tuple(file for file in image.surface.hardening if _is_weak(file))
    return ImageSection(
        anchor=anchor,
        image=image,
        tiles=_tiles(image, len(informing)),
        pictures=tuple(
            Picture(shape, width, height, treemap(image.usage, width, height, words.size))
            for shape, width, height in _PICTURES
        ),
        owners=_owners(image),
        components=components[:_MOST_ROWS],
        left_out=max(0, len(components) - _MOST_ROWS),
        kinds=tuple(sorted(Counter(component.kind for component in components).items())),
        counted=sum(map(len, found.values())),
        findings=tuple((severity, items) for severity, items in found.items() if items),
        informing=informing,
        paths=_paths(image),
        weak=weak[:_MOST_ROWS],
        hardening=_hardening(image.surface.hardening),
    )


def _tiles(image: Inspection, informing: int) -> tuple[Tile, ...]:
    measures = compare([image])
    notes = {"findings": f"and {informing:,} for information"} if informing else {}
    return tuple(
        Tile(measures.measure(key).title, words.amount(measures.measure(key), 0), notes.get(key, "")) for key in _TILES
    )


def _chart(measure: Measure, comparison: Comparison) -> Chart:
    longest = max(*measure.values, 1)
    bars = tuple(
        MeasureBar(
            image.name,
            words.amount(measure, number),
            round(measure.values[number] / longest * 100, 2),
            words.change(measure, number) if number else "",
        )
        for number, image in enumerate(comparison.images)
    )
    return Chart(measure.title, bars)


def _owners(image: Inspection) -> tuple[tuple[str, str], ...]:
    """Return the biggest owners of bytes: the treemap for those who cannot see it."""
    sizes: Counter[str] = Counter()
    for layer in image.usage.children:
        for owner in layer.children:
            sizes[owner.name] += owner.size
    return tuple((name, words.size(size)) for name, size in sizes.most_common(15))


def _paths(image: Inspection) -> tuple[tuple[str, str, tuple[str, ...], int], ...]:
    """Return the groups of the attack surface: title, why it matters, paths, how many are left out."""
    surface = image.surface
    groups = (
        ("Executables", "What can be started: ELF programs and scripts with an x bit.",
         tuple(file.path for file in surface.executables)),
        ("Shells", "Let whoever gets in run anything.", surface.shells),
        ("Interpreters", "Run programs that an attacker brings as text.", surface.interpreters),
        ("Package managers", "Bring in whatever an attacker misses.", surface.package_managers),
        ("Compilers and linkers", "Build what cannot be brought in.", surface.compilers),
        ("Network clients", "Fetch tools and carry data away.", surface.network_clients),
        ("setuid and setgid files", "Run with the rights of their owner.", surface.setuid),
        ("Files with capabilities", "Gain kernel rights when started.", surface.capabilities),
        ("World-writable paths", "Any process may change them.", surface.world_writable),
        ("Secrets", "Look like keys, tokens or passwords.", surface.secrets),
    )  # fmt: skip
    return tuple((title, why, paths[:_MOST_ROWS], max(0, len(paths) - _MOST_ROWS)) for title, why, paths in groups)


def _is_weak(file: Hardening) -> bool:
    return not file.nx or file.relro == "none" or (file.program and not file.pie)


def _hardening(files: Sequence[Hardening]) -> tuple[tuple[str, int], ...]:
    return (
        ("ELF files", len(files)),
        ("position independent", sum(file.pie for file in files)),
        ("full RELRO", sum(file.relro == "full" for file in files)),
        ("partial RELRO", sum(file.relro == "partial" for file in files)),
        ("stack canary", sum(file.canary for file in files)),
        ("FORTIFY", sum(file.fortify for file in files)),
        ("stack not executable", sum(file.nx for file in files)),
    )
