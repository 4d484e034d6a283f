"""Rules: what in an image ought to be otherwise, each with an explanation and a remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from nautiloid import labels
from nautiloid.inspection.facts import Secret, StartupHook
from nautiloid.inspection.file_tree import TreeFile
from nautiloid.inspection.inventory import Hardening, Risk, Surface, Weakness
from nautiloid.inspection.secrets import is_secret_variable
from nautiloid.models.verdict import Verdict
from nautiloid.oci.image import Image

_SHOWN = 5
_ORDER = tuple(Risk)


def find_faults(files: Mapping[str, TreeFile], surface: Surface, owner: Callable[[str], str]) -> tuple[Weakness, ...]:
    """Return what the files of an image give reason to say."""
    found = [
        *_secrets(files, owner),
        *_rights(files, surface, owner),
        *_programs(surface),
        *_hardening(surface.hardening),
        *_models(surface),
        *_startup_hooks(files, owner),
    ]
    return in_order(found)


def find_config_faults(image: Image) -> tuple[Weakness, ...]:
    """Return what the configuration of an image gives reason to say."""
    return in_order([*_user(image), *_secret_variables(image), *_base(image)])


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


def _secret_variables(image: Image) -> Iterator[Weakness]:
    for assignment in image.config.env:
        name, _, value = assignment.partition("=")
        if is_secret_variable(name, value):
            yield Weakness(
                "secret-in-environment", Risk.HIGH, "A secret in the environment", f"configuration: Env {name}",
                f"{name} is set in the image; whoever can pull it can read it",
                "Take it out, replace the secret, and give the new one at run time.",
            )  # fmt: skip
    for entry in image.config.history:
        for word in entry.created_by.split():
            name, equals, value = word.partition("=")
            if equals and is_secret_variable(name.lstrip("-"), value.strip("\"'")) and name.lstrip("-").isidentifier():
                yield Weakness(
                    "secret-in-history", Risk.HIGH, "A secret in the build history", f"history: {name}",
                    f"a build step was given {name}; the history keeps it for whoever can pull the image",
                    "Build with a mounted secret (RUN --mount=type=secret), and replace the one that leaked.",
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


def _secrets(files: Mapping[str, TreeFile], owner: Callable[[str], str]) -> Iterator[Weakness]:
    for path, file in files.items():
        facts = file.entry.facts if file.entry else None
        if isinstance(facts, Secret):
            package = owner(path)
            published = f", published with {package}: everybody has it" if package else ""
            yield Weakness(
                "secret-in-file", Risk.LOW if package else Risk.HIGH, "A secret in a file", f"/{path}",
                f"holds what looks like a {facts.kind}{published}",
                "Make sure that nothing trusts it." if package else
                "Take it out of every layer (a later layer only hides it), and replace the secret.",
                file.layer,
            )  # fmt: skip


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


def _startup_hooks(files: Mapping[str, TreeFile], owner: Callable[[str], str]) -> Iterator[Weakness]:
    for path, file in files.items():
        facts = file.entry.facts if file.entry else None
        if isinstance(facts, StartupHook):
            yield Weakness(
                "python-startup-hook", Risk.INFO, "Python runs it at each start", f"/{path}",
                f"{facts.line!r}" + (f" (from {owner(path)})" if owner(path) else ""),
                "Make sure that you know who put it there.", file.layer,
            )  # fmt: skip


def shown_paths(paths: Iterable[str]) -> str:
    """Return some paths and how many more there are."""
    listed = list(paths)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(f"/{path}" for path in listed[:_SHOWN]) + more
