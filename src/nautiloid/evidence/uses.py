"""Which components a traced run used.

What a run did not open it did not execute: a component of whose code no file was opened or started was not in the
execute path *of that work*. That is evidence and no proof: other input may reach other code. So nothing here says
``not_affected``: ``evidence.proposals`` proposes, and a person confirms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from nautiloid.packages.component import Component, Found
from nautiloid.trace.files import FileIdentity, ImageFiles

# What is read of a package without running it: its documents, and the records that say that it is there.
_NOT_CODE = re.compile(
    r"usr/share/(?:doc|man|lintian|bug|info)/|var/lib/(?:dpkg|rpm|apk)/|lib/apk/|usr/lib/sysimage/"
    r"|(?:.*/)?[^/]+\.(?:dist|egg)-info/"
)
_PATHS_SHOWN = 5


class UseVerdict(StrEnum):
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
    use: UseVerdict
    code_files: int
    opened: tuple[str, ...] = ()
    why: str = ""


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
        return ComponentUse(component.purl, component.within, UseVerdict.USED, len(code), tuple(seen[:_PATHS_SHOWN]))
    if code:
        return ComponentUse(component.purl, component.within, UseVerdict.UNUSED, len(code))
    if _lists_itself(component):
        why = "only its documents and its package record are in the image"
        return ComponentUse(component.purl, component.within, UseVerdict.ABSENT, 0, (), why)
    return ComponentUse(
        component.purl, component.within, UseVerdict.UNTOLD, 0, (), "nothing tells which files are its own"
    )


def _judged_by_holder(component: Component, known: Mapping[tuple[str, str], ComponentUse]) -> ComponentUse:
    """A list inside of a package names the component, and no file of it: it can only be unused where all is."""
    holder = known.get((component.within, ""))
    if holder is not None and holder.use in (UseVerdict.UNUSED, UseVerdict.ABSENT):
        return ComponentUse(component.purl, component.within, holder.use, holder.code_files, (), "as what holds it")
    why = "nothing tells which files of its package are its own"
    return ComponentUse(component.purl, component.within, UseVerdict.UNTOLD, 0, (), why)


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
    order = (UseVerdict.USED, UseVerdict.UNTOLD, UseVerdict.UNUSED, UseVerdict.ABSENT)
    return min(one, other, key=lambda use: order.index(use.use))
