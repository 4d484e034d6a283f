"""Models that are archives: checkpoints, TorchScript, Keras, MAR, NeMo, arrays by name, or just files in a zip."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nautiloid.documents.strict_json import loads_bounded
from nautiloid.models.containers.tar import read_tar
from nautiloid.models.containers.zip import Member, members_of
from nautiloid.models.formats.exported import read_exported
from nautiloid.models.formats.keras import read_config
from nautiloid.models.formats.torch_script import read_script
from nautiloid.models.limits import LARGEST_HEADER, Budget
from nautiloid.models.sniffing import HEAD, Form, forms_of
from nautiloid.models.span import Span
from nautiloid.models.verdict import Judgement, Reason, cannot_tell, runs_code, suspicious

Inner = Callable[[str, Span, bool], Judgement | None]
"""Judges a member: its path, its content, and whether it is a part of TorchScript."""

_MANIFEST = "MAR-INF/MANIFEST.json"


def read_zip(name: str, content: Span, budget: Budget, inner: Inner) -> Judgement | None:
    """Judge a zip archive; None where it holds no model.

    Raises:
        TooMuchError: It is too large.
    """
    members, faults = members_of(content, budget)
    names = {member.name for member in members}
    form = _form(name, names)
    reasons: list[Reason] = []
    imports: set[str] = set()
    found = False
    for member in members:
        head = member.head(HEAD)
        if form == "TorchScript" and "/code/" in member.name and member.name.endswith(".py"):
            with member.content(budget) as (script, fault):
                told = [*read_script(script, budget), *_broken(fault)]
                reasons += [reason.within(member.name) for reason in told]
            continue
        if form and head.startswith(b"\x7fELF"):
            reasons.append(runs_code("is native code").within(member.name))
        if not forms_of(member.name, head, max(member.size, len(member.packed))):
            continue
        judged, fault = _judge(member, head, budget, inner, script=form == "TorchScript")
        if judged is not None:
            found = True
            imports.update(judged.imports)
            reasons += [reason.within(member.name) for reason in (*judged.reasons, *_broken(fault))]
    if form.startswith("Keras"):
        reasons += _keras(members, budget)
    if form == "TorchServe archive":
        reasons += _served(members, budget)
    if form.startswith("PyTorch program"):
        reasons += _program(members, budget)
    if not form and not found:
        return None
    outside = [suspicious(f"{path} would be unpacked outside") for path in sorted(names) if _escapes(path)]
    return Judgement.of(form or "zip archive with models", [*faults, *outside, *reasons], imports)


def read_archive_tar(content: Span, budget: Budget, inner: Inner) -> Judgement | None:
    """Judge a tar archive; None where it holds no model.

    Raises:
        TooMuchError: It is too large.
    """
    reasons: list[Reason] = []
    faults: list[Reason] = []
    imports: set[str] = set()
    names = set()
    found = False
    for name, member in read_tar(content, budget, faults):
        path = name.removeprefix("./")
        names.add(path)
        judged = inner("old.pkl" if path in ("pickle", "storages", "tensors") else path, member, False)
        if judged is not None:
            found = True
            imports.update(judged.imports)
            reasons += [reason.within(path) for reason in judged.reasons]
    if not found:
        return None
    form = "NeMo model" if "model_config.yaml" in names else "tar archive with models"
    form = "PyTorch checkpoint (tar)" if {"pickle", "storages"} <= names else form
    return Judgement.of(form, [*faults, *reasons], imports)


def _form(name: str, names: set[str]) -> str:
    """Return what an archive is by what it holds; empty for nobody knows."""
    if _MANIFEST in names:
        return "TorchServe archive"
    if "config.json" in names and (name.endswith(".keras") or names & {"metadata.json", "model.weights.h5"}):
        return "Keras model"
    if name.endswith(".pt2") or any(path.rpartition("/")[2] == "archive_format" for path in names):
        return "PyTorch program (pt2)"
    if any(path.endswith("/data.pkl") or path == "data.pkl" for path in names):
        script = any("/code/" in path or path.endswith("/constants.pkl") for path in names)
        return "TorchScript" if script else "PyTorch checkpoint"
    if name.endswith(".npz") or (names and all(path.endswith(".npy") for path in names)):
        return "NumPy arrays"
    return ""


def _judge(member: Member, head: bytes, budget: Budget, inner: Inner, *, script: bool) -> tuple[Judgement | None, str]:
    with member.content(budget) as (content, fault):
        judged = inner(member.name, content, script)
        if judged is None and fault and forms_of(member.name, head, len(member.packed)) != (Form.UNKNOWN,):
            judged = Judgement.of("damaged")
        return judged, fault


def _broken(fault: str) -> Iterable[Reason]:
    return [suspicious(fault)] if fault else []


def _escapes(path: str) -> bool:
    return path.startswith("/") or ".." in path.replace("\\", "/").split("/")


def _text(members: Iterable[Member], name: str, budget: Budget) -> list[bytes]:
    found = []
    for member in members:
        if member.name == name:
            with member.content(budget) as (content, _):
                found.append(content.read(0, LARGEST_HEADER))
    return found


def _keras(members: list[Member], budget: Budget) -> list[Reason]:
    configs = _text(members, "config.json", budget)
    if not configs:
        return [cannot_tell("its configuration is missing")]
    return [reason.within("config.json") for config in configs for reason in read_config(config, budget)]


def _served(members: list[Member], budget: Budget) -> list[Reason]:
    """Judge what TorchServe does with an archive: it imports its handler, and installs what it requires."""
    reasons = [runs_code("is imported when the model is served").within(member.name)
               for member in members if member.name.endswith((".py", ".pyc", ".so"))]  # fmt: skip
    for text in _text(members, _MANIFEST, budget):
        try:
            manifest = loads_bounded(text)
            served = manifest.get("model", {})
            if served.get("requirementsFile"):
                reasons.append(runs_code(f"installs {served['requirementsFile']} when it is served"))
            handler = str(served.get("handler", ""))
            if handler.partition(":")[0].endswith(".py") or "/" in handler:
                reasons.append(runs_code(f"is served by {handler}"))
        except (ValueError, AttributeError, TypeError):
            reasons.append(suspicious("its manifest cannot be read"))
    return reasons


def _program(members: list[Member], budget: Budget) -> list[Reason]:
    """Judge ``torch.export``'s graphs: symbolic expressions in them are evaluated (``sympy.sympify``)."""
    reasons = []
    for member in members:
        if member.name.endswith(".json"):
            with member.content(budget) as (content, fault):
                told = [*read_exported(content, budget), *_broken(fault)]
                reasons += [reason.within(member.name) for reason in told]
    return reasons
