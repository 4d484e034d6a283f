"""From the files that may go to few rules that a person can read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from nautiloid.elf.linking import ElfFacts
from nautiloid.factory import slim
from nautiloid.factory.rootfs.tree import Node, Tree
from nautiloid.slimming.needed import with_libraries

_SPECIAL = frozenset("*?[]{},")


@dataclass(frozen=True)
class Removal:
    """A directory of which nothing was used, or a large file that was not.

    Attributes:
        glob: As a slim rule names it.
        files: How many files it takes away.
        size: How many bytes.
    """

    glob: str
    files: int
    size: int

    def shown(self, site: str) -> str:
        """Return the glob as a definition writes it: ``{site}`` for the site-packages directory."""
        return self.glob.replace(f"{site}/", "{site}/", 1)


@dataclass(frozen=True)
class ComponentProposal:
    """What can go of one Debian package or wheel, the largest first."""

    component: str
    removals: tuple[Removal, ...]

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(removal.size for removal in self.removals)


def propose(
    tree: Tree, needed: set[str], facts: Mapping[str, ElfFacts], smallest: int
) -> tuple[ComponentProposal, ...]:
    """Propose what can go, the component with the most bytes first.

    What is too small for a line stays although nobody used it, and then so do the libraries that it needs.

    Args:
        tree: The image.
        needed: Canonical paths that must stay.
        facts: Of the image's ELF files.
        smallest: Bytes below which a removal is not worth a line.
    """
    while True:
        proposals = _propose(tree, needed, smallest)
        globs = [removal.glob for proposal in proposals for removal in proposal.removals]
        staying = {entry.path for entry in tree.files() if not slim.matches(globs, entry.path)}
        lacking = with_libraries(tree, staying, facts) - staying
        if not lacking:
            return proposals
        needed = needed | lacking


def _propose(tree: Tree, needed: set[str], smallest: int) -> tuple[ComponentProposal, ...]:
    may_go = {entry.path: entry for entry in tree.files() if entry.path not in needed}
    wholes = _whole_directories(tree, may_go)
    gathered: dict[str, dict[str, list[Node]]] = defaultdict(lambda: defaultdict(list))
    for path, entry in may_go.items():
        home = _highest(path, wholes)
        gathered[entry.origin.component][f"{home}/**" if home else path].append(entry)
    proposals = []
    for component, globs in gathered.items():
        removals = [
            Removal(glob, len(entries), sum(entry.size for entry in entries))
            for glob, entries in globs.items()
            if not _SPECIAL & set(glob.removesuffix("/**"))
        ]
        worth = sorted((one for one in removals if one.size >= smallest), key=lambda one: (-one.size, one.glob))
        if worth:
            proposals.append(ComponentProposal(component, tuple(worth)))
    return tuple(sorted(proposals, key=lambda one: (-one.size, one.component)))


def _whole_directories(tree: Tree, may_go: Mapping[str, Node]) -> set[str]:
    """Return the directories whose files may all go and belong to one component, links aside."""
    total: Counter[str] = Counter()
    going: Counter[str] = Counter()
    owners: dict[str, set[str]] = defaultdict(set)
    for entry in tree.files():
        for parent in _parents(entry.path):
            total[parent] += 1
            going[parent] += entry.path in may_go
            owners[parent].add(entry.origin.component)
    return {path for path, count in total.items() if going[path] == count and len(owners[path]) == 1}


def _highest(path: str, wholes: set[str]) -> str:
    """Return the topmost directory above ``path`` that may go as a whole, or nothing."""
    return next((parent for parent in reversed(_parents(path)) if parent in wholes), "")


def _parents(path: str) -> list[str]:
    """Return the directories above a path, the nearest first."""
    steps = path.split("/")
    return ["/".join(steps[:count]) for count in range(len(steps) - 1, 0, -1)]
