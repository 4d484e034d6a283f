"""Compare two images of the store, file by file."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from nautiloid.inspection.difference import Difference, check_ignorable, compare_images
from nautiloid.oci.model import Platform
from nautiloid.oci.source import open_image
from nautiloid.workflows.workspace import Workspace


def differences(
    before: str,
    after: str,
    workspace: Workspace,
    ignore: AbstractSet[str] = frozenset(),
    platform: Platform | None = None,
    *,
    content: bool = False,
) -> Difference:
    """Find every difference between two images.

    Args:
        before: A name, a digest, a path of an OCI layout or an image tar.
        after: The other one.
        workspace: Where names are looked up.
        ignore: What may differ; see ``nautiloid.inspection.difference.IGNORABLE``.
        platform: Which image of an index.
        content: Whether to look for differences inside of small text files.

    Raises:
        NautiloidError: One of them cannot be read, or a word of ``ignore`` means nothing.
    """
    check_ignorable(frozenset(ignore))
    store = workspace.images
    with open_image(before, store, platform) as first, open_image(after, store, platform) as second:
        return compare_images(
            first, second, ignore=frozenset(ignore), content=content, progress=workspace.progress
        )  # fmt: skip
