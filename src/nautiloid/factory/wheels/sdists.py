"""Source distributions of the index: chosen by pip's rules, saved, and never opened here."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename

from nautiloid.factory.wheels.pip_call import ResolutionError, call_pip
from nautiloid.factory.wheels.refusals import refusal
from nautiloid.factory.wheels.routes import Routes
from nautiloid.factory.wheels.target import Target
from nautiloid.net.store import Store, Stored, sha256_of


@dataclass(frozen=True)
class SourceDistribution:
    """One that was saved, and the definition's name of the index that has it (empty: pip's own configuration)."""

    filename: str
    stored: Stored
    index: str


def fetch_sdist(requirement: str, target: Target, store: Store, routes: Routes) -> SourceDistribution:
    """Save the best source distribution that meets a requirement.

    Raises:
        ResolutionError: There is none, or it goes by another name.
        IntegrityError: It is not what the index says.
    """
    store.root.mkdir(parents=True, exist_ok=True)
    name = canonicalize_name(Requirement(requirement).name)
    with tempfile.TemporaryDirectory(prefix="sdist-", dir=store.root) as scratch:
        options = ["source", "--quiet", "--dest", scratch, "--python-version", target.full_version]
        answer = call_pip([*options, "--", requirement], target, routes)
        if answer.failed:
            raise refusal(answer, target, routes, closely=False)
        brought = next(path for path in Path(scratch).iterdir() if path.is_file())
        try:
            named = parse_sdist_filename(brought.name)[0]
        except InvalidSdistFilename as error:
            raise ResolutionError(f"the index offers {brought.name}, which is no source distribution") from error
        if named != name:
            raise ResolutionError(f"the index offers {brought.name} for {name}")
        stored = store.adopt(brought, sha256_of(brought))
    return SourceDistribution(brought.name, stored, answer.chosen.get(name, ""))
