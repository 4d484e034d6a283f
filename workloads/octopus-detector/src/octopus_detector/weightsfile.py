"""Reads tensors from files without running anything in them."""

from __future__ import annotations

import io
import pickle
import pickletools
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from octopus_detector.errors import ModelFileError

# How a file of torch.save before PyTorch 1.6 begins: a pickle of the number 0x1950a86a20f9469cfc6c.
_LEGACY_MAGIC = bytes.fromhex("80028a0a6cfc9c46f9206aa850192e")
_LIMIT_SHOWN = 5


def read_checkpoint(path: Path) -> Mapping[str, Any]:
    """Read a file that ``torch.save`` wrote, as data only: tensors, numbers, strings, lists and dictionaries.

    Raises:
        ModelFileError: The file is missing, damaged, of another kind, or needs code to run when it is loaded; the
            message names that code. There is no way round: such a file is never unpickled.
    """
    try:
        _check_container(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise _refusal(path, error) from error
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror or error}") from error
    except (RuntimeError, ValueError, KeyError, EOFError, TypeError, AttributeError, IndexError) as error:
        first_line = str(error).partition("\n")[0]
        raise ModelFileError(f"{path} is damaged: {first_line}") from error
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise ModelFileError(f"{path} holds a {type(content).__name__}, not named values")
    return content


def read_tensors(path: Path) -> Mapping[str, torch.Tensor]:
    """Read named tensors from a safetensors file or from a weights-only PyTorch checkpoint.

    Raises:
        ModelFileError: The file cannot be read so, or it holds no tensors.
    """
    if path.suffix == ".safetensors":
        try:
            return load_file(path)
        except SafetensorError as error:
            raise ModelFileError(f"{path} is damaged: {error}") from error
        except OSError as error:
            raise ModelFileError(f"cannot read {path}: {error.strerror or error}") from error
    content = read_checkpoint(path)
    for key in ("weights", "state_dict", "model"):
        if isinstance(content.get(key), dict):
            content = content[key]
    tensors = {name: value for name, value in content.items() if isinstance(value, torch.Tensor)}
    if not tensors:
        raise ModelFileError(f"{path} holds no tensors")
    return tensors


def globals_needed(path: Path) -> list[str]:
    """List the functions and classes that unpickling ``path`` would call, by reading its opcodes only.

    Names that are put together in roundabout ways are not found, which is why this explains and never permits.
    """
    found: set[str] = set()
    try:
        with _pickles_of(path) as stream:
            while stream.peek(1):  # PyTorch before 1.6 wrote several pickles one after another
                _collect_globals(stream, found)
    except (ValueError, IndexError, UnicodeDecodeError, OSError, zipfile.BadZipFile, StopIteration):
        pass  # what came before the damage still explains the refusal
    return sorted(found - _plain_data())


def _collect_globals(stream: BinaryIO, found: set[str]) -> None:
    """Add what one pickle names: by GLOBAL, or by two strings (perhaps from the memo) before STACK_GLOBAL."""
    strings: list[str] = []
    memo: list[str] = []
    for opcode, argument, _ in pickletools.genops(stream):
        if opcode.name == "GLOBAL":
            found.add(str(argument).replace(" ", "."))
        elif opcode.name == "STACK_GLOBAL":
            found.add(".".join(strings[-2:]))
        elif opcode.name == "MEMOIZE":
            memo.append(strings[-1] if strings else "")
        elif opcode.name in {"BINGET", "LONG_BINGET"} and isinstance(argument, int) and argument < len(memo):
            strings.append(memo[argument])
        elif isinstance(argument, str):
            strings.append(argument)


def _check_container(path: Path) -> None:
    """Refuse what is no checkpoint, or one that unfolds to more than its own size when it is read.

    Raises:
        ModelFileError: It is.
    """
    if path.is_dir():
        raise ModelFileError(f"{path} is a directory, not a model file")
    if path.stat().st_size == 0:
        raise ModelFileError(f"{path} is empty (0 bytes)")
    if not zipfile.is_zipfile(path):
        if _starts_with(path, _LEGACY_MAGIC):
            return
        raise _not_a_checkpoint(path)
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise ModelFileError(f"{path} holds compressed parts, which torch.save never writes: refused as a zip bomb")
    if sum(member.file_size for member in members) > path.stat().st_size:
        raise ModelFileError(f"{path} claims to hold more than its own size: refused as a zip bomb")
    names = [member.filename.split("/", 1)[-1] for member in members]
    if "constants.pkl" in names:
        raise ModelFileError(f"{path} is a TorchScript program, not weights", "Save the model's state_dict instead.")
    if "data.pkl" not in names:
        raise ModelFileError(f"{path} is a zip archive, but not one that torch.save wrote")


def _not_a_checkpoint(path: Path) -> ModelFileError:
    with path.open("rb") as file:
        start = file.read(16)
    if start.startswith(b"PK"):
        return ModelFileError(f"{path} is cut off: the end of the archive is missing")
    if start[8:9] == b"{":
        return ModelFileError(f"{path} is a safetensors file, not a model file of ours")
    called = globals_needed(path)
    if called:
        return _needs_code(path, called)
    return ModelFileError(f"{path} is not a PyTorch checkpoint")


def _refusal(path: Path, error: pickle.UnpicklingError) -> ModelFileError:
    called = globals_needed(path)
    if called:
        return _needs_code(path, called)
    reason = str(error).partition("\n")[0]
    return ModelFileError(f"{path} cannot be loaded as plain data: {reason}")


def _needs_code(path: Path, called: list[str]) -> ModelFileError:
    shown = ", ".join(called[:_LIMIT_SHOWN])
    more = f" and {len(called) - _LIMIT_SHOWN} more" if len(called) > _LIMIT_SHOWN else ""
    return ModelFileError(
        f"{path} is refused: it is a pickle that would run code when loaded ({shown}{more})",
        "Whoever made the file can run anything on this machine through it. Train again, or save the weights alone "
        "where you trust it: torch.save(model.state_dict(), ...).",
    )


def _starts_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _pickles_of(path: Path) -> io.BufferedReader:
    if not zipfile.is_zipfile(path):
        return path.open("rb")
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.endswith("data.pkl"))
        return io.BufferedReader(io.BytesIO(archive.read(name)))


def _plain_data() -> set[str]:
    """The names that PyTorch itself puts into a file of nothing but tensors."""
    storages = {
        f"torch.{kind}Storage"
        for kind in ["Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool"]
    }
    rebuilding = {"torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter"}
    return storages | rebuilding | {"collections.OrderedDict", "torch.Size", "torch.device"}
