"""Keras' description of a model: JSON that names classes to import and to call.

Sources: ``keras/src/saving/serialization_lib.py`` (Keras 3) and ``legacy/serialization.py`` (HDF5 files).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from nautiloid.models.formats.strict_json import read_json
from nautiloid.models.limits import Budget
from nautiloid.models.verdict import Reason, cannot_tell, runs_code, suspicious

_CODE = frozenset(["Lambda", "__lambda__", "TorchModuleWrapper", "TFSMLayer", "JaxLayer", "FlaxLayer"])
_TYPES = frozenset(["__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__none__", "__tuple__", "__slice__",
                    "__typespec__", "__keras_tensor__", "slice", "TensorShape", "DTypePolicy"])  # fmt: skip
_BUILTIN_TYPES = frozenset(
    ["float16", "float32", "float64", "int32", "int64", "bool", "slice", "dict", "list", "tuple"]
)
_LOOKUPS = frozenset(["StringLookup", "IntegerLookup", "TextVectorization"])


@cache
def _known() -> tuple[frozenset[str], frozenset[str]]:
    """Return the modules and the classes of Keras that only make layers, as a file beside this one lists them."""
    lines = files("nautiloid.models.formats").joinpath("keras_names.txt").read_text("utf-8").splitlines()
    words = [line for line in lines if not line.startswith("#")]
    return frozenset(words[0].split()), frozenset(" ".join(words[1:]).split())


def read_config(text: bytes, budget: Budget) -> list[Reason]:
    """Return why the model that a configuration describes is not only data.

    Raises:
        TooMuchError: It is too large.
    """
    try:
        config, doubled = read_json(text, budget)
    except ValueError:
        return [suspicious("its configuration is no JSON")]
    reasons = [suspicious(f"its configuration names {doubled} twice")] if doubled else []
    return [*reasons, *_walk(config, budget)]


def _walk(config: object, budget: Budget) -> Iterator[Reason]:
    waiting = [config]
    while waiting:
        budget.step()
        part = waiting.pop()
        if isinstance(part, dict):
            if "class_name" in part:
                yield from _object(part)
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part


def _object(part: dict[str, object]) -> Iterator[Reason]:
    """Judge a description of one object: its module and its class are imported, and its class is called."""
    modules, classes = _known()
    name, module, registered = part["class_name"], part.get("module"), part.get("registered_name")
    if not isinstance(name, str):
        yield suspicious("a class has no name")
        return
    if name in _CODE:
        yield runs_code(f"its layer {name} runs code that comes with the model")
        return
    if module is not None and module not in modules and not (module == "builtins" and name in _BUILTIN_TYPES):
        yield runs_code(f"imports {module}.{name}, which is none of Keras' layers")
        return
    if name not in classes and name not in _TYPES and name not in _BUILTIN_TYPES:
        told = f"calls {module}.{name}" if module else f"wants a class {name} of its own"
        yield cannot_tell(f"{told}, which is not known to make only a layer")
    elif isinstance(registered, str) and ">" in registered:
        yield cannot_tell(f"wants a class {registered} that its loader must bring")
    if name in _LOOKUPS:
        settings = part.get("config")
        if isinstance(settings, dict) and isinstance(settings.get("vocabulary"), str):
            yield suspicious(f"its layer {name} reads a vocabulary from {settings['vocabulary']}")
