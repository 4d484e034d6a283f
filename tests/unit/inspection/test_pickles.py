"""What pickles would do, told from their opcodes; every pickle here is made by the real pickler."""

from __future__ import annotations

import collections
import io
import os
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautiloid.inspection.pickles import read_pickle


class Hostile:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (os.system, ("true",))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_call_to_the_system_is_seen_in_every_protocol(protocol: int) -> None:
    found = read_pickle(io.BytesIO(pickle.dumps([{"weights": Hostile()}, Hostile()], protocol)))
    assert found.verdict == "dangerous"
    assert found.calls
    assert f"{os.name}.system" in found.imports


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_data_import_nothing(protocol: int) -> None:
    found = read_pickle(io.BytesIO(pickle.dumps({"a": [1, 2.5, "x", None, True], "b": (b"y",)}, protocol)))
    # Protocols below 3 have no bytes of their own and call codecs.encode instead.
    assert found.verdict in ("data", "safe globals")


def test_getattr_is_dangerous_and_an_ordered_dict_is_not() -> None:
    assert read_pickle(io.BytesIO(pickle.dumps(collections.OrderedDict(a=1)))).verdict == "safe globals"
    made = pickle.GLOBAL + b"builtins\ngetattr\n" + pickle.STOP
    assert read_pickle(io.BytesIO(made)).verdict == "dangerous"


def test_a_pickle_that_breaks_off_is_not_called_safe() -> None:
    whole = pickle.dumps(collections.OrderedDict(a=list(range(100))))
    assert read_pickle(io.BytesIO(whole[:-20])).verdict == "unknown globals"


def test_names_that_come_through_the_memo_are_followed() -> None:
    text = "os"
    made = b"\x80\x04\x8c\x02" + text.encode() + b"\x94" + b"0" + b"h\x00" + b"\x8c\x06system\x94" + b"\x93."
    assert read_pickle(io.BytesIO(made)).imports == ("os.system",)


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=300))
def test_garbage_never_escapes(garbage: bytes) -> None:
    read_pickle(io.BytesIO(garbage))
    read_pickle(io.BytesIO(b"\x80\x04" + garbage))
