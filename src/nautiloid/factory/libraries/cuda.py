"""CUDA's libraries: they come as wheels and from the driver, never from Debian, and a missing one means a mix-up."""

from __future__ import annotations

import re

CUDA_HINT = (
    "These are CUDA's: an index gave the build for NVIDIA GPUs of one package and the build for CPUs of another. Add "
    "PyTorch's CPU wheel index to pip's configuration, extend pytorch-cuda, or slim the file away as pytorch does "
    "with torchvision's."
)
_CUDA = re.compile(
    r"lib(cuda|cublas|cudart|cudnn|cufft|cupti|curand|cusolver|cusparse|nccl|nvrtc|nvJitLink|torch_cuda|c10_cuda)"
)


def is_cuda(soname: str) -> bool:
    """Tell whether a library is one of CUDA's, or of PyTorch's build for it."""
    return _CUDA.match(soname) is not None
