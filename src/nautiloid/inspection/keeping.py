"""What an inspection keeps in memory until its last layer is read, and how much that may be."""

from __future__ import annotations

from nautiloid import bounds
from nautiloid.buffer import Buffer
from nautiloid.inspection.facts import Listed, Record, Unread
from nautiloid.packages.kind import PackageKind
from nautiloid.packages.os_release import PATHS as OS_RELEASE
from nautiloid.packages.unreadable import PartlyUnreadError


class Keeping:
    """What one inspection may keep until it ends: records as they are, and components."""

    def __init__(self) -> None:
        self._bytes, self._components = bounds.RECORDS, bounds.COMPONENTS

    def keep(self, path: str, content: Buffer) -> Record | Unread:
        """Keep a package manager's record."""
        limit = bounds.OS_RELEASE if path in OS_RELEASE else bounds.RECORD
        if len(content) > limit:
            return Unread(f"a record of {len(content):,} bytes, of which {limit:,} would be read")
        if len(content) > self._bytes:
            return Unread(f"the image's package records are larger than {bounds.RECORDS >> 20} MiB together")
        self._bytes -= len(content)
        return Record(bytes(content))

    def list(self, kind: PackageKind, path: str, content: Buffer) -> Listed | Unread:
        """List what a file holds."""
        try:
            found = Listed(tuple(kind.read(path, content)))
        except PartlyUnreadError as error:
            found = Listed(error.components, str(error))
        if len(found.components) > self._components:
            return Unread(f"files of this image list more than {bounds.COMPONENTS:,} components")
        self._components -= len(found.components)
        return found
