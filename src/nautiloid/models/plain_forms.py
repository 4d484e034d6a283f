"""Forms that hold one model and nothing else inside."""

from __future__ import annotations

from nautiloid.models.formats.gguf import read_gguf
from nautiloid.models.formats.hdf5 import begins_hdf5, read_hdf5
from nautiloid.models.formats.onnx import read_onnx
from nautiloid.models.formats.safetensors import read_safetensors
from nautiloid.models.formats.saved_model import read_saved_model
from nautiloid.models.limits import Budget
from nautiloid.models.sniffing import HEAD, Form
from nautiloid.models.span import Span
from nautiloid.models.verdict import Judgement, cannot_tell


def read_plain(form: Form, content: Span, budget: Budget) -> Judgement:
    """Judge a file of one of these forms; of any other, nobody can tell.

    Raises:
        ValueError: It is broken.
        TooMuchError: It is too large.
    """
    if form is Form.HDF5:
        return read_hdf5(content.part(begins_hdf5(content.read(0, HEAD))), budget)
    readers = {
        Form.GGUF: read_gguf,
        Form.ONNX: read_onnx,
        Form.SAFETENSORS: read_safetensors,
        Form.SAVED_MODEL: read_saved_model,
    }
    reader = readers.get(form)
    if reader is not None:
        return reader(content, budget)
    return Judgement.of(form, [cannot_tell("is of a form that is not read")])
