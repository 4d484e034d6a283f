"""What conda's packages are called on the Python index, and which of them are no Python at all.

Kept by hand, as ``import_names`` is: a name that is in neither is asked about, because a guessed name may be somebody
else's package.
"""

from __future__ import annotations

import fnmatch

from packaging.utils import canonicalize_name

from nautiloid.project.import_names import is_known

_DIFFERENT = {
    "brotli-python": "brotli",
    "dask-core": "dask",
    "fonttools": "fonttools",
    "matplotlib-base": "matplotlib",
    "msgpack-python": "msgpack",
    "opencv": "opencv-python-headless",
    "py-opencv": "opencv-python-headless",
    "py-xgboost": "xgboost",
    "pyarrow-core": "pyarrow",
    "pytables": "tables",
    "python-graphviz": "graphviz",
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "ruamel-yaml": "ruamel.yaml",
    "seaborn-base": "seaborn",
}
_SAME = frozenset(
    """
    attrs beautifulsoup4 bokeh cython dask faiss-cpu filelock gradio gymnasium imbalanced-learn ipykernel ipywidgets
    jupyter jupyterlab nbconvert nibabel notebook papermill protobuf pydicom pyproj pytorch-lightning python-dateutil
    pytz pywavelets rasterio scikit-image scikit-learn sentence-transformers shap shapely six tables
    tensorflow tensorflow-cpu toml yacs
    """.split()  # noqa: SIM905 - a word list reads better than forty quotes
)
_NO_PYTHON = (
    "_*", "bzip2", "c-ares", "c-compiler", "ca-certificates", "cmake", "compilers", "conda*", "cpuonly", "cuda*",
    "cudnn", "cxx-compiler", "gcc*", "git", "gxx*", "icu", "ld_impl*", "lib*", "mamba", "make", "mkl*", "nccl",
    "ncurses", "ninja", "nodejs", "openblas", "openjdk", "openssl", "pytorch-cuda", "pytorch-mutex", "r-*",
    "readline", "sqlite", "tk", "xz", "zlib", "zstd",
)  # fmt: skip
_DEBIAN = {"ffmpeg": "ffmpeg", "graphviz": "graphviz", "poppler": "poppler-utils", "sox": "sox",
           "tesseract": "tesseract-ocr"}  # fmt: skip


def distribution_of(package: str) -> str | None:
    """Return the Python distribution that a conda package holds; None where nobody knows one."""
    name = canonicalize_name(package)
    if name in _DIFFERENT:
        return _DIFFERENT[name]
    return name if name in _SAME or is_known(name) else None


def is_no_python(package: str) -> bool:
    """Tell whether a conda package holds libraries or programs, which wheels bundle and Debian has."""
    return any(fnmatch.fnmatchcase(package, pattern) for pattern in _NO_PYTHON)


def debian_package_of(package: str) -> str | None:
    """Return the Debian package of a program that conda has as well; None for others."""
    return _DEBIAN.get(package)
