"""Which distribution brings a module, where their names differ, and which well-known ones have the same name.

Kept by hand and small on purpose: a name that is not here is asked about, not guessed, because a guessed name may be
somebody else's package.
"""

from __future__ import annotations

from packaging.utils import canonicalize_name

# The first is taken when the project asks for none of them.
_DIFFERENT: dict[str, tuple[str, ...]] = {
    "attr": ("attrs",),
    "bs4": ("beautifulsoup4",),
    "cv2": ("opencv-python-headless", "opencv-python", "opencv-contrib-python-headless", "opencv-contrib-python"),
    "Crypto": ("pycryptodome",),
    "dateutil": ("python-dateutil",),
    "docx": ("python-docx",),
    "dotenv": ("python-dotenv",),
    "faiss": ("faiss-cpu",),
    "fitz": ("pymupdf",),
    "git": ("gitpython",),
    "google.protobuf": ("protobuf",),
    "grpc": ("grpcio",),
    "hydra": ("hydra-core",),
    "jose": ("python-jose",),
    "jwt": ("pyjwt",),
    "lightning_fabric": ("lightning-fabric",),
    "magic": ("python-magic",),
    "msgpack": ("msgpack",),
    "multipart": ("python-multipart",),
    "open_clip": ("open-clip-torch",),
    "OpenSSL": ("pyopenssl",),
    "PIL": ("pillow",),
    "pkg_resources": ("setuptools",),
    "psycopg2": ("psycopg2-binary", "psycopg2"),
    "pythonjsonlogger": ("python-json-logger",),
    "pytorch_lightning": ("pytorch-lightning", "lightning"),
    "ruamel": ("ruamel.yaml",),
    "sentence_transformers": ("sentence-transformers",),
    "serial": ("pyserial",),
    "skimage": ("scikit-image",),
    "sklearn": ("scikit-learn",),
    "slugify": ("python-slugify",),
    "socks": ("pysocks",),
    "tensorflow": ("tensorflow-cpu", "tensorflow"),
    "umap": ("umap-learn",),
    "websocket": ("websocket-client",),
    "yaml": ("pyyaml",),
    "zmq": ("pyzmq",),
}

_SAME = frozenset(
    [
        "accelerate",
        "aiohttp",
        "albumentations",
        "boto3",
        "cachetools",
        "catboost",
        "click",
        "colorama",
        "datasets",
        "diffusers",
        "einops",
        "evaluate",
        "fastapi",
        "fire",
        "flask",
        "fsspec",
        "ftfy",
        "h5py",
        "httpx",
        "huggingface_hub",
        "imageio",
        "imagehash",
        "jax",
        "jinja2",
        "joblib",
        "jsonschema",
        "kornia",
        "lightgbm",
        "lightning",
        "loguru",
        "lxml",
        "matplotlib",
        "mlflow",
        "monai",
        "networkx",
        "nltk",
        "numba",
        "numpy",
        "omegaconf",
        "onnx",
        "onnxruntime",
        "openai",
        "openpyxl",
        "optuna",
        "orjson",
        "pandas",
        "peft",
        "plotly",
        "polars",
        "prometheus_client",
        "psutil",
        "pyarrow",
        "pydantic",
        "pydantic_settings",
        "pymongo",
        "ray",
        "redis",
        "regex",
        "requests",
        "rich",
        "safetensors",
        "scipy",
        "seaborn",
        "sentencepiece",
        "simplejson",
        "spacy",
        "sqlalchemy",
        "starlette",
        "statsmodels",
        "streamlit",
        "sympy",
        "tabulate",
        "tenacity",
        "tensorboard",
        "tiktoken",
        "timm",
        "tokenizers",
        "tomli",
        "torch",
        "torchaudio",
        "torchmetrics",
        "torchvision",
        "tqdm",
        "transformers",
        "typer",
        "ultralytics",
        "uvicorn",
        "wandb",
        "websockets",
        "xgboost",
        "xarray",
        "zstandard",
    ]
)

ADVICE = {
    "opencv-python": "needs the X and GL libraries; opencv-python-headless is the same without windows",
    "opencv-contrib-python": "needs the X and GL libraries; opencv-contrib-python-headless is the same without windows",
    "psycopg2": "has no wheels; psycopg2-binary is the same with its library",
    "tensorflow": "brings parts for GPUs; tensorflow-cpu is the same without",
}
"""Distributions that build badly into a minimal image, and what to take instead."""


def providers(module: str) -> tuple[str, ...]:
    """Return the distributions that bring a top-level module, the best first; none when the name is not known."""
    if module in _DIFFERENT:
        return _DIFFERENT[module]
    return (canonicalize_name(module),) if module.lower() in _SAME else ()


def is_known(distribution: str) -> bool:
    """Tell whether a distribution, by its canonical name, is one of the well-known ones."""
    brought = {canonicalize_name(name) for names in _DIFFERENT.values() for name in names}
    return distribution in brought or distribution in {canonicalize_name(name) for name in _SAME}
