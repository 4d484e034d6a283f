from __future__ import annotations

import datetime
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from nautiloid.documents.faults import faults_of


class _Inner(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    text: str = ""
    kind: Literal["a", "b"] = "a"


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    number: int = 0
    flag: bool = False
    words: tuple[str, ...] = ()
    inner: _Inner = _Inner()
    until: datetime.date | None = None

    @field_validator("name")
    @classmethod
    def _checked(cls, name: str) -> str:
        if name == "bad":
            raise ValueError("is a bad name")
        return name


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "name: is missing"),
        ([], "the file: must be names with values"),
        ({"name": "x", "nmae": 1}, "nmae: is not known here"),
        ({"name": 1}, "name: must be text"),
        ({"name": "x", "number": "many"}, "number: must be a whole number"),
        ({"name": "x", "flag": "perhaps"}, "flag: must be true or false"),
        ({"name": "x", "words": "a"}, "words: must be a list"),
        ({"name": "x", "inner": {"kind": "c"}}, "inner.kind: must be 'a' or 'b'"),
        ({"name": "x", "until": "soon"}, "until: must be a date like 2026-12-31"),
        ({"name": "bad"}, "name: is a bad name"),
    ],
)
def test_a_fault_is_told_in_words(data: Any, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        _Document.model_validate(data)
    assert faults_of(refused.value) == [said]
