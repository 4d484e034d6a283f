"""Write a trained model in other formats: safetensors for weights, ONNX for other runtimes.

An ONNX file is only kept when ONNX Runtime gives the answers that PyTorch gives.
"""

from __future__ import annotations

import json
import logging
import warnings
from pathlib import Path

import numpy
import torch
from safetensors.torch import save

from octopus_detector.errors import ExportError
from octopus_detector.modelfile import FORMAT, FORMAT_VERSION, Model
from octopus_detector.outputs import replacing, write_bytes

TOLERANCE = 1e-4
"""Largest difference of a class's probability between PyTorch and ONNX Runtime that an export may show."""


def to_safetensors(model: Model, path: Path) -> None:
    """Write the weights, and everything else as JSON in the header's metadata."""
    weights = {name: tensor.contiguous() for name, tensor in model.network.state_dict().items()}
    write_bytes(path, save(weights, _metadata(model)))


def to_onnx(model: Model, path: Path) -> float:
    """Write an ONNX graph (input ``pixels``, float32 (N, 3, size, size), normalised; output ``scores`` (N, classes)).

    Returns:
        The largest difference of a probability between PyTorch and ONNX Runtime, over batches of 1 and 3.

    Raises:
        ExportError: What exporting needs is not installed, the graph cannot be exported, or its answers differ.
    """
    try:
        import onnx  # noqa: PLC0415 - optional: classifying needs none of it
        import onnxruntime  # noqa: PLC0415
    except ImportError as error:
        raise ExportError(f"exporting to ONNX needs {error.name}", "Use the octopus-detector image.") from error
    size = model.preprocessing.size
    example = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    with replacing(path) as temporary:
        _export(model, example, temporary)
        graph = onnx.load(str(temporary))
        for key, value in _metadata(model).items():
            entry = graph.metadata_props.add()
            entry.key, entry.value = key, value
        onnx.save(graph, str(temporary))
        session = onnxruntime.InferenceSession(str(temporary), providers=["CPUExecutionProvider"])
        return max(_difference(model, session, count) for count in (1, 3))


def _export(model: Model, example: torch.Tensor, path: Path) -> None:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    batch = {0: torch.export.Dim("batch", min=1, max=1024)}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                model.network,
                (example,),
                str(path),
                input_names=["pixels"],
                output_names=["scores"],
                dynamic_shapes=(batch,),
                external_data=False,
                verbose=False,
                dynamo=True,
            )
    except (torch.onnx.errors.OnnxExporterError, RuntimeError, ImportError) as error:
        raise ExportError(f"{model.backbone} cannot be exported to ONNX: {error}") from error


def _difference(model: Model, session: object, count: int) -> float:
    size = model.preprocessing.size
    pixels = torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(count))
    with torch.inference_mode():
        ours = model.network(pixels).softmax(dim=1).numpy()
    theirs = torch.from_numpy(session.run(None, {"pixels": pixels.numpy()})[0]).softmax(dim=1).numpy()  # type: ignore[attr-defined]
    difference = float(numpy.abs(ours - theirs).max())
    if not difference <= TOLERANCE:
        raise ExportError(f"ONNX Runtime answers differ from PyTorch's by {difference:.2g}; nothing was written")
    return difference


def _metadata(model: Model) -> dict[str, str]:
    """Give what belongs to the weights, as strings: both formats hold no other values."""
    return {
        "format": FORMAT,
        "format_version": str(FORMAT_VERSION),
        "backbone": model.backbone,
        "classes": json.dumps(list(model.classes)),
        "preprocessing": json.dumps(model.preprocessing.as_dict()),
        "metrics": json.dumps(dict(model.metrics)),
        "data": json.dumps(dict(model.data)),
    }
