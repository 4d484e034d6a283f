"""Which form a file has, told by its first bytes and, where those are silent, by its name."""

from __future__ import annotations

from enum import StrEnum

from nautiloid.models.containers.packed import UNREAD, beginning, packing_of
from nautiloid.models.containers.tar import is_tar
from nautiloid.models.formats.hdf5 import begins_hdf5
from nautiloid.models.formats.numpy_array import MAGIC
from nautiloid.models.formats.safetensors import is_safetensors
from nautiloid.models.pickles.streams import could_be_pickles

HEAD = 4096
"""How many of a file's first bytes are looked at."""

PICKLE_NAMES = (".pkl", ".pickle", ".p", ".joblib", ".dill", ".pt", ".pth", ".ckpt")
_ALWAYS = (".pkl", ".pickle", ".joblib", ".dill", ".ckpt", ".safetensors", ".onnx", ".gguf", ".keras", ".h5", ".hdf5",
           ".npy", ".npz", ".tflite", ".mar", ".nemo", ".pt2", "saved_model.pb")  # fmt: skip
_BINARY = (".pt", ".pth", ".bin")
# Fields that may follow a model's version: ONNX, TensorFlow's SavedModel.
_AFTER_VERSION = b"\x12\x1a\x22\x2a\x32\x3a\x42"


class Form(StrEnum):
    """What a file seems to be."""

    ZIP = "zip archive"
    TAR = "tar archive"
    PACKED = "compressed"
    UNREAD = "archive"
    NUMPY = "NumPy array"
    HDF5 = "HDF5"
    GGUF = "GGUF"
    TFLITE = "TensorFlow Lite"
    SAFETENSORS = "safetensors"
    ONNX = "ONNX"
    SAVED_MODEL = "TensorFlow SavedModel"
    PICKLE = "pickle"
    UNKNOWN = "unknown"
    """Its name promises a model, its bytes are of no known form."""


def forms_of(path: str, head: bytes, size: int) -> tuple[Form, ...]:
    """Return what a file may be: nothing for most, several where the bytes allow it.

    Args:
        path: Its path, for what only the name tells.
        head: Its first ``HEAD`` bytes, or all of it.
        size: Its size in bytes.
    """
    name = path.rpartition("/")[2].lower()
    found = [*_by_magic(head), *_by_shape(name, head, size)]
    if could_be_pickles(head, size):
        found.append(Form.PICKLE)
    if (packing := packing_of(head)) and _packs_model(packing, name, head):
        found.append(Form.PACKED)
    if not found and (name.endswith(_ALWAYS) or (name.endswith(_BINARY) and b"\0" in head)):
        found.append(Form.PICKLE if name.endswith(PICKLE_NAMES) and head else Form.UNKNOWN)
    return tuple(dict.fromkeys(found))


def _by_magic(head: bytes) -> list[Form]:
    magics = (
        (head.startswith((b"PK\x03\x04", b"PK\x05\x06")), Form.ZIP),
        (head.startswith(MAGIC), Form.NUMPY),
        (begins_hdf5(head) >= 0, Form.HDF5),
        (head.startswith(b"GGUF"), Form.GGUF),
        (head[4:8] == b"TFL3", Form.TFLITE),
        (head.startswith(tuple(magic for magic, _ in UNREAD)), Form.UNREAD),
        (is_tar(head), Form.TAR),
        (head.startswith(b"ZF0x"), Form.PACKED),
    )
    return [form for fits, form in magics if fits]


def _by_shape(name: str, head: bytes, size: int) -> list[Form]:
    """Tell forms without a mark of their own."""
    found = []
    if name.endswith(".safetensors") or is_safetensors(head, size):
        found.append(Form.SAFETENSORS)
    version = head[1] if len(head) > 3 and head[0] == 8 and head[2] in _AFTER_VERSION else 0
    if name == "saved_model.pb" or (version == 1 and head[2] == 0x12):
        found.append(Form.SAVED_MODEL)
    elif name.endswith(".onnx") or 3 <= version <= 32:
        found.append(Form.ONNX)
    return found


def _packs_model(packing: str, name: str, head: bytes) -> bool:
    if name.endswith(_ALWAYS):
        return True
    if packing == "bzip2":  # says nothing before a block of up to 900 kB is there
        return True
    try:
        inside = beginning(packing, head, HEAD)
    except ValueError:
        return False
    # What it unpacks to is longer than what is seen of it, however long that is.
    return bool(forms_of("", inside, 1 << 62))
