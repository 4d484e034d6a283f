"""Whole files: those that deceive are never called safe, honest ones are, and no name decides."""

from __future__ import annotations

import gzip
import io
import pickle
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautiloid.models import judge as judging
from nautiloid.models.judge import judge, may_be_model
from nautiloid.models.limits import Budget
from nautiloid.models.verdict import Verdict

from .corpus import CALL, Hostile, benign, malicious, tarred, zipped


@pytest.mark.parametrize("name", sorted(malicious()))
def test_what_deceives_is_never_called_safe(name: str) -> None:
    found = judge(name, malicious()[name])
    assert found is not None and found.verdict is not Verdict.SAFE


@pytest.mark.parametrize("name", sorted(benign()))
def test_what_is_honest_is_called_safe(name: str) -> None:
    found = judge(name, benign()[name])
    assert found is not None and found.verdict is Verdict.SAFE, found


@pytest.mark.parametrize("name", ["x", "README.md", "photo.jpg", "weights.safetensors", "model.onnx", "a.npy"])
@pytest.mark.parametrize("protocol", range(6))
def test_a_name_hides_nothing(name: str, protocol: int) -> None:
    for content in (pickle.dumps(Hostile(), protocol), gzip.compress(pickle.dumps(Hostile(), protocol)),
                    zipped({name: pickle.dumps(Hostile(), protocol)}), tarred({name: CALL})):  # fmt: skip
        assert may_be_model(name, content[:4096], len(content))
        found = judge(name, content)
        assert found is not None and found.verdict is Verdict.RUNS_CODE


@pytest.mark.parametrize(
    "text",
    [b"import os\n", b"cat\ncow\ndog\n", b"(in-package x)\n", b"Copyright\n", b"[a]\nb = 1\n", b"]\n}", b"N.", b"",
     b"#!/bin/sh\n",     b"cryptography\ncffi\n", b"V\nSome text\nof several lines\n"],
)  # fmt: skip
def test_texts_are_no_models(text: bytes) -> None:
    assert not may_be_model("x.txt", text, len(text)) or judge("x.txt", text) is None


def test_what_somebody_asks_for_gets_an_answer() -> None:
    found = judge("notes.txt", b"hello", asked=True)
    assert found is not None and found.verdict is Verdict.CANNOT_TELL


def test_what_costs_too_much_is_not_called_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    many = pickle.dumps(list(range(100_000)))
    monkeypatch.setattr(judging, "Budget", lambda: Budget(steps=5000))
    found = judge("a.pkl", many)
    assert found is not None and found.verdict is Verdict.CANNOT_TELL
    monkeypatch.setattr(judging, "Budget", lambda: Budget(unpacked=1000))
    found = judge("a.bin", gzip.compress(many))
    assert found is not None and found.verdict is Verdict.CANNOT_TELL


def test_archives_in_archives_end_somewhere() -> None:
    content = CALL
    for _ in range(12):
        content = zipped({"a.zip": content}, zipfile.ZIP_DEFLATED)
    found = judge("deep.zip", content)
    assert found is not None and found.verdict is Verdict.CANNOT_TELL


def test_checkpoints_of_torch_old_and_new(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.LSTM(2, 2))
    for name, value in {"weights": {"w": model.state_dict(), "epoch": 3}, "whole": model, "bad": [Hostile()]}.items():
        torch.save(value, tmp_path / f"{name}.pt")
        torch.save(value, tmp_path / f"{name}-old.pt", _use_new_zipfile_serialization=False)
    torch.jit.script(torch.nn.Linear(2, 2)).save(str(tmp_path / "script.pt"))
    (tmp_path / "twice-old.pt").write_bytes(
        (tmp_path / "weights-old.pt").read_bytes() + (tmp_path / "bad-old.pt").read_bytes()
    )
    told = {path.stem: judge(path.name, path.read_bytes()) for path in tmp_path.iterdir()}
    assert {name: (found.form, str(found.verdict)) for name, found in told.items() if found} == {
        "weights": ("PyTorch checkpoint", "safe"), "weights-old": ("PyTorch checkpoint (legacy)", "safe"),
        "whole": ("PyTorch checkpoint", "safe"), "whole-old": ("PyTorch checkpoint (legacy)", "safe"),
        "bad": ("PyTorch checkpoint", "runs code"), "bad-old": ("PyTorch checkpoint (legacy)", "runs code"),
        "twice-old": ("PyTorch checkpoint (legacy)", "runs code"), "script": ("TorchScript", "safe"),
    }  # fmt: skip


def test_a_model_of_ones_own_class_runs_that_class(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")

    buffer = io.BytesIO()
    torch.save(torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1), buffer)
    found = judge("model.pt", buffer.getvalue())
    assert found is not None and found.verdict is Verdict.RUNS_CODE and "torch.optim.sgd.SGD" in found.imports


def test_onnx_as_its_own_library_writes_it() -> None:
    onnx = pytest.importorskip("onnx")
    node = onnx.helper.make_node("Relu", ["a"], ["b"])
    ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1]) for name in "ab"]
    honest = onnx.helper.make_model(onnx.helper.make_graph([node], "g", ends[:1], ends[1:]))
    found = judge("x.onnx", honest.SerializeToString())
    assert found is not None and (found.form, found.verdict) == ("ONNX", Verdict.SAFE)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(sorted(malicious())), st.integers(0, 400))
def test_garbage_and_damage_are_answered(garbage: bytes, name: str, at: int) -> None:
    whole = malicious()[name]
    for content in (garbage, whole[:at], whole[:at] + garbage, whole[: at // 2] + garbage + whole[at // 2 :]):
        judge(name, content)
        judge("", content)


def test_damage_never_makes_a_hostile_pickle_safe() -> None:
    whole = pickle.dumps([Hostile(), {"a": [1, 2]}], 4)
    called = whole.index(b"R")
    for at in range(called + 1, len(whole)):
        found = judge("a.pkl", whole[:at])
        assert found is not None and found.verdict is Verdict.RUNS_CODE
