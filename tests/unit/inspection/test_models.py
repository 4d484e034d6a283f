"""Model files of every form, written by the libraries that write them, read without those."""

from __future__ import annotations

import contextlib
import io
import json
import pickle
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautiloid.inspection.models import may_be_model, read_model

from .test_pickles import Hostile


def _zip(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return stream.getvalue()


def test_a_checkpoint_of_torch_is_data_until_it_names_something_else(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    torch.save({"w": torch.zeros(3), "epoch": 3}, tmp_path / "good.pt")
    torch.save({"w": torch.zeros(3)}, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    torch.save(torch.nn.Linear(2, 2), tmp_path / "whole.pt")
    torch.save(Hostile(), tmp_path / "bad.pt")
    told = {path.name: read_model(path.name, path.read_bytes()) for path in tmp_path.iterdir()}
    assert {name: model.verdict for name, model in told.items() if model} == {
        "good.pt": "safe globals",
        "old.pt": "safe globals",
        "whole.pt": "unknown globals",
        "bad.pt": "dangerous",
    }
    assert told["good.pt"] and not told["good.pt"].runs_code
    assert told["whole.pt"] and "torch.nn.modules.linear.Linear" in told["whole.pt"].imports
    assert told["old.pt"] and told["old.pt"].form == "PyTorch checkpoint (legacy)"


def test_arrays_of_numbers_are_no_finding_and_arrays_of_objects_are(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    numpy.save(tmp_path / "numbers.npy", numpy.arange(4))
    numpy.save(tmp_path / "objects.npy", numpy.array([Hostile()], dtype=object), allow_pickle=True)
    numpy.savez(tmp_path / "some.npz", a=numpy.arange(4), b=numpy.array([Hostile()], dtype=object))
    assert read_model("numbers.npy", (tmp_path / "numbers.npy").read_bytes()) is None
    objects = read_model("objects.npy", (tmp_path / "objects.npy").read_bytes())
    assert objects and objects.verdict == "dangerous"
    some = read_model("some.npz", (tmp_path / "some.npz").read_bytes())
    assert some and some.verdict == "dangerous"


def test_a_keras_lambda_runs_code() -> None:
    layers = {"config": {"layers": [{"class_name": "Lambda", "config": {}}]}}
    for class_name, verdict in (("Lambda", "dangerous"), ("Dense", "data")):
        layers["config"]["layers"][0]["class_name"] = class_name
        content = _zip(**{"config.json": json.dumps(layers).encode(), "metadata.json": b"{}"})
        model = read_model("model.keras", content)
        assert model and (model.verdict, model.runs_code) == (verdict, verdict == "dangerous")
    old = read_model("model.h5", b"\x89HDF\r\n\x1a\n" + json.dumps(layers).encode())
    assert old and old.form == "HDF5" and old.verdict == "data"


def test_a_bomb_in_a_checkpoint_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * (260 << 20))
    with pytest.raises(ValueError, match="inflates beyond"):
        read_model("bomb.pt", stream.getvalue())


def test_other_files_with_such_names_are_left_alone() -> None:
    assert not may_be_model("usr/bin/x.bin", b"\x7fELF")
    assert not may_be_model("site-packages/distutils-precedence.pth", b"import os")
    assert read_model("x.pt", _zip(**{"readme.txt": b"no pickle"})) is not None
    assert read_model("x.bin", _zip(**{"readme.txt": b"no pickle"})) is None


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["a.pt", "a.pkl", "a.keras", "a.npz", "a.npy", "a.joblib", "a.h5"]))
def test_garbage_is_a_value_error_at_most(garbage: bytes, name: str) -> None:
    whole = _zip(**{"archive/data.pkl": pickle.dumps([1])})
    for content in (garbage, b"PK\x03\x04" + garbage, b"\x93NUMPY" + garbage, whole[: len(garbage)]):
        with contextlib.suppress(ValueError):
            read_model(name, content)
