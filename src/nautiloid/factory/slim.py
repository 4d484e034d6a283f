"""Do without what a workload never reads: rules over image paths, applied to a tree and accounted for one by one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nautiloid.factory.definition import SlimRule
from nautiloid.factory.rootfs.stripping import without_symbols
from nautiloid.factory.rootfs.tree import Node, NodeKind, Tree


@dataclass(frozen=True)
class SlimEffect:
    """What one rule did: how many files it touched, and how many bytes it saved."""

    rule: str
    because: str
    files: int
    bytes: int


def apply_rules(tree: Tree, rules: Sequence[SlimRule], cache: Path) -> tuple[SlimEffect, ...]:
    """Apply the rules in order; directories that become empty go too.

    Args:
        tree: What to slim.
        rules: What to do without.
        cache: Where stripped libraries are kept between builds.

    Returns:
        One effect a rule, also for a rule that found nothing: a rule that never matches is a mistake worth seeing.
    """
    emptied: set[str] = set()
    effects = []
    for rule in rules:
        hits = [entry for entry in tree if entry.kind is not NodeKind.DIRECTORY and _hits(rule, entry.path)]
        match rule.action:
            case "clear-exec":
                effects.append(_clear_exec(tree, rule, hits))
            case "strip":
                effects.append(_strip(tree, rule, hits, cache))
            case "remove":
                effects.append(_remove(tree, rule, hits))
                emptied.update(entry.path.rpartition("/")[0] for entry in hits)
    tree.prune(emptied)
    return tuple(effects)


def _remove(tree: Tree, rule: SlimRule, hits: Sequence[Node]) -> SlimEffect:
    for entry in hits:
        tree.remove(entry.path)
    return SlimEffect(rule.name, rule.because, len(hits), sum(entry.size for entry in hits))


def _clear_exec(tree: Tree, rule: SlimRule, hits: Sequence[Node]) -> SlimEffect:
    programs = [entry for entry in hits if entry.kind is NodeKind.FILE and entry.mode & 0o111]
    for entry in programs:
        tree.change(entry.path, mode=entry.mode & ~0o111)
    return SlimEffect(rule.name, rule.because, len(programs), 0)


def _strip(tree: Tree, rule: SlimRule, hits: Sequence[Node], cache: Path) -> SlimEffect:
    saved = 0
    for entry in hits:
        if entry.content is not None:
            lean = without_symbols(entry.content, cache)
            tree.change(entry.path, content=lean)
            saved += entry.size - lean.size
    return SlimEffect(rule.name, rule.because, len(hits), saved)


def matches(patterns: Iterable[str], path: str) -> bool:
    """Tell whether ``path`` fits any of the globs (``*`` stays within a directory, ``**`` crosses them)."""
    return any(_compiled(pattern).fullmatch(path) for pattern in patterns)


def takes_away(rules: Iterable[SlimRule], path: str) -> bool:
    """Tell whether rules leave a file of this path out of the image."""
    return any(rule.action == "remove" and _hits(rule, path) for rule in rules)


def _hits(rule: SlimRule, path: str) -> bool:
    return matches(rule.paths, path) and not matches(rule.keep, path)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Translate a glob; ``a/**`` is everything below ``a``, ``a/**/b`` also means ``a/b``, ``{a,b}`` is either."""
    parts = []
    for token in re.findall(r"\*\*/|\*\*|\*|\?|\[[^\]]*\]|\{[^{}]*\}|[^*?\[{]+|[\[{]", pattern):
        match token:
            case "**/":
                parts.append("(?:[^/]+/)*")
            case "**":
                parts.append(".*")
            case "*":
                parts.append("[^/]*")
            case "?":
                parts.append("[^/]")
            case _ if token.startswith("[") and token.endswith("]"):
                parts.append(token.replace("[!", "[^"))
            case _ if token.startswith("{") and token.endswith("}"):
                options = (_compiled(option).pattern for option in token[1:-1].split(","))
                parts.append(f"(?:{'|'.join(options)})")
            case _:
                parts.append(re.escape(token))
    return re.compile("".join(parts))
