"""CycloneDX's XML form, read as what its JSON form would be.

Source: CycloneDX 1.0 to 1.6, the XML schema (namespace ``http://cyclonedx.org/schema/bom/1.x``). Parsed with
defusedxml, which knows no entities and fetches nothing, element by element: what is not needed is forgotten at once.
"""

from __future__ import annotations

import io
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from nautiloid import bounds
from nautiloid.errors import UsageError
from nautiloid.subjects.shapes import check_number

NAMESPACE = "http://cyclonedx.org/schema/bom/"
_FIELDS = ("name", "version", "purl", "group")


def read_cyclonedx_xml(content: bytes, name: str) -> dict[str, Any]:
    """Return the components of a document as its JSON form has them.

    Args:
        content: The document.
        name: What messages call it.

    Raises:
        UsageError: It is no XML, no CycloneDX, nested too deeply, or names entities.
    """
    reader = _Reader(name)
    try:
        for event, element in iterparse(io.BytesIO(content), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                reader.begin(element)
            else:
                reader.end(element)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise UsageError(f"{name} is no XML that can be read: {error!r}", "Known: CycloneDX XML.") from error
    return reader.document


class _Reader:
    """Builds the document while elements begin and end; it nests as far as the XML does, without recursion."""

    def __init__(self, name: str) -> None:
        self.document: dict[str, Any] = {"bomFormat": "CycloneDX", "components": []}
        self._name = name
        self._open: list[str] = []
        self._components: list[dict[str, Any]] = []
        self._count = 0

    def begin(self, element: Element) -> None:
        """Note that an element begins; its text is not known yet."""
        space, _, tag = element.tag.rpartition("}")
        if not self._open and (tag != "bom" or not space.startswith("{" + NAMESPACE)):
            raise UsageError(f"{self._name} is XML, but no CycloneDX", "Known: CycloneDX XML of versions 1.0 to 1.6.")
        if len(self._open) >= bounds.SBOM_XML:
            raise UsageError(f"{self._name} is nested more than {bounds.SBOM_XML:,} elements deep")
        parent = self._open[-1] if self._open else ""
        if tag == "component" and parent in ("components", "metadata"):
            self._count += 1
            check_number(self._count, self._name)
            self._begin_component(element.get("type"), is_subject=parent == "metadata")
        self._open.append(tag)

    def end(self, element: Element) -> None:
        """Take over what an element says, and forget it."""
        tag = self._open.pop()
        parent = self._open[-1] if self._open else ""
        if self._components:
            current = self._components[-1]
            if parent == "component" and tag in _FIELDS:
                current[tag] = (element.text or "").strip()
            elif tag == "property" and self._open[-2:] == ["component", "properties"]:
                current.setdefault("properties", []).append({"name": element.get("name"), "value": element.text})
            elif tag == "component" and parent in ("components", "metadata"):
                self._components.pop()
        element.clear()

    def _begin_component(self, kind: str | None, *, is_subject: bool) -> None:
        component: dict[str, Any] = {"type": kind}
        if is_subject:
            self.document["metadata"] = {"component": component}
        else:
            holder = self._components[-1] if self._components else self.document
            holder.setdefault("components", []).append(component)
        self._components.append(component)
