from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from octopus_detector import modelfile
from octopus_detector.errors import DetectorError
from octopus_detector.export import to_onnx, to_safetensors
from safetensors import safe_open


class Attack:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (self.mark,)  # type: ignore[return-value]


def test_a_model_file_is_plain_data_for_plain_pytorch(model_path: Path) -> None:
    content = torch.load(model_path, weights_only=True)
    assert content["classes"] == ["octopus", "penguin", "whale"]
    assert {"weights", "preprocessing", "backbone", "metrics", "data"} <= content.keys()


def test_a_pickled_whole_model_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "whole.pt"
    torch.save(torch.nn.Linear(2, 2), path)
    with pytest.raises(DetectorError, match="Linear"):
        modelfile.read(path)


@pytest.mark.parametrize("legacy", [True, False])
def test_a_malicious_pickle_never_runs(tmp_path: Path, legacy: bool) -> None:
    path, mark = tmp_path / "evil.pt", tmp_path / "ran"
    if legacy:
        path.write_bytes(pickle.dumps(Attack(mark)))
    else:
        torch.save(Attack(mark), path)
    with pytest.raises(DetectorError):
        modelfile.read(path)
    assert not mark.exists()


@pytest.mark.parametrize("damage", ["cut", "text", "empty", "zip", "version", "weights"])
def test_what_is_not_our_file_is_refused_with_a_reason(model_path: Path, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "model.pt"
    whole = model_path.read_bytes()
    match damage:
        case "cut":
            path.write_bytes(whole[: len(whole) // 2])
        case "text":
            path.write_text("not a model")
        case "empty":
            path.write_bytes(b"")
        case "zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("hello", "world")
        case "version":
            torch.save(torch.load(model_path, weights_only=True) | {"format_version": 99}, path)
        case "weights":
            torch.save(torch.load(model_path, weights_only=True) | {"weights": {}}, path)
    with pytest.raises(DetectorError) as caught:
        modelfile.read(path)
    assert str(path) in caught.value.message


def test_exports_hold_the_same_weights_and_answers(model_path: Path, tmp_path: Path) -> None:
    model = modelfile.read(model_path)
    to_safetensors(model, tmp_path / "m.safetensors")
    with safe_open(tmp_path / "m.safetensors", framework="pt") as tensors:
        assert tensors.metadata()["backbone"] == model.backbone
        for name, tensor in model.network.state_dict().items():
            assert torch.equal(tensors.get_tensor(name), tensor)
    assert to_onnx(model, tmp_path / "m.onnx") < 1e-4
    assert (tmp_path / "m.onnx").is_file()
