"""JSON from strangers: what two readers might read in two ways, or nobody could write again, is refused."""

from __future__ import annotations

import pytest

from nautiloid.documents.strict_json import loads_strict
from nautiloid.errors import NautiloidError
from nautiloid.oci.documents import canonical_json, json_object


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b'{"a": ' + b"[" * 500 + b"]" * 500 + b"}", id="500 levels"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="100000 levels"),
        pytest.param(b'{"a": NaN}', id="NaN"),
        pytest.param(b'{"a": -Infinity}', id="infinity"),
        pytest.param(b'{"a": 1, "b": {"c": 2, "c": 3}}', id="a name twice"),
        pytest.param(b'{"a": "\\ud800"}', id="half a character"),
        pytest.param(b'{"\\uDC00": 1}', id="the other half, for a name"),
        pytest.param(b'{"a": "\xff"}', id="not UTF-8"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", id="a number of 5000 digits"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_what_cannot_be_relied_upon_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        loads_strict(content)
    with pytest.raises(NautiloidError) as caught:
        json_object(content, "manifest")
    assert caught.value.message.isprintable()


def test_what_is_plain_is_read() -> None:
    content = b'{"a": "\\ud83d\\udc19", "b": [[1, 2.5, null, true]], "c": {}}'
    read = loads_strict(content)
    assert read == {"a": "\U0001f419", "b": [[1, 2.5, None, True]], "c": {}}
    assert loads_strict(canonical_json(read)) == read
