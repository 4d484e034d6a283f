"""Models that deceive and honest ones: ours beside picklescan, fickling and modelscan, in one run.

    PYTHONPATH=. python benchmarks/models.py

The files that deceive are those of ``tests/unit/models/corpus.py``. Honest ones are written by torch, scikit-learn,
joblib, NumPy, safetensors, ONNX and Keras, as far as they are installed. A file counts as caught where a tool does
anything but pass it: alarms, says that it cannot tell, or fails. A tool that is not installed is left out, and said to
be. Each tool runs as its own function in this process; none of them loads a file.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from nautiloid.models.judge import judge
from nautiloid.models.verdict import Verdict
from tests.unit.models.corpus import benign, malicious

Alarm = Callable[[Path], bool]


def main() -> None:
    """Measure and print a table, and which files were judged wrongly."""
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as scratch:
        bad, good = Path(scratch) / "bad", Path(scratch) / "good"
        for directory, files in ((bad, malicious()), (good, benign())):
            for name, content in files.items():
                (directory / name).parent.mkdir(parents=True, exist_ok=True)
                (directory / name).write_bytes(content)
        for writer in (_torch, _timm, _scikit_learn, _others, _keras):
            try:
                writer(good)
            except (ImportError, RuntimeError) as error:
                print(f"({error}: left out)", file=sys.stderr)
        print(f"{'':12}{'caught':>10}{'missed':>10}{'alarms':>10}{'honest':>10}{'seconds':>10}")
        for name, alarm in _tools():
            _measure(name, alarm, bad, good)


def _measure(name: str, alarm: Alarm, bad: Path, good: Path) -> None:
    started = time.monotonic()
    missed = [path.name for path in _files(bad) if not _quietly(alarm, path)]
    alarms = [path.name for path in _files(good) if _quietly(alarm, path)]
    seconds = time.monotonic() - started
    counts = (len(_files(bad)) - len(missed), len(missed), len(alarms), len(_files(good)))
    print(f"{name:12}" + "".join(f"{count:10}" for count in counts) + f"{seconds:10.1f}")
    for title, names in (("missed", missed), ("false alarms", alarms)):
        if names:
            print(f"    {title}: {', '.join(names)}")


def _files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file())


def _quietly(alarm: Alarm, path: Path) -> bool:
    """Ask a tool; one that fails has not passed the file."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            return alarm(path)
        except Exception:
            return True


def _tools() -> Iterator[tuple[str, Alarm]]:
    yield "nautiloid", _nautiloid
    for name, make in (("picklescan", _picklescan), ("fickling", _fickling), ("modelscan", _modelscan)):
        try:
            yield name, make()
        except ImportError as error:
            print(f"({name} is left out: {error})", file=sys.stderr)


def _nautiloid(path: Path) -> bool:
    found = judge(path.name, path.read_bytes(), asked=True)
    return found is None or found.verdict is not Verdict.SAFE


def _picklescan() -> Alarm:
    from picklescan.scanner import scan_file_path

    def alarm(path: Path) -> bool:
        result = scan_file_path(str(path))
        return bool(result.infected_files or result.scan_err or result.issues_count)

    return alarm


def _fickling() -> Alarm:
    from fickling import is_likely_safe

    return lambda path: not is_likely_safe(str(path))


def _modelscan() -> Alarm:
    from modelscan.modelscan import ModelScan

    def alarm(path: Path) -> bool:
        result = ModelScan().scan(path)
        return bool(result["issues"] or result["errors"])

    return alarm


def _torch(good: Path) -> None:
    import torch

    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.ReLU(), torch.nn.Flatten())
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.zeros(2, 3, 8, 8)).sum().backward()
    optimizer.step()
    weights = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3, "classes": ["a", "b"]}
    torch.save(weights, good / "torch.pt")
    torch.save(weights, good / "torch-legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(model.state_dict(), good / "pytorch_model.bin")
    torch.save({"half": torch.zeros(3).half(), "q": torch.zeros(3, dtype=torch.bfloat16)}, good / "types.ckpt")
    torch.jit.script(model).save(str(good / "script.pt"))
    torch.jit.trace(model, torch.zeros(1, 3, 8, 8)).save(str(good / "trace.pt"))
    torch.export.save(torch.export.export(model, (torch.zeros(1, 3, 8, 8),)), good / "exported.pt2")


def _timm(good: Path) -> None:
    import timm
    import torch
    from safetensors.torch import save_file

    timed = timm.create_model("test_resnet", pretrained=False)
    save_file(timed.state_dict(), good / "timm.safetensors")
    torch.save(timed.state_dict(), good / "timm.pth")


def _scikit_learn(good: Path) -> None:
    import pickle

    import joblib
    import numpy
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    random = numpy.random.default_rng(0)
    points = random.random((60, 4))
    labels = (points[:, 0] > 0.5).astype(int)
    estimators = (LogisticRegression(), RandomForestClassifier(4), GradientBoostingClassifier(n_estimators=3),
                  HistGradientBoostingClassifier(max_iter=3), make_pipeline(StandardScaler(), PCA(2), SVC()), KMeans(2),
                  KNeighborsClassifier(), GaussianNB(), MLPClassifier((4,), max_iter=5))  # fmt: skip
    for number, estimator in enumerate(estimators):
        estimator.fit(points, labels)
        joblib.dump(estimator, good / f"sklearn-{number}-{type(estimator).__name__}.joblib")
        joblib.dump(estimator, good / f"sklearn-{number}-{type(estimator).__name__}-packed.joblib", compress=3)
        (good / f"sklearn-{number}-{type(estimator).__name__}.pkl").write_bytes(pickle.dumps(estimator))


def _others(good: Path) -> None:
    import numpy
    import onnx

    numpy.save(good / "structured.npy", numpy.zeros(3, dtype=[("a", "f4"), ("b", "U5")]))
    numpy.save(good / "words.npy", numpy.array(["a", None], dtype=object), allow_pickle=True)
    numpy.savez_compressed(good / "compressed.npz", a=numpy.arange(9), b=numpy.eye(3))
    node = onnx.helper.make_node("Relu", ["a"], ["b"])
    ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1]) for name in "ab"]
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([node], "g", ends[:1], ends[1:])), good / "relu.onnx")


def _keras(good: Path) -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    layers = [keras.layers.Input((8, 8, 3)), keras.layers.Conv2D(4, 3, activation="relu"), keras.layers.Flatten(),
              keras.layers.BatchNormalization(), keras.layers.Dropout(0.1), keras.layers.Dense(2)]  # fmt: skip
    model = keras.Sequential(layers)
    model.compile(optimizer="adam", loss="mse")
    model.save(good / "sequential.keras")
    model.save(good / "sequential.h5")
    model.save_weights(good / "sequential.weights.h5")
    keras.Model(model.inputs, model.outputs).save(good / "functional.keras")


if __name__ == "__main__":
    main()
