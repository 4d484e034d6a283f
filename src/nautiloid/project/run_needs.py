"""What a program needs of its run, as far as its code says so in plain words: where it writes, what it fetches.

A hardened run has a read-only root and no network, so that each of these fails unless somebody provides for it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath

from nautiloid.project.calls import called, dotted
from nautiloid.project.path_constants import PathConstants

# Functions and methods by the place of the path that they write to.
_WRITES_FIRST = {"savefig", "to_csv", "to_json", "to_parquet", "to_pickle", "to_excel", "to_feather", "makedirs",
                 "save_pretrained", "save_model", "save_weights", "imwrite", "imsave", "savez", "savetxt",
                 "SummaryWriter", "FileHandler", "RotatingFileHandler"}  # fmt: skip
_WRITES_SOMEWHERE = {"save", "save_file", "dump", "export"}
_WRITES_ITSELF = {"write_text", "write_bytes", "mkdir", "touch"}
_WRITING_KEYWORDS = {"output_dir", "out_dir", "save_dir", "log_dir", "logging_dir", "checkpoint_dir", "save_path",
                     "output_path", "default_root_dir"}  # fmt: skip
_OUTPUT_OPTION = re.compile(
    r"--(\w+-){0,9}(save|out|output|outfile|outdir|result|results|log|logs|logdir|checkpoint|checkpoints|ckpt|export|dump|"
    r"snapshot|runs)(-\w+){0,9}"
)
_PLACE = re.compile(r"dir|out|save|result|folder|runs|checkpoints")
_NO_PLACE = re.compile(r"format|level|interval|freq|every|type|size|mode|steps|name")
_FETCHES = {"load_dataset", "hf_hub_download", "snapshot_download", "urlretrieve", "load_state_dict_from_url",
            "download_url", "download_and_extract_archive", "fetch_openml", "fetch_california_housing",
            "fetch_20newsgroups", "SentenceTransformer", "CrossEncoder", "WhisperModel"}  # fmt: skip
_FETCHING_MODULES = {"gdown", "wget", "nltk"}
_WRITABLE = ("/tmp/", "/dev/")  # noqa: S108 - the image's own path


class Kind(Enum):
    """What sort of need it is."""

    WRITES = "writes"
    OUTSIDE = "reads"
    FETCHES = "fetches"


@dataclass(frozen=True)
class RunNeed:
    """One need.

    Attributes:
        kind: What sort.
        what: The path, or what is fetched; ``*`` stands for what only the running program knows.
        origin: Where the code says so.
        option: The program's option that chooses another path; empty where there is none.
    """

    kind: Kind
    what: str
    origin: str
    option: str = ""


def run_needs(tree: ast.Module, shown: Path) -> Iterator[RunNeed]:
    """Yield what a file's code needs.

    Args:
        tree: The file.
        shown: Its path, relative to the project.
    """
    paths = PathConstants(tree, PurePosixPath(shown.parent.as_posix()))
    for node in ast.walk(tree):
        origin = f"{shown}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _leads_out(node.value):
            yield RunNeed(Kind.OUTSIDE, node.value, origin)
        elif isinstance(node, ast.Call):
            name = called(node)
            if option := _output_option(node, name):
                path = _default(node, paths)
                if path and _is_relative(path) and (re.search(r"[./]", path) or _PLACE.search(option)):
                    yield RunNeed(Kind.WRITES, path, origin, option)
            for path in _written(node, name, paths):
                if _may_fail(path):
                    yield RunNeed(Kind.WRITES, path, origin)
            if what := _fetched(node, name):
                yield RunNeed(Kind.FETCHES, what, origin)


def _written(node: ast.Call, name: str, paths: PathConstants) -> Iterator[str]:
    read = [paths.read(argument) for argument in node.args]
    if name == "open":
        yield from _opened(node, read, paths)
    elif name in _WRITES_FIRST and read and read[0]:
        yield read[0]
    elif name in _WRITES_SOMEWHERE:
        # ``image.save(buffer, "PNG")`` names a format, not a file.
        yield from [path for path in read if path and re.search(r"[./]", path)][:1]
    elif name in _WRITES_ITSELF and isinstance(node.func, ast.Attribute):
        own = paths.read(node.func.value)
        if own:
            yield own
    for keyword in node.keywords:
        filename = keyword.arg == "filename" and name == "basicConfig"
        path = paths.read(keyword.value) if filename or keyword.arg in _WRITING_KEYWORDS else None
        if path:
            yield path


def _opened(node: ast.Call, read: list[str | None], paths: PathConstants) -> Iterator[str]:
    """``open(path, mode)``, or ``path.open(mode)``."""
    given = next((keyword.value for keyword in node.keywords if keyword.arg == "mode"), None)
    words = [*node.args, *([given] if given else [])]
    modes = [word.value for word in words if isinstance(word, ast.Constant) and isinstance(word.value, str)]
    if not modes or not re.fullmatch(r"[rbt+]*[wax+][bt+]*", modes[-1]):
        return
    own = paths.read(node.func.value) if isinstance(node.func, ast.Attribute) else None
    path = own or (read[0] if read and (len(read) > 1 or given) else None)
    if path:
        yield path


def _output_option(node: ast.Call, name: str) -> str:
    """Return the long name of an option (argparse, click) that says where results go; empty for others."""
    if name not in ("add_argument", "option"):
        return ""
    words = [word.value for word in node.args if isinstance(word, ast.Constant) and isinstance(word.value, str)]
    plain = ((word, word.replace("_", "-").lower()) for word in words)
    return next((word for word, flat in plain if _OUTPUT_OPTION.fullmatch(flat) and not _NO_PLACE.search(flat)), "")


def _default(node: ast.Call, paths: PathConstants) -> str | None:
    return next((paths.read(keyword.value) for keyword in node.keywords if keyword.arg == "default"), None)


def _fetched(node: ast.Call, name: str) -> str:
    function = dotted(node) or name
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    first = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else ""
    true = [word for word in ("download", "pretrained") if getattr(given.get(word), "value", None) is True]
    weights = given.get("weights")
    if true:
        return f"{function}({true[0]}=True)"
    if weights is not None and (getattr(weights, "value", None) == "DEFAULT" or "Weights" in ast.dump(weights)[:200]):
        return f"{function}(weights=...)"
    if name == "from_pretrained" and isinstance(first, str) and first and not first.startswith((".", "/")):
        return first
    fetches = name in _FETCHES or function.endswith("hub.load")
    if fetches or (name == "download" and function.partition(".")[0] in _FETCHING_MODULES):
        return str(first) or function
    return ""


def _leads_out(text: str) -> bool:
    return re.fullmatch(r"(\.\./)+[\w.-]+(/[\w.*-]+)*/?", text) is not None


def _is_relative(path: str) -> bool:
    return not path.startswith(("/", "~")) and "://" not in path and "\n" not in path


def _may_fail(path: str) -> bool:
    absolute = path.startswith("/") and not f"{path}/".startswith(_WRITABLE)
    return path not in ("", ".", "-") and (absolute or _is_relative(path))
