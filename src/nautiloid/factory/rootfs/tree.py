"""The root filesystem of an image, as a tree in memory: what lies where, who brought it, and with which mode.

Nothing touches this machine's disk. A path is canonical (no leading slash, no ``..``) and none of its parents is a
symbolic link: a file added as ``lib/x86_64-linux-gnu/libc.so.6`` below the link ``lib -> usr/lib`` is
``usr/lib/x86_64-linux-gnu/libc.so.6``. That is the usr-merge, and it is also what keeps a hostile archive's
link-then-write-through-it inside the image.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from nautiloid import bounds
from nautiloid.errors import NautiloidError
from nautiloid.factory.rootfs.content import Content
from nautiloid.factory.wholesome import has_control_characters


class TreeError(NautiloidError):
    """Two inputs of an image contradict each other, or one holds a path that cannot be."""


class NodeKind(Enum):
    """What an entry is; an image built here holds nothing else."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"


@dataclass(frozen=True, order=True)
class Origin:
    """Who brought an entry: the layer it belongs to, and the component (``deb:libc6``, ``wheel:torch``, ``system``)."""

    layer: str
    component: str


@dataclass(frozen=True)
class Node:
    """One path of the image.

    Attributes:
        path: Canonical, relative to the root.
        mode: Permission bits; setuid and setgid only in a tree that keeps them.
        content: The bytes of a file.
        target: Where a symbolic link points to, as it is written.
    """

    path: str
    kind: NodeKind
    mode: int
    origin: Origin
    content: Content | None = None
    target: str = ""

    @property
    def size(self) -> int:
        """Bytes of a file; 0 for everything else."""
        return self.content.size if self.content else 0


class Tree:
    """The entries of a root filesystem, by canonical path.

    Args:
        keep_setuid: Whether files keep their setuid and setgid bits.
    """

    def __init__(self, *, keep_setuid: bool = False) -> None:
        self._mode_bits = 0o6777 if keep_setuid else 0o777
        self._entries: dict[str, Node] = {}

    def __iter__(self) -> Iterator[Node]:
        """Yield every entry, parents before children, in one order on every machine."""
        return iter([self._entries[path] for path in sorted(self._entries)])

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, path: str) -> bool:
        return self.get(path) is not None

    def files(self) -> Iterator[Node]:
        """Yield every regular file, sorted by path."""
        return (entry for entry in self if entry.kind is NodeKind.FILE)

    def get(self, path: str) -> Node | None:
        """Return the entry at ``path`` (its last step is not followed when it is a link), or None."""
        return self._entries.get(self.canonical(path))

    def lookup(self, path: str) -> Node | None:
        """Return the entry that ``path`` leads to, following links to the end, or None when it dangles."""
        canonical = self.canonical(path)
        for _ in range(bounds.LINKS_FOLLOWED):
            entry = self._entries.get(canonical)
            if entry is None or entry.kind is not NodeKind.SYMLINK:
                return entry
            canonical = self.canonical(_beside(canonical, entry.target))
        return None

    def directory(self, path: str, origin: Origin, mode: int = 0o755) -> None:
        """Add a directory; one that exists already stays as it is."""
        canonical = self._place(path, origin)
        if not canonical:
            return
        existing = self.lookup(canonical)
        if existing is None:
            self._put(Node(canonical, NodeKind.DIRECTORY, mode, origin))
        elif existing.kind is not NodeKind.DIRECTORY:
            raise TreeError(f"{origin.component} has a directory where {existing.origin.component} has a file: /{path}")

    def file(self, path: str, content: Content, origin: Origin, mode: int = 0o644) -> None:
        """Add a regular file; setuid and setgid bits are dropped, unless the tree keeps them."""
        self._put(Node(self._place(path, origin), NodeKind.FILE, mode & self._mode_bits, origin, content=content))

    def symlink(self, path: str, target: str, origin: Origin) -> None:
        """Add a symbolic link."""
        _refuse_control_characters(target, origin)
        self._put(Node(self._place(path, origin), NodeKind.SYMLINK, 0o777, origin, target=target))

    def change(self, path: str, *, mode: int | None = None, content: Content | None = None) -> None:
        """Give an existing entry another mode or other bytes."""
        entry = self._entries[path]
        self._entries[path] = replace(
            entry, mode=entry.mode if mode is None else mode, content=content or entry.content
        )

    def remove(self, path: str) -> None:
        """Remove one entry."""
        del self._entries[path]

    def prune(self, directories: set[str]) -> None:
        """Remove those of ``directories``, and of their parents, that hold nothing any more."""
        children = Counter(path.rpartition("/")[0] for path in self._entries)
        candidates = {parent for path in directories for parent in (path, *_parents(path))}
        # The deepest first: what empties a directory may empty the one above it.
        for path in sorted(candidates, key=lambda path: path.count("/"), reverse=True):
            entry = self._entries.get(path)
            if entry is not None and entry.kind is NodeKind.DIRECTORY and not children[path]:
                self.remove(path)
                children[path.rpartition("/")[0]] -= 1

    def canonical(self, path: str) -> str:
        """Return ``path`` with the links among its parents resolved inside the tree.

        Raises:
            TreeError: The path is no path of a root filesystem (``..`` above the root, a loop of links).
        """
        pending = [step for step in reversed(path.split("/")) if step not in ("", ".")]
        done: list[str] = []
        links = 0
        while pending:
            step = pending.pop()
            if step == "..":
                if not done:
                    raise TreeError(f"a path leads above the root of the image: {path!r}")
                done.pop()
                continue
            here = "/".join([*done, step])
            entry = self._entries.get(here)
            if entry is None or entry.kind is not NodeKind.SYMLINK or not pending:
                done.append(step)
                continue
            links += 1
            if links > bounds.LINKS_FOLLOWED:
                raise TreeError(f"symbolic links run in a circle at /{here}")
            if entry.target.startswith("/"):
                done = []
            pending.extend(step for step in reversed(entry.target.split("/")) if step not in ("", "."))
        return "/".join(done)

    def _place(self, path: str, origin: Origin) -> str:
        """Return the canonical path of something new, whose name must be fit to be shown."""
        _refuse_control_characters(path, origin)
        return self.canonical(path)

    def _put(self, entry: Node) -> None:
        if not entry.path:
            raise TreeError(f"{entry.origin.component} tries to replace the root of the image")
        existing = self._entries.get(entry.path)
        if existing is not None and not _agree(existing, entry):
            raise TreeError(
                f"two inputs bring different files to /{entry.path}: "
                f"{existing.origin.component} and {entry.origin.component}",
                "Remove one of the two from the definition.",
            )
        parent = entry.path.rpartition("/")[0]
        if parent:
            self.directory(parent, entry.origin)
        self._entries.setdefault(entry.path, entry)


def _refuse_control_characters(path: str, origin: Origin) -> None:
    if has_control_characters(path):
        raise TreeError(f"{origin.component} has a path with control characters: {path!a}")


def _agree(old: Node, new: Node) -> bool:
    """Tell whether two entries for one path say the same."""
    if old.kind is NodeKind.FILE and new.kind is NodeKind.FILE and old.content and new.content:
        return old.content.identity == new.content.identity
    return (old.kind, old.target) == (new.kind, new.target)


def _beside(path: str, target: str) -> str:
    """Return the path that a link at ``path`` with ``target`` means."""
    return target if target.startswith("/") else f"{path.rpartition('/')[0]}/{target}"


def _parents(path: str) -> list[str]:
    steps = path.split("/")[:-1]
    return ["/".join(steps[: count + 1]) for count in range(len(steps))]
