"""pip, made to ask for each distribution only where it may come from.

pip knows several indexes and takes the highest version of all: whoever offers a higher one under a private name wins
("dependency confusion"). It has no setting that binds a name to an index. So its ``PackageFinder`` is asked one index
at a time here: for a name that an index owns, that one alone; for any other, each that may have it, and a name that two
of them offer is an error. An index that does not answer is one as well: nobody can tell what it would have offered.

The rest is pip's own: credentials, proxies, certificates, caches, what counts as a suitable file.

Sources: pip's modules ``index.package_finder`` and ``index.collector``, which are no public interface; the process ends
with an error where they are not what this was written for.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from pip._internal.exceptions import InstallationError, NetworkConnectionError
from pip._internal.index import collector
from pip._internal.index.collector import LinkCollector
from pip._internal.index.package_finder import PackageFinder
from pip._internal.models.candidate import InstallationCandidate
from pip._internal.models.search_scope import SearchScope

from nautiloid.factory.package_indexes import HOST, PackageIndex, places_of
from nautiloid.factory.wheels.routes import AMBIGUOUS, SILENT

_NOT_THERE = (404, 410)


@dataclass
class Router:
    """Answers in the finder's place.

    Attributes:
        chosen: Which index each name was found in, as far as any was asked for.
    """

    indexes: tuple[PackageIndex, ...]
    addresses: dict[str, str]
    local: dict[str, str]
    pins: dict[str, str]
    chosen: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Router:
        """Read what ``Routes.write`` wrote."""
        data = json.loads(path.read_text(encoding="utf-8"))
        addresses = {entry["name"]: entry["url"] for entry in data["indexes"]}
        # The address may hold what a definition's may not.
        indexes = tuple(PackageIndex.model_construct(**{**entry, "url": ""}) for entry in data["indexes"])
        return cls(indexes, addresses, data["local"], data["pins"])

    def find(self, finder: PackageFinder, name: str) -> list[InstallationCandidate]:
        """Return the files of a distribution that may be chosen from, all of one index.

        Raises:
            InstallationError: Two indexes offer it.
        """
        scope = finder.search_scope
        offers: dict[str, list[InstallationCandidate]] = {}
        try:
            for place, its_scope in self._places(canonicalize_name(name), scope):
                finder.search_scope = its_scope
                finder._all_candidates.pop(name, None)
                if found := _FIND_ALL(finder, name):
                    offers[place] = found
        finally:
            finder.search_scope = scope
        if len(offers) > 1:
            places = " and ".join(place or "pip's own configuration" for place in offers)
            raise InstallationError(f"{name} {AMBIGUOUS}: {places}")
        place, candidates = next(iter(offers.items()), (HOST, []))
        if candidates:
            self.chosen[canonicalize_name(name)] = place
        finder._all_candidates[name] = candidates
        return candidates

    def _places(self, name: str, host: SearchScope) -> Iterator[tuple[str, SearchScope]]:
        if name in self.local:
            yield HOST, SearchScope([self.local[name]], [], no_index=True)
        elif name in self.pins:
            yield self._place(self.pins[name], host)
        else:
            try:
                places = places_of(name, self.indexes)
            except ValueError as error:
                raise InstallationError(str(error)) from error
            for place in places:
                yield self._place(place, host)

    def _place(self, name: str, host: SearchScope) -> tuple[str, SearchScope]:
        if name == HOST:
            return HOST, host
        if name not in self.addresses:
            raise InstallationError(f"the lock takes a wheel from the index {name}, which its definition does not have")
        return name, SearchScope([], [self.addresses[name]], no_index=False)


_FIND_ALL: Callable[..., Any] = PackageFinder.find_all_candidates
_FETCH: Callable[..., Any] = LinkCollector.fetch_response


def install(router: Router) -> None:
    """Put the router in the finder's place; only for a process that does nothing else.

    Raises:
        RuntimeError: This version of pip is built otherwise.
    """
    expected = {_FIND_ALL: ["self", "project_name"], _FETCH: ["self", "location", "package_name"]}
    for function, parameters in expected.items():
        if list(inspect.signature(function).parameters) != parameters:
            raise RuntimeError(f"this version of pip has another {function.__qualname__}: indexes cannot be kept apart")

    def find_all_candidates(finder: PackageFinder, project_name: str) -> list[InstallationCandidate]:
        if project_name in finder._all_candidates:
            return finder._all_candidates[project_name]
        _let_in(finder._link_collector, router)
        return router.find(finder, project_name)

    _replace(PackageFinder, "find_all_candidates", find_all_candidates)
    _replace(LinkCollector, "fetch_response", functools.wraps(_FETCH)(_fetch_or_fail))
    _replace(collector, "_handle_get_simple_fail", _remember_failure)


_failures: dict[str, str | Exception] = {}


def _fetch_or_fail(self: LinkCollector, location: Any, package_name: str | None = None) -> Any:
    """Tell an index that has no such name from one that does not answer; pip skips both."""
    _failures.clear()
    content = _FETCH(self, location, package_name)
    if content is None:
        reason = _failures.get(location.url)
        answer = reason.response if isinstance(reason, NetworkConnectionError) else None
        if answer is None or answer.status_code not in _NOT_THERE:
            why = f"status {answer.status_code}" if answer is not None else "no page of a package index came"
            raise InstallationError(f"{location.redacted_url} {SILENT}: {why}")
    return content


def _remember_failure(link: Any, reason: str | Exception, meth: object = None) -> None:
    del meth
    _failures[link.url] = reason


def _let_in(links: LinkCollector, router: Router) -> None:
    """Let pip find credentials that stand in an index's address for its files as well, as it does for its own."""
    auth: Any = links.session.auth
    known = list(auth.index_urls or ())
    auth.index_urls = [*known, *(address for address in router.addresses.values() if address not in known)]


def _replace(owner: object, name: str, function: object) -> None:
    if not hasattr(owner, name):
        raise RuntimeError(f"this version of pip has no {name}: indexes cannot be kept apart")
    setattr(owner, name, function)
