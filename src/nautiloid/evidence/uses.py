"""VEX from evidence: which components a traced run used, and which findings that lets one propose to lift.

What a run did not open it did not execute: a component of whose code no file was opened or started was not in the
execute path *of that work*. That is evidence and no proof: other input may reach other code. So nothing here says
``not_affected``; it proposes, and a person confirms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from nautiloid.packages.component import Component, Found
from nautiloid.trace.files import FileIdentity, ImageFiles
from nautiloid.vulns.result import Finding, Part, ScanResult
from nautiloid.vulns.vex.statement import Justification

# What is read of a package without running it: its documents, and the records that say that it is there.
_NOT_CODE = re.compile(
    r"usr/share/(?:doc|man|lintian|bug|info)/|var/lib/(?:dpkg|rpm|apk)/|lib/apk/|usr/lib/sysimage/"
    r"|(?:.*/)?[^/]+\.(?:dist|egg)-info/"
)
_PATHS_SHOWN = 5


class Use(StrEnum):
    """What a trace tells of a component."""

    USED = "used"
    UNUSED = "not used"
    ABSENT = "not present"
    UNTOLD = "cannot be told"


@dataclass(frozen=True, slots=True)
class ComponentUse:
    """What a trace tells of one component.

    Attributes:
        within: purl of what it is bundled in; empty for one of its own.
        code_files: How many files of code it has in the image.
        opened: Some of those that were opened or executed.
        why: In a few words, where ``use`` needs them.
    """

    purl: str
    within: str
    use: Use
    code_files: int
    opened: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A finding that need not count, if a person agrees.

    Attributes:
        parts: purls of what has the vulnerability; none of it was used.
        statement: The evidence in one sentence.
    """

    identity: str
    identities: tuple[str, ...]
    severity: str
    package: str
    version: str
    parts: tuple[str, ...]
    justification: Justification
    statement: str


def component_uses(
    components: Sequence[Component], files: ImageFiles, opened: Mapping[FileIdentity, str]
) -> tuple[ComponentUse, ...]:
    """Say of each component whether its code was used.

    Args:
        components: Of the inspected image.
        files: The same image, unpacked.
        opened: What the traced work opened and executed.
    """
    found: dict[tuple[str, str], ComponentUse] = {}
    # What is not bundled comes first: the rest may have to be judged by it.
    for component in sorted(components, key=lambda component: bool(component.within)):
        if component.kind != "model" and component.purl:
            key = (component.purl, component.within)
            use = _judge(component, files, opened, found)
            found[key] = _merged(found[key], use) if key in found else use
    return tuple(found.values())


def propose(result: ScanResult, uses: Sequence[ComponentUse], work: str) -> tuple[tuple[Proposal, ...], int]:
    """Propose statements for the findings whose every part was unused.

    Args:
        result: The scan, with all VEX that holds already applied: what is lifted needs no proposal.
        uses: What the trace tells.
        work: How to call the traced work in the evidence.

    Returns:
        The proposals, and how many open findings there are without one.
    """
    known = {(use.purl, use.within): use for use in uses}
    proposals = []
    for finding in result.open:
        told = [known.get((part.purl, part.within)) for part in finding.parts]
        sure = [use for use in told if use is not None and use.use in (Use.UNUSED, Use.ABSENT)]
        if told and len(sure) == len(told):
            proposals.append(_proposal(finding, finding.parts, sure, work))
    return tuple(proposals), len(result.open) - len(proposals)


def _judge(
    component: Component,
    files: ImageFiles,
    opened: Mapping[FileIdentity, str],
    known: Mapping[tuple[str, str], ComponentUse],
) -> ComponentUse:
    if component.within and component.how in (Found.SBOM, Found.VENDORED):
        return _judged_by_holder(component, known)
    code = [path for path in component.files if not _NOT_CODE.match(path)]
    seen = [path for path in code if (identity := files.identity(path)) is not None and identity in opened]
    if seen:
        return ComponentUse(component.purl, component.within, Use.USED, len(code), tuple(seen[:_PATHS_SHOWN]))
    if code:
        return ComponentUse(component.purl, component.within, Use.UNUSED, len(code))
    if _lists_itself(component):
        why = "only its documents and its package record are in the image"
        return ComponentUse(component.purl, component.within, Use.ABSENT, 0, (), why)
    return ComponentUse(component.purl, component.within, Use.UNTOLD, 0, (), "nothing tells which files are its own")


def _judged_by_holder(component: Component, known: Mapping[tuple[str, str], ComponentUse]) -> ComponentUse:
    """A list inside of a package names the component, and no file of it: it can only be unused where all is."""
    holder = known.get((component.within, ""))
    if holder is not None and holder.use in (Use.UNUSED, Use.ABSENT):
        return ComponentUse(component.purl, component.within, holder.use, holder.code_files, (), "as what holds it")
    why = "nothing tells which files of its package are its own"
    return ComponentUse(component.purl, component.within, Use.UNTOLD, 0, (), why)


def _lists_itself(component: Component) -> bool:
    """Whether a list names the component's files, so that a file which is not there was left out on purpose."""
    if component.within or not component.files:
        return False
    if component.kind == "pypi":
        return any(path.endswith(".dist-info/RECORD") for path in component.files)
    # The checksums of ``status.d`` leave out configuration files: there, a short list proves nothing.
    return component.kind in ("deb", "apk", "rpm") and "/status.d/" not in component.evidence


def _merged(one: ComponentUse, other: ComponentUse) -> ComponentUse:
    """Two components of one purl (one version installed twice) are used where either is."""
    order = (Use.USED, Use.UNTOLD, Use.UNUSED, Use.ABSENT)
    return min(one, other, key=lambda use: order.index(use.use))


def _proposal(finding: Finding, parts: Sequence[Part], uses: Sequence[ComponentUse], work: str) -> Proposal:
    absent = all(use.use is Use.ABSENT for use in uses)
    count = sum(use.code_files for use in uses)
    told = (
        "the image holds nothing of it but documents and its package record"
        if absent
        else f"none of its {count} code files was opened or executed while {work} ran to its end"
    )
    return Proposal(
        identity=finding.identity,
        identities=finding.identities,
        severity=finding.severity.word,
        package=finding.package,
        version=finding.version,
        parts=tuple(dict.fromkeys(part.purl for part in parts)),
        justification=Justification.COMPONENT_NOT_PRESENT if absent else Justification.NOT_IN_EXECUTE_PATH,
        statement=told,
    )
