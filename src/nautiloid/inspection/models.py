"""Model files: what they are and whether loading them runs code, told without loading them.

Sources: PyTorch's zip checkpoints (``data.pkl`` in an archive), Keras 3's ``.keras`` archives (``config.json``), HDF5's
signature, the safetensors and GGUF headers, NumPy's ``.npy`` header, and pickle's opcodes (see ``pickles``).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

from nautiloid.buffer import Buffer, stream_over
from nautiloid.inspection.facts import Model
from nautiloid.inspection.pickles import PickleFacts, looks_like_pickle, read_pickle
from nautiloid.packages.zip_archive import inflate, open_zip

_SUFFIXES = (
    ".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".bin", ".joblib", ".dill", ".keras", ".h5", ".hdf5", ".onnx",
    ".safetensors", ".gguf", ".npy", ".npz", ".tflite", ".mar",
)  # fmt: skip
_LARGEST_PICKLE = 256 << 20
_LARGEST_CONFIG = 16 << 20
_MOST_PICKLES = 100
_HDF5 = b"\x89HDF\r\n\x1a\n"
_LAMBDA = re.compile(rb'"class_name"\s*:\s*"Lambda"')
_PICKLES = (".pkl", ".pickle", ".joblib", ".dill")
_SEVERITY = ("data", "safe globals", "unknown globals", "dangerous")


def may_be_model(path: str, head: bytes) -> bool:
    """Tell from a file's name and first bytes whether it is worth reading as a model."""
    name = path.rpartition("/")[2].lower()
    if name == "saved_model.pb":
        return True
    if not name.endswith(_SUFFIXES):
        return False
    if name.endswith((*_PICKLES, ".onnx", ".safetensors", ".gguf", ".keras", ".tflite")):
        return True
    known = (b"PK\x03\x04", _HDF5, b"\x93NUMPY")
    return head.startswith(known) or looks_like_pickle(head) or head[:1] == b"("


def read_model(path: str, content: Buffer) -> Model | None:  # noqa: PLR0911 - one case a form
    """Return what a model file is; None where it turns out to be none.

    Raises:
        ValueError: It cannot be read.
    """
    name = path.rpartition("/")[2].lower()
    head = content[:64]
    if name.endswith(".safetensors"):
        return Model("safetensors", False, (), "data")
    if name.endswith((".onnx", ".gguf", ".tflite")):
        form = {".onnx": "ONNX", ".gguf": "GGUF", ".tflite": "TensorFlow Lite"}[name[name.rindex(".") :]]
        return Model(form, False, (), "data")
    if name == "saved_model.pb":
        runs = content.find(b"PyFunc") >= 0
        return Model("TensorFlow SavedModel", runs, ("PyFunc",) if runs else (), "unknown globals" if runs else "data")
    if head.startswith(b"PK\x03\x04"):
        return _read_zip(name, content)
    if head.startswith(_HDF5):
        return _keras("HDF5", _LAMBDA.search(content) is not None)
    if head.startswith(b"\x93NUMPY"):
        return _read_array(content)
    if name.endswith(_PICKLES) or looks_like_pickle(bytes(head)) or head[:1] == b"(":
        return _read_plain_pickle(name, content)
    return None


def _read_zip(name: str, content: Buffer) -> Model | None:
    with open_zip(stream_over(content)) as archive:
        names = archive.namelist()
        if "config.json" in names and (name.endswith(".keras") or "metadata.json" in names):
            return _keras("Keras", _LAMBDA.search(inflate(archive, "config.json", _LARGEST_CONFIG)) is not None)
        pickles = list(_pickles(archive))
    if not pickles and not name.endswith((".npz", ".pt", ".pth")):
        return None
    torch = any(member.endswith("/data.pkl") for member in names)
    script = any("/code/" in member for member in names)
    form = "NumPy arrays" if name.endswith(".npz") else "PyTorch checkpoint" if torch else "zip archive with pickles"
    form = "TorchScript" if torch and script else form
    return _of_pickles(form, pickles)


def _pickles(archive: zipfile.ZipFile) -> Iterator[PickleFacts]:
    names = [name for name in archive.namelist() if name.endswith((*_PICKLES, ".npy"))]
    for name in names[:_MOST_PICKLES]:
        if name.endswith(".npy"):
            with archive.open(name) as stream:
                array = _read_array(stream.read(1 << 16))
            if array is not None and array.runs_code:
                yield PickleFacts(array.imports, True, False)
        else:
            yield read_pickle(io.BytesIO(inflate(archive, name, _LARGEST_PICKLE)))


def _read_array(content: Buffer) -> Model | None:
    """Read a .npy header: an array of objects is a pickle."""
    header = content[:4096]
    if b"'descr': '|O'" in header or b"'O'" in header:
        start = header.find(b"\n") + 1
        facts = read_pickle(io.BytesIO(bytes(content[start : start + (1 << 16)])))
        return _of_pickles("NumPy array of objects", [facts])
    return None


def _read_plain_pickle(name: str, content: Buffer) -> Model | None:
    facts: list[PickleFacts] = []
    stream = stream_over(content)
    # A legacy checkpoint is several pickles in a row, then raw storage.
    while len(facts) < 8:
        found = read_pickle(stream)
        if not found.complete and (facts or not found.imports):
            break
        facts.append(found)
        if not found.complete:
            break
    if not facts:
        return None if not name.endswith(_PICKLES) else Model("pickle", True, (), "unknown globals")
    legacy = any("torch._utils" in imported for found in facts for imported in found.imports)
    form = "joblib" if name.endswith(".joblib") else "PyTorch checkpoint (legacy)" if legacy else "pickle"
    return _of_pickles(form, facts)


def _of_pickles(form: str, facts: list[PickleFacts]) -> Model:
    imports = tuple(sorted({name for found in facts for name in found.imports}))
    verdict = max((found.verdict for found in facts), key=_SEVERITY.index, default="data")
    return Model(form, verdict in ("unknown globals", "dangerous"), imports, verdict)


def _keras(form: str, has_lambda: bool) -> Model:
    imports = ("keras.layers.Lambda",) if has_lambda else ()
    return Model(f"{form} model" if form == "Keras" else form, has_lambda, imports,
                 "dangerous" if has_lambda else "data")  # fmt: skip
