"""Files of a wheel that Python runs whenever it starts, whatever program it starts for (site module's documentation).

A ``.pth`` file in site-packages may hold lines that are executed; ``sitecustomize`` and ``usercustomize`` are imported.
Whoever brings one sees and may change all that the program does, so a definition must say that it wants that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from packaging.utils import canonicalize_name

from nautiloid.errors import NautiloidError

_MODULES = ("sitecustomize", "usercustomize")


class StartupError(NautiloidError):
    """A wheel brings what runs at every start of Python, and the definition does not allow it."""


def check_startup(wheels: Iterable[tuple[str, Iterable[str]]], allowed: Mapping[str, str]) -> None:
    """Refuse wheels that bring files which Python runs at every start.

    Args:
        wheels: The name of each distribution, with the names of its wheel's members.
        allowed: Distributions that may, and why.

    Raises:
        StartupError: One of the others does; all of them are named.
    """
    may = {canonicalize_name(name) for name in allowed}
    found = {name: files for name, members in wheels if canonicalize_name(name) not in may
             and (files := startup_files(members))}  # fmt: skip
    if found:
        listed = "\n".join(f"  {name}: {', '.join(files)}" for name, files in sorted(found.items()))
        wanted = ", ".join(f"{name}: why" for name in sorted(found))
        raise StartupError(
            f"wheels bring files that Python runs whenever it starts:\n{listed}",
            f"If you have looked at them and want that: python: {{startup: {{{wanted}}}}} in the definition.",
        )


def startup_files(members: Iterable[str]) -> tuple[str, ...]:
    """Return those members of a wheel that Python runs at every start."""
    return tuple(sorted(name for name in members if _runs_at_start(name)))


def _runs_at_start(name: str) -> bool:
    steps = name.split("/")
    # What lies in purelib or platlib of a wheel's data directory is installed as if it lay at the top (PEP 427).
    if len(steps) > 2 and steps[0].endswith(".data") and steps[1] in ("purelib", "platlib"):
        steps = steps[2:]
    top = steps[0].partition(".")[0]
    return (len(steps) == 1 and steps[0].endswith(".pth")) or (top in _MODULES and (len(steps) > 1 or steps[0] != top))
