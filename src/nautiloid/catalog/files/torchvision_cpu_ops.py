"""Lets a CUDA build of torchvision be imported beside a CPU build of PyTorch.

torchvision's wheels on the public index link their operators (``torchvision/_C.so``) to CUDA. Where PyTorch
is the CPU build, that library cannot be loaded. torchvision is written to live without it (models, transforms
and data sets are Python), but for one oversight: while it is imported it attaches shape functions to the
operators ``torchvision::nms`` and ``torchvision::qnms``, which nobody has declared then, and the import fails
with ``operator torchvision::nms does not exist``. Declaring the two schemas is all that is missing.

``torchvision_cpu_ops.pth`` beside this file imports it when the interpreter starts. Nothing is paid there but
a look-up hook: neither PyTorch nor torchvision is imported until the program itself imports it. Where
torchvision's own operators load, or where somebody else has declared them, this module does nothing. Calling
an operator that has no kernel still raises torchvision's own explanation ("Couldn't load custom C++ ops").

The schemas are those of torchvision's ``csrc/ops/nms.cpp`` and ``csrc/ops/quantized/cpu/qnms_kernel.cpp``.

This file runs inside images: it needs the standard library only and knows nothing of Nautiloid.
"""

from __future__ import annotations

import sys
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    PathFinder,
    SourceFileLoader,
)

TYPE_CHECKING = False  # `typing` itself would cost every interpreter start a few milliseconds
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}


class TorchvisionFinder:
    """Finds torchvision as Python does, and has the operators declared before its code runs."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Answer for ``torchvision`` alone; every other module is left to the finders that follow."""
        if name != "torchvision":
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = TorchvisionLoader(spec.loader.name, spec.loader.path)
        return spec


class TorchvisionLoader(SourceFileLoader):
    """Declares the missing operators, then runs torchvision's own ``__init__``."""

    def exec_module(self, module: ModuleType) -> None:
        """Execute torchvision.

        Raises:
            ImportError: PyTorch is not installed, or torchvision cannot be imported for a reason of its own.
        """
        # A torch.library.Library takes its declarations back when it is collected: the loader, which the
        # module keeps as its __loader__, holds it for as long as torchvision lives.
        self.declared = declare_missing_operators(list(module.__path__))
        super().exec_module(module)


def declare_missing_operators(package_path: list[str]) -> object | None:
    """Declare the operators that torchvision is about to annotate, unless they exist or can be loaded.

    Args:
        package_path: The directories of the torchvision package.

    Returns:
        The ``torch.library.Library`` that owns the declarations, or None when none was missing.
    """
    import torch  # noqa: PLC0415 - only a program that imports torchvision pays for PyTorch

    if load_own_operators(package_path):
        return None
    missing = [schema for name, schema in SCHEMAS.items() if not hasattr(torch.ops.torchvision, name)]
    if not missing:
        return None
    library = torch.library.Library("torchvision", "FRAGMENT")
    for schema in missing:
        library.define(schema)
    return library


def load_own_operators(package_path: list[str]) -> bool:
    """Try to load torchvision's compiled operators, which it does again itself at no cost."""
    import torch  # noqa: PLC0415

    for directory in package_path:
        spec = FileFinder(directory, (ExtensionFileLoader, EXTENSION_SUFFIXES)).find_spec("_C")
        if spec is None or spec.origin is None:
            continue
        try:
            torch.ops.load_library(spec.origin)
        except (
            ImportError,
            OSError,
        ):  # as torchvision.extension does: its CUDA is not here
            return False
        return True
    return False


sys.meta_path.insert(0, TorchvisionFinder)
