"""YAML 1.1 of strangers: plain values only, no key twice, and aliases count as all that they stand for.

A few hundred bytes of aliases to aliases are a few gigabytes to whoever walks them ("billion laughs").
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node

from nautiloid import bounds
from nautiloid.documents.depth import TOO_DEEP

_MERGE = "tag:yaml.org,2002:merge"


def loads_yaml(text: str) -> Any:
    """Parse one YAML document; None for an empty one.

    Raises:
        ValueError: It is none, names something twice, is nested too deeply, or stands for too many values.
    """
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    except (yaml.YAMLError, OverflowError) as error:
        raise ValueError(str(error)) from error


class _Loader(yaml.SafeLoader):
    """Counts levels and values while the document is read, before anything is made of it."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = self._values = 0
        self._worth: dict[str, int] = {}

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        """Read a value and what is in it."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        anchor: str | None = getattr(event, "anchor", None)
        if isinstance(event, yaml.AliasEvent):
            if anchor in self.anchors and anchor not in self._worth:
                raise yaml.YAMLError(f"*{anchor} stands for what it is part of")
            self._count(self._worth.get(str(anchor), 1))
            return super().compose_node(parent, index)
        before = self._values
        self._depth += 1
        if self._depth > bounds.DOCUMENT_DEPTH:
            raise ValueError(TOO_DEEP)
        self._count(1)
        node = super().compose_node(parent, index)
        self._depth -= 1
        if anchor is not None:
            self._worth[anchor] = self._values - before
        return node

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Make a mapping whose keys are all different."""
        seen = set()
        for key, _ in node.value:
            name = (key.tag, key.value) if isinstance(key, yaml.ScalarNode) else None
            if name in seen and key.tag != _MERGE:
                raise yaml.YAMLError(f"{key.value!r} stands there twice, in line {key.start_mark.line + 1}")
            if name is not None:
                seen.add(name)
        return super().construct_mapping(node, deep)

    def _count(self, values: int) -> None:
        self._values += values
        if self._values > bounds.WRITTEN_BY_HAND_VALUES:
            raise ValueError(f"it stands for more than {bounds.WRITTEN_BY_HAND_VALUES:,} values")
