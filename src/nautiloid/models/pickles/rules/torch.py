"""Tensors of PyTorch."""

from __future__ import annotations

from nautiloid.models.pickles import checks
from nautiloid.models.pickles.checks import Call
from nautiloid.models.pickles.rules.rule import Rule, Rules
from nautiloid.models.pickles.values import Made, Stored

_STORAGES = ("Double", "Float", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool", "ComplexDouble",
             "ComplexFloat", "QInt8", "QUInt8", "QInt32", "QUInt4x2", "QUInt2x4", "Untyped", "Typed")  # fmt: skip
_TORCH_TYPES = ("float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "uint16",
                "uint32", "uint64", "bool", "complex32", "complex64", "complex128", "float8_e4m3fn", "float8_e5m2",
                "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu", "half", "float", "double", "long", "int",
                "short", "qint8", "quint8", "qint32", "quint4x2", "quint2x4", "per_tensor_affine",
                "per_channel_affine", "strided", "sparse_coo", "sparse_csr", "contiguous_format", "channels_last",
                "preserve_format")  # fmt: skip


def _storage(value: object) -> bool:
    """Where a tensor's numbers are: an id that the loader resolves, or what a nested checkpoint held."""
    return isinstance(value, Stored) or checks.made_by("_load_from_bytes", "TypedStorage", "_TypedStorage")(value)


def _tensor(value: object) -> bool:
    return isinstance(value, Made) and value.by.module in ("torch._utils", "torch._tensor")


def torch_rules() -> Rules:
    """Yield what may be done with tensors of PyTorch.

    Sources: PyTorch's ``torch/_weights_only_unpickler.py`` and ``torch/_utils.py``.
    """
    hooks = checks.optional(checks.made_by("OrderedDict"))
    kind = checks.either(*(checks.named(f"torch.{name}") for name in _TORCH_TYPES))
    extra = checks.optional(checks.either(checks.a_dict, checks.made_by("OrderedDict")))
    layout = (_storage, checks.whole, checks.numbers, checks.numbers)
    calls = {
        "_rebuild_tensor": Call(layout),
        "_rebuild_tensor_v2": Call((*layout, checks.whole, hooks, extra), 1),
        "_rebuild_tensor_v3": Call((*layout, checks.whole, hooks, kind, extra), 1),
        "_rebuild_parameter": Call((_tensor, checks.whole, hooks)),
        "_rebuild_parameter_with_state": Call((_tensor, checks.whole, hooks, checks.a_dict)),
        "_rebuild_qtensor": Call((*layout, checks.data, checks.whole, hooks)),
        "_rebuild_sparse_tensor": Call((checks.data, checks.data)),
        "_rebuild_meta_tensor_no_storage": Call((kind, checks.numbers, checks.numbers, checks.whole)),
        "_rebuild_device_tensor_from_numpy": Call((checks.made_by("_reconstruct"), kind, checks.data, checks.whole)),
        "_rebuild_nested_tensor": Call((_tensor, *(checks.data,) * 3)),
    }
    for name, call in calls.items():
        yield ("torch._utils", name), Rule((call,), checks.a_dict, function=True)
    yield ("torch._tensor", "_rebuild_from_type_v2"), Rule(function=True, special="typed tensor")
    yield ("torch.storage", "_load_from_bytes"), Rule((Call((checks.octets,)),), function=True, special="nested")
    for name in ("UntypedStorage", "TypedStorage", "_TypedStorage", "_UntypedStorage"):
        yield ("torch.storage", name), Rule()
    for name in _STORAGES:
        yield ("torch", f"{name}Storage"), Rule()
        yield ("torch.cuda", f"{name}Storage"), Rule()
    for name in _TORCH_TYPES:
        yield ("torch", name), Rule()
    yield ("torch", "Size"), Rule((Call((checks.numbers,)),))
    yield ("torch", "device"), Rule((Call((checks.text, checks.whole), 1),))
    for module, name in (("torch", "Tensor"), ("torch.nn.parameter", "Parameter"), ("torch.nn.parameter", "Buffer")):
        yield (module, name), Rule()
    yield ("torch.serialization", "_get_layout"), Rule((Call((checks.text,)),), function=True)
    for name in ("intlist", "doublelist", "boollist", "tensorlist"):
        yield ("torch.jit._pickle", f"build_{name}"), Rule((Call((checks.a_list,)),), function=True)
    yield ("torch.jit._pickle", "restore_type_tag"), Rule((Call((checks.data, checks.text)),), function=True)
