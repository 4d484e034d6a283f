"""Edit a list in a definition's YAML: the entry changes, and every other byte stays.

A parser that writes the file anew moves comments and changes quotes and indents, even one that keeps comments: what
stands between the last entry and the next key would belong to the wrong one. So the file is only composed, by the
loader that reads definitions, for the places where its nodes begin and end (YAML 1.1, "Node graph"); the edit is made
in the text, and the result must read as exactly what was meant.
"""

from __future__ import annotations

from typing import Any

import yaml

from nautiloid.documents.bounded_yaml import loads_yaml
from nautiloid.factory.definition_file import DefinitionError

ListKey = tuple[str, str]
"""Where the list is: a section of the definition, and its key there."""


def entries(text: str, key: ListKey) -> list[str]:
    """Return what a definition's own file lists, without what it inherits.

    Raises:
        DefinitionError: The text is no definition.
    """
    data = _read(text)
    section = data.get(key[0])
    found = section.get(key[1]) if isinstance(section, dict) else None
    return [str(one) for one in found] if isinstance(found, list) else []


def with_entry(text: str, key: ListKey, entry: str, place: int | None = None) -> str:
    """Return the text with one more entry, at the end of the list.

    Args:
        text: The definition's file.
        key: The list.
        entry: What is added.
        place: The entry that it takes the place of.

    Raises:
        DefinitionError: The text is written in a way that cannot be edited so.
    """
    data = _read(text)
    section = data.get(key[0], {})
    there = section.get(key[1], []) if isinstance(section, dict) else None
    if not isinstance(there, list):
        raise _by_hand(key, "its value is null, or no list")
    wanted = [*there, entry] if place is None else [*there[:place], entry, *there[place + 1 :]]
    return _as_meant(_Places(text, key).put(entry, place), _with_list(data, key, wanted), key)


def without_entry(text: str, key: ListKey, place: int) -> str:
    """Return the text without one entry of a list, its line and what stands behind it there; raises as above."""
    data = _read(text)
    there = data[key[0]][key[1]]
    meant = _with_list(data, key, [*there[:place], *there[place + 1 :]])
    return _as_meant(_Places(text, key).take(place), meant, key)


class _Places:
    """Where the nodes of a definition begin and end."""

    def __init__(self, text: str, key: ListKey) -> None:
        self._text, self._key = text, key
        self._newline = "\r\n" if "\r\n" in text else "\n"
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        assert isinstance(root, yaml.MappingNode)  # noqa: S101 - it was read as a mapping
        self._root = root
        self._section = _value(root, key[0])
        found = _value(self._section, key[1]) if isinstance(self._section, yaml.MappingNode) else None
        self._list = found if isinstance(found, yaml.SequenceNode) else None

    def put(self, entry: str, place: int | None) -> str:
        section, name = self._key
        if self._list is None:
            if isinstance(self._section, yaml.MappingNode):
                return self._first_key(self._section, name, [f"- {_block(entry)}"], f"[{_flow(entry)}]")
            if self._root.flow_style:
                return self._first_key(self._root, section, [], f"{{{name}: [{_flow(entry)}]}}")
            lines = [f"{section}:", f"  {name}:", f"    - {_block(entry)}", ""]
            return self._text + ("" if self._text.endswith("\n") else self._newline) + self._newline.join(lines)
        if place is not None:
            node = self._list.value[place]
            shown = _flow(entry) if self._list.flow_style else _block(entry)
            return self._with(node.start_mark.index, node.end_mark.index, shown)
        if self._list.flow_style:
            before = self._list.value
            at = before[-1].end_mark.index if before else self._list.start_mark.index + 1
            return self._with(at, at, f", {_flow(entry)}" if before else _flow(entry))
        at = self._line_end(self._list.value[-1].end_mark.index)
        return self._with(at, at, f"{self._newline}{' ' * self._list.start_mark.column}- {_block(entry)}")

    def take(self, place: int) -> str:
        assert self._list is not None  # noqa: S101 - it has the entry
        items = self._list.value
        start, end = items[place].start_mark.index, items[place].end_mark.index
        if self._list.flow_style:
            if place:
                start = items[place - 1].end_mark.index
            elif len(items) > 1:
                end = items[1].start_mark.index
            return self._with(start, end, "")
        line = self._text.rfind("\n", 0, start) + 1
        rest = self._with(line, min(self._line_end(end) + len(self._newline), len(self._text)), "")
        if len(items) > 1:
            return rest
        # An empty value would be null, which takes away what is inherited.
        assert isinstance(self._section, yaml.MappingNode)  # noqa: S101 - the list is in it
        key = next(one for one, value in self._section.value if value is self._list)
        colon = rest.index(":", key.end_mark.index) + 1
        return f"{rest[:colon]} []{rest[colon:]}"

    def _first_key(self, mapping: yaml.MappingNode, name: str, lines: list[str], flow: str) -> str:
        """Put a key before the others of a mapping: where a mapping begins is known, where it ends is not."""
        start = mapping.start_mark.index
        if mapping.flow_style:
            return self._with(start + 1, start + 1, f"{name}: {flow}{', ' if mapping.value else ''}")
        indent = self._newline + " " * mapping.start_mark.column
        return self._with(start, start, f"{name}:{''.join(f'{indent}  {line}' for line in lines)}{indent}")

    def _with(self, start: int, end: int, new: str) -> str:
        return self._text[:start] + new + self._text[end:]

    def _line_end(self, index: int) -> int:
        end = self._text.find(self._newline, index)
        return len(self._text) if end < 0 else end


def _value(mapping: yaml.Node | None, key: str) -> yaml.Node | None:
    if not isinstance(mapping, yaml.MappingNode):
        return None
    return next((value for name, value in mapping.value if name.value == key), None)


def _read(text: str) -> dict[str, Any]:
    try:
        data = loads_yaml(text)
    except ValueError as error:
        raise DefinitionError(f"the definition cannot be read: {error}") from error
    if not isinstance(data, dict):
        raise DefinitionError("the definition must hold a mapping with at least a 'name'")
    return data


def _with_list(data: dict[str, Any], key: ListKey, wanted: list[Any]) -> dict[str, Any]:
    """Return a definition with another list; what shares the list by an anchor keeps the old one."""
    return {**data, key[0]: {**data.get(key[0], {}), key[1]: wanted}}


def _as_meant(text: str, meant: dict[str, Any], key: ListKey) -> str:
    try:
        if loads_yaml(text) == meant:
            return text
    except ValueError:
        pass
    raise _by_hand(key, "the way it is written (an anchor, a tag, several documents) does not let it be edited")


def _by_hand(key: ListKey, why: str) -> DefinitionError:
    return DefinitionError(f"cannot edit {'.'.join(key)} of the definition: {why}", "Please edit it by hand.")


def _block(entry: str) -> str:
    return yaml.safe_dump([entry], default_flow_style=False, allow_unicode=True, width=float("inf"))[2:].rstrip("\n")


def _flow(entry: str) -> str:
    return yaml.safe_dump([entry], default_flow_style=True, allow_unicode=True, width=float("inf"))[1:].rstrip("]\n")
