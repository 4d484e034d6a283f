"""The closure of a request: the packages that are wanted and everything they need, and nothing else.

A depth-first search over the open relations that takes back its choices where they lead nowhere. Relations
that only one package can meet are settled first, so that where there is a choice, "already chosen" wins over
"first alternative", and the closure stays small. Recommends do not count. What a field means: Debian Policy
chapter 7.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from nautiloid import bounds
from nautiloid.debian.index import Package, PackageIndex
from nautiloid.debian.relation import Relation, parse_relations
from nautiloid.errors import NautiloidError


class UnsatisfiableError(NautiloidError):
    """No set of packages meets the request."""


@dataclass(frozen=True)
class Demand:
    """A relation that has to be met, and who asks for it.

    Attributes:
        dependent: Name of the package that asks, or None for the request itself.
        relation: What it asks for.
    """

    dependent: str | None
    relation: Relation


@dataclass(frozen=True)
class Closure:
    """A self-contained set of packages.

    Attributes:
        packages: Sorted by name, one version a name.
        reasons: For each package, the demand that brought it.
        excused: Demands that only unwanted packages could have met, left unmet; sorted.
    """

    packages: tuple[Package, ...]
    reasons: dict[str, Demand]
    excused: tuple[Demand, ...]

    def explain(self, name: str) -> tuple[tuple[str, Relation], ...]:
        """Return the chain from the request to a package: names, each with the relation that brought it.

        Raises:
            KeyError: The closure does not hold the package.
        """
        return _chain(self.reasons, name)


@dataclass
class _State:
    """A partial closure and what it still lacks; copied where the search branches."""

    chosen: dict[str, Package] = field(default_factory=dict)
    reasons: dict[str, Demand] = field(default_factory=dict)
    excused: list[Demand] = field(default_factory=list)
    forced: deque[Demand] = field(default_factory=deque)
    open: deque[Demand] = field(default_factory=deque)

    def copy(self) -> _State:
        return _State(
            self.chosen.copy(), self.reasons.copy(), self.excused.copy(), self.forced.copy(), self.open.copy()
        )


def solve(index: PackageIndex, wanted: Sequence[str], never: Collection[str] = ()) -> Closure:
    """Find the packages that meet a request.

    Args:
        index: What there is.
        wanted: Relations, such as ``python3.11-minimal`` or ``libc6 (>= 2.36)``, in order of importance.
        never: Names of packages that must not enter. A dependency that only they could meet is excused and
            recorded. What is wanted itself enters all the same: the first of them that meets it is let in.

    Raises:
        UnsatisfiableError: No set of packages meets the request; the message names the chain of dependents.
        RelationSyntaxError: A wanted relation does not follow the grammar.
    """
    return _Search(index, frozenset(never)).run(wanted)


class _Search:
    def __init__(self, index: PackageIndex, never: frozenset[str]) -> None:
        self._index = index
        self._never = never
        self._known: dict[Relation, tuple[tuple[Package, ...], bool]] = {}
        self._first_failure: UnsatisfiableError | None = None

    def run(self, wanted: Sequence[str]) -> Closure:
        relations = [one for text in wanted for one in parse_relations(text, self._index.architecture)]
        self._let_in(relations)
        start = _State()
        for relation in relations:
            self._pursue(start, Demand(None, relation))
        # Each level holds the states that are still to be tried at one decision, best first.
        levels: list[Iterator[_State]] = [iter((start,))]
        for _ in range(bounds.SOLVER_STEPS):
            state = next(levels[-1], None)
            if state is not None:
                decision = self._next_decision(state)
                if decision is None:
                    return _closure(state)
                levels.append(self._branches(state, decision))
                continue
            levels.pop()
            if not levels:
                raise self._first_failure or UnsatisfiableError("The request cannot be met")
        raise UnsatisfiableError(
            f"No closure was found in {bounds.SOLVER_STEPS} steps",
            "The packages conflict in too many ways; name the alternatives that you want in the request.",
        )

    def _let_in(self, wanted: Sequence[Relation]) -> None:
        """Take out of the unwanted what is wanted by name: dependencies may then be met by it as well."""
        for relation in wanted:
            meeting = self._meeting(relation)
            if meeting and all(package.name in self._never for package in meeting):
                self._never -= {meeting[0].name}

    def _pursue(self, state: _State, demand: Demand) -> None:
        """Put a relation on the agenda, or excuse it when only unwanted packages could meet it."""
        candidates, avoidable = self._candidates(demand.relation)
        if avoidable and not candidates:
            if demand not in state.excused:
                state.excused.append(demand)
            return
        forced = len({package.name for package in candidates}) <= 1
        (state.forced if forced else state.open).append(demand)

    def _next_decision(self, state: _State) -> Demand | None:
        """Take the next relation that is not met yet off the agenda."""
        for agenda in (state.forced, state.open):
            while agenda:
                demand = agenda.popleft()
                candidates, _ = self._candidates(demand.relation)
                if not any(state.chosen.get(package.name) is package for package in candidates):
                    return demand
        return None

    def _branches(self, state: _State, demand: Demand) -> Iterator[_State]:
        """Yield the state after each way to meet a relation, most preferred first."""
        met = False
        for package in self._candidates(demand.relation)[0]:
            if package.name in state.chosen or _quarrels(package, state.chosen.values()):
                continue
            met = True
            after = state.copy()
            after.chosen[package.name] = package
            after.reasons[package.name] = demand
            for relation in (*package.pre_depends, *package.depends):
                self._pursue(after, Demand(package.name, relation))
            yield after
        if not met and self._first_failure is None:
            self._first_failure = self._failure(state, demand)

    def _candidates(self, relation: Relation) -> tuple[tuple[Package, ...], bool]:
        """Return the allowed packages that meet a relation, in order, and whether unwanted ones would too."""
        if relation not in self._known:
            meeting = self._meeting(relation)
            allowed = dict.fromkeys(package for package in meeting if package.name not in self._never)
            self._known[relation] = tuple(allowed), len(allowed) < len(set(meeting))
        return self._known[relation]

    def _meeting(self, relation: Relation) -> list[Package]:
        return [package for alternative in relation.alternatives for package in self._index.satisfying(alternative)]

    def _failure(self, state: _State, demand: Demand) -> UnsatisfiableError:
        """Say what could not be met, for whom, and what there is instead."""
        asked_by = "The request"
        if demand.dependent is not None:
            chain = " -> ".join(name for name, _ in _chain(state.reasons, demand.dependent))
            asked_by = f"{demand.dependent} (wanted through {chain})"
        candidates, _ = self._candidates(demand.relation)
        if candidates:
            quarrels = "; ".join(sorted({_quarrel(package, state.chosen) for package in candidates}))
            return UnsatisfiableError(
                f"{asked_by} needs {demand.relation}, which does not go with the rest: {quarrels}",
                "Ask for other packages, or for other versions of them.",
            )
        hints = [self._what_there_is(alternative.name) for alternative in demand.relation.alternatives]
        return UnsatisfiableError(
            f"{asked_by} needs {demand.relation}, which this archive does not have", " ".join(hints)
        )

    def _what_there_is(self, name: str) -> str:
        versions = ", ".join(package.version for package in self._index.candidates(name))
        if versions:
            return f"{name} is there as {versions}."
        nearest = self._index.nearest_names(name)
        return f"There is no {name}; did you mean {' or '.join(nearest)}?" if nearest else f"There is no {name}."


def _closure(state: _State) -> Closure:
    excused = sorted(state.excused, key=lambda one: (one.dependent or "", str(one.relation)))
    return Closure(
        packages=tuple(package for _, package in sorted(state.chosen.items())),
        reasons=dict(sorted(state.reasons.items())),
        excused=tuple(excused),
    )


def _chain(reasons: dict[str, Demand], name: str) -> tuple[tuple[str, Relation], ...]:
    chain: list[tuple[str, Relation]] = []
    current: str | None = name
    while current is not None:
        reason = reasons[current]
        chain.append((current, reason.relation))
        current = reason.dependent
    return tuple(reversed(chain))


def _quarrels(package: Package, others: Collection[Package]) -> bool:
    return any(_refuses(package, other) or _refuses(other, package) for other in others)


def _refuses(package: Package, other: Package) -> bool:
    """Say whether ``package`` conflicts with or breaks ``other``; nothing refuses itself (Policy 7.4)."""
    return package.name != other.name and any(
        other.meets(alternative)
        for relation in (*package.conflicts, *package.breaks)
        for alternative in relation.alternatives
    )


def _quarrel(package: Package, chosen: dict[str, Package]) -> str:
    """Put into words why a candidate cannot join."""
    if package.name in chosen:
        return f"{package} is not {chosen[package.name]}, which is already needed"
    for other in chosen.values():
        if _refuses(package, other) or _refuses(other, package):
            return f"{package} conflicts with {other}"
    return f"{package} is possible"
