"""Patch whatever image a user names."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from nautiloid.debian.mirrors import Mirrors
from nautiloid.patching.fixing import Fixing
from nautiloid.patching.result import PatchResult
from nautiloid.workflows.assess import Criteria, open_assessor
from nautiloid.workflows.image_patching import Patching
from nautiloid.workflows.inspecting import ImageChoice, open_named
from nautiloid.workflows.workspace import Workspace


def patch(
    name: str,
    reference: str,
    workspace: Workspace,
    criteria: Criteria | None = None,
    *,
    database: Path | str | None = None,
    choice: ImageChoice | None = None,
    mirrors: Mirrors | None = None,
    allowed: Collection[str] = (),
    write: bool = True,
) -> PatchResult:
    """Patch whatever image a user names; see ``Patching.patch``.

    Args:
        name: What the user typed.
        reference: The new image's name in the store.
        workspace: Where the new image goes.
        criteria: What findings are held against.
        database: The advisories; None is the usual database.
        choice: Which image of an index, and how to talk to registries.
        mirrors: The user's own choice of mirrors.
        allowed: Packages whose maintainer scripts need not run, as the user knows.
        write: Whether to make the image; else only say what would be done.
    """
    with (
        open_assessor(database, criteria or Criteria(), workspace.images, workspace.progress) as assessor,
        workspace.fetching() as fetcher,
        open_named(name, workspace, choice) as source,
    ):
        fixing = Fixing(fetcher, mirrors or Mirrors(), allowed)
        return Patching(workspace, fixing, assessor).patch(source, name, reference, write=write)
