"""The hook that images install so that torchvision's wheel works with PyTorch's CPU build."""

from __future__ import annotations

import importlib.util
import os
import shutil
import site
import subprocess
import sys
from pathlib import Path

import pytest

FILES = Path(__file__).parents[3] / "src" / "nautiloid" / "catalog" / "files"

needs_torchvision = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None or importlib.util.find_spec("torchvision") is None,
    reason="needs what workloads/octopus-detector/requirements-test.txt names",
)


@pytest.fixture
def python(tmp_path: Path):
    """Run code in a fresh interpreter whose start-up processes our .pth, as an image's does."""
    site_dir = tmp_path / "site"
    site_dir.mkdir()
    for name in ("torchvision_cpu_ops.py", "torchvision_cpu_ops.pth"):
        shutil.copy(FILES / name, site_dir)
    (site_dir / "sitecustomize.py").write_text(f"import site\nsite.addsitedir({str(site_dir)!r})\n")

    def run(code: str, *path: Path) -> str:
        search = os.pathsep.join(map(str, [*path, site_dir, *site.getsitepackages()]))
        environment = {**os.environ, "PYTHONPATH": search, "PYTHONWARNINGS": "error::UserWarning"}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture
def pretend_torchvision(tmp_path: Path) -> Path:
    """A package that is called torchvision and says what it finds declared when its code runs."""
    package = tmp_path / "pretend" / "torchvision"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("import torch\nfound = hasattr(torch.ops.torchvision, 'nms')\n")
    return package.parent


def test_interpreter_start_imports_neither_torch_nor_torchvision(python) -> None:
    loaded = python("import sys; print([m for m in ('torch', 'torchvision', 'typing') if m in sys.modules])")
    assert loaded == "[]"


@needs_torchvision
def test_torchvision_imports_and_its_models_and_transforms_work(python) -> None:
    shape = python(
        "import torch, torchvision\n"
        "from PIL import Image\n"
        "x = torchvision.transforms.ToTensor()(Image.new('RGB', (64, 64)))\n"
        "print(tuple(torchvision.models.resnet18(num_classes=3).eval()(x[None]).shape))"
    )
    assert shape == "(1, 3)"


@needs_torchvision
def test_looking_for_torchvision_does_not_import_torch(python) -> None:
    assert (
        python(
            "import importlib.util, sys\n"
            "print(importlib.util.find_spec('torchvision') is not None, 'torch' in sys.modules)"
        )
        == "True False"
    )


@needs_torchvision
def test_an_operator_without_a_kernel_explains_itself(python) -> None:
    message = python(
        "import torch, torchvision\n"
        "if torchvision.extension._has_ops(): print('custom C++ ops')\n"
        "else:\n"
        "  try: torchvision.ops.nms(torch.rand(1, 4), torch.rand(1), 0.5)\n"
        "  except RuntimeError as error: print(error)"
    )
    assert "custom C++ ops" in message


@needs_torchvision
def test_operators_are_declared_before_the_package_runs(python, pretend_torchvision: Path) -> None:
    code = "import torchvision; print(torchvision.found, torchvision.__loader__.declared is not None)"
    assert python(code, pretend_torchvision) == "True True"


@needs_torchvision
def test_operators_that_somebody_declared_are_left_alone(python, pretend_torchvision: Path) -> None:
    code = (
        "import torch, torchvision_cpu_ops as hook\n"
        "library = torch.library.Library('torchvision', 'FRAGMENT')\n"
        "for schema in hook.SCHEMAS.values(): library.define(schema)\n"
        "import torchvision; print(torchvision.found, torchvision.__loader__.declared)"
    )
    assert python(code, pretend_torchvision) == "True None"


@needs_torchvision
def test_own_operators_that_load_are_left_alone(python, pretend_torchvision: Path) -> None:
    # Any shared library that loads stands for a torchvision that was compiled for this PyTorch.
    import torch

    loadable = Path(torch.__file__).parent / "lib" / "libc10.so"
    shutil.copy(loadable, pretend_torchvision / "torchvision" / "_C.so")
    code = "import torchvision; print(torchvision.found, torchvision.__loader__.declared)"
    assert python(code, pretend_torchvision) == "False None"
