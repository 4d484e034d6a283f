"""Rules: what in an image ought to be otherwise, each with an explanation and a remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from nautiloid import labels
from nautiloid.inspection.file_tree import TreeFile
from nautiloid.inspection.inventory import Hardening, Risk, Surface, Weakness
from nautiloid.inspection.setting_secrets import find_setting_secrets
from nautiloid.inspection.startup_hooks import VARIABLE, startup_variables
from nautiloid.inspection.traces import Traced, find_traces
from nautiloid.models.verdict import Verdict
from nautiloid.oci.image import Image

_SHOWN = 5
_ORDER = tuple(Risk)


def find_faults(
    files: Mapping[str, TreeFile], surface: Surface, owner: Callable[[str], str], traced: Sequence[Traced]
) -> tuple[Weakness, ...]:
    """Return what the files of an image give reason to say.

    Args:
        files: Those of the finished file system.
        surface: What of them an attacker could use.
        owner: The package of a path; empty for none.
        traced: The files of all layers that hold secrets or run at each start.
    """
    found = [
        *find_traces(traced, owner),
        *_rights(files, surface, owner),
        *_programs(surface),
        *_hardening(surface.hardening),
        *_models(surface),
    ]
    return in_order(found)


def find_config_faults(image: Image) -> tuple[Weakness, ...]:
    """Return what the configuration of an image gives reason to say."""
    return in_order([*_user(image), *find_setting_secrets(image), *_startup_variables(image), *_base(image)])


def in_order(findings: Iterable[Weakness]) -> tuple[Weakness, ...]:
    """Sort findings: the gravest first, then by rule and place."""
    return tuple(sorted(findings, key=lambda found: (_ORDER.index(found.severity), found.rule, found.where)))


# -- configuration -----------------------------------------------------------------------------------


def _user(image: Image) -> Iterator[Weakness]:
    user = image.config.user
    if user.partition(":")[0] in ("", "0", "root"):
        said = f"USER is {user!r}" if user else "no USER is set"
        yield Weakness(
            "root-user", Risk.MEDIUM, "Runs as root", "configuration: User",
            f"{said}, so that whoever breaks into the program is root in the container",
            "Set a user that is not root, by number (65532), so that Kubernetes' runAsNonRoot can check it.",
        )  # fmt: skip


def _startup_variables(image: Image) -> Iterator[Weakness]:
    for name, effect in startup_variables(image.config.env):
        yield Weakness(
            VARIABLE, Risk.LOW, "A variable that makes programs run more", f"configuration: Env {name}",
            f"{name} is set in the image: {effect}", "Make sure that you know what it names, and who put it there.",
        )  # fmt: skip


def _base(image: Image) -> Iterator[Weakness]:
    name = image.manifest.annotations.get(labels.BASE_NAME) or image.config.labels.get(labels.BASE_NAME, "")
    floating = name and "@" not in name and (":" not in name.rpartition("/")[2] or name.endswith(":latest"))
    if floating:
        yield Weakness(
            "floating-base", Risk.LOW, "Built from whatever was latest", f"annotation: {labels.BASE_NAME}",
            f"the base is {name}, which names another image tomorrow",
            "Name the base by digest, and let a tool move it on.",
        )  # fmt: skip


# -- files -------------------------------------------------------------------------------------------


def _rights(files: Mapping[str, TreeFile], surface: Surface, owner: Callable[[str], str]) -> Iterator[Weakness]:
    for path in surface.setuid:
        entry = files[path].entry
        root = entry is not None and entry.uid == 0 and entry.mode & 0o4000
        yield Weakness(
            "setuid-file", Risk.MEDIUM if root else Risk.LOW,
            f"{'Setuid' if entry and entry.mode & 0o4000 else 'Setgid'} file", f"/{path}",
            "runs with its owner's rights, whoever starts it" + (f" (from {owner(path)})" if owner(path) else ""),
            "Remove it, or take the bit away; run with no-new-privileges.", files[path].layer,
        )  # fmt: skip
    for path in surface.capabilities:
        yield Weakness(
            "file-capability", Risk.MEDIUM, "File with capabilities", f"/{path}",
            "gains kernel capabilities when it is started", "Remove the capability if nobody needs it.",
            files[path].layer,
        )  # fmt: skip
    for path in surface.world_writable:
        yield Weakness(
            "world-writable", Risk.MEDIUM, "Everybody may write to it", f"/{path}",
            "any process in the container can change it", "Take the write bit away (chmod o-w).", files[path].layer,
        )  # fmt: skip


def _programs(surface: Surface) -> Iterator[Weakness]:
    remedy = "Leave it out of the image that runs in production."
    for rule, title, detail, paths in (
        ("shell", "Shells", "lets whoever gets in run anything", surface.shells),
        ("package-manager", "Package managers", "brings in whatever an attacker misses", surface.package_managers),
        ("compiler", "Compilers and linkers", "builds what cannot be brought in", surface.compilers),
        ("network-client", "Network clients", "fetches tools and carries data away", surface.network_clients),
    ):
        if paths:
            yield Weakness(rule, Risk.LOW, title, shown_paths(paths), detail, remedy)


def _hardening(files: tuple[Hardening, ...]) -> Iterator[Weakness]:
    remedies = {
        "executable-stack": "Link with -z noexecstack.",
        "no-relro": "Link with -Wl,-z,relro,-z,now.",
        "no-pie": "Compile with -fPIE and link with -pie.",
    }
    groups = (
        ("executable-stack", Risk.MEDIUM, "Stack may be executed", [file.path for file in files if not file.nx]),
        ("no-relro", Risk.LOW, "No RELRO", [file.path for file in files if file.relro == "none"]),
        ("no-pie", Risk.LOW, "Programs at a fixed address", [f.path for f in files if f.program and not f.pie]),
    )
    for rule, severity, title, paths in groups:
        if paths:
            count = f"{len(paths)} ELF file{'s' if len(paths) > 1 else ''} of {len(files)}"
            yield Weakness(rule, severity, title, shown_paths(paths), count, remedies[rule])


_MODELS = {
    Verdict.RUNS_CODE: ("model-runs-code", Risk.HIGH, "Loading it runs code"),
    Verdict.SUSPICIOUS: ("model-suspicious", Risk.MEDIUM, "A model that deceives or is broken"),
    Verdict.CANNOT_TELL: ("model-unknown", Risk.LOW, "Nobody can tell what loading it does"),
}


def _models(surface: Surface) -> Iterator[Weakness]:
    for model in surface.models:
        if model.verdict is not Verdict.SAFE:
            rule, risk, title = _MODELS[model.verdict]
            details = dict.fromkeys(reason.detail for reason in model.reasons if reason.verdict is model.verdict)
            yield Weakness(
                rule, risk, title, f"/{model.path}", f"{model.form}: {', '.join(list(details)[:_SHOWN])}",
                "Keep weights only: safetensors, ONNX, or a checkpoint that torch.load(weights_only=True) reads.",
                model.layer,
            )  # fmt: skip


def shown_paths(paths: Iterable[str]) -> str:
    """Return some paths and how many more there are."""
    listed = list(paths)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(f"/{path}" for path in listed[:_SHOWN]) + more
