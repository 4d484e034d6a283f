"""What is wrong with a document, in words for whoever wrote it: pydantic's own are for programmers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

_LIST, _NAMES, _NUMBER = "must be a list", "must be names with values", "must be a number"
# By pydantic's kinds of faults: https://docs.pydantic.dev/latest/errors/validation_errors/
_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "none_required": "must be left empty",
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type"), _LIST),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type", "dataclass_type"), _NAMES),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "must be a whole number"),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), _NUMBER),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), "must be a date like 2026-12-31"),
}


def faults_of(error: ValidationError) -> list[str]:
    """Return one line for each fault: where it is, and what is wrong there."""
    return [f"{_place(fault)}: {_said(fault)}" for fault in error.errors(include_url=False, include_input=False)]


def _place(fault: Mapping[str, Any]) -> str:
    return ".".join(str(step) for step in fault["loc"]) or "the file"


def _said(fault: Mapping[str, Any]) -> str:
    if words := _WORDS.get(fault["type"]):
        return words
    if fault["type"] in ("literal_error", "enum"):
        return f"must be {fault['ctx']['expected']}"
    message = str(fault["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    for theirs, ours in (("Input should be", "must be"), ("String should", "must"), ("Invalid JSON", "no JSON")):
        message = message.replace(theirs, ours)
    return message
