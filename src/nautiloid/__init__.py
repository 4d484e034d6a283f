"""Nautiloid puts AI workloads in a hard shell: minimal, fresh, reproducible container images.

The names in ``__all__`` are for other programs; they stay when the inside changes. Every other module is internal::

    import nautiloid

    workspace = nautiloid.Workspace.default()
    built = nautiloid.build(nautiloid.BuildOrder("pytorch"), workspace)
    result = nautiloid.scan(built.reference, workspace)
    print(result.vulnerabilities, "known vulnerabilities in", built.images[0].digest)

Nothing is printed; what cannot be done raises a ``NautiloidError`` with a message and a hint.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nautiloid.version import __version__

if TYPE_CHECKING:
    from nautiloid.errors import NautiloidError
    from nautiloid.workflows.assess import Criteria
    from nautiloid.workflows.build import BuildOrder, build
    from nautiloid.workflows.diff import differences
    from nautiloid.workflows.inspecting import ImageChoice, compare, inspect
    from nautiloid.workflows.locking import lock_places
    from nautiloid.workflows.patch import patch
    from nautiloid.workflows.scan import scan
    from nautiloid.workflows.selftest import test
    from nautiloid.workflows.update import UpdateCriteria, updates_of
    from nautiloid.workflows.workspace import Workspace

__all__ = [
    "BuildOrder",
    "Criteria",
    "ImageChoice",
    "NautiloidError",
    "UpdateCriteria",
    "Workspace",
    "__version__",
    "build",
    "compare",
    "differences",
    "inspect",
    "lock_places",
    "patch",
    "scan",
    "test",
    "updates_of",
]

# Where each name is: whoever scans need not import what builds.
_HOMES = {
    "BuildOrder": "workflows.build",
    "Criteria": "workflows.assess",
    "UpdateCriteria": "workflows.update",
    "ImageChoice": "workflows.inspecting",
    "NautiloidError": "errors",
    "Workspace": "workflows.workspace",
    "build": "workflows.build",
    "compare": "workflows.inspecting",
    "differences": "workflows.diff",
    "inspect": "workflows.inspecting",
    "lock_places": "workflows.locking",
    "patch": "workflows.patch",
    "scan": "workflows.scan",
    "test": "workflows.selftest",
    "updates_of": "workflows.update",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'nautiloid' has no attribute {name!r}")
    return getattr(import_module(f"nautiloid.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """Return what is public."""
    return sorted(__all__)
