"""From one source to a wheel in the cache, locked: with which tools, by which back end, and whether twice the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from pydantic import BaseModel, TypeAdapter, ValidationError

from nautiloid.errors import IntegrityError, quotable
from nautiloid.factory.lockfile import LockedBuild, LockedWheel
from nautiloid.factory.package_sources import PackageSource
from nautiloid.factory.wheels.resolver import ResolvedWheel, fetch_wheels, resolve
from nautiloid.factory.wheels.routes import Routes
from nautiloid.factory.wheels.target import Target
from nautiloid.factory.wholesome import Printed, PythonRequirement
from nautiloid.net.fetch import Fetcher
from nautiloid.sourcing.archives import FetchedSource
from nautiloid.sourcing.container import BuildContainer, SourceBuildError, Step
from nautiloid.streams import blocks_of

_LONGEST_NAME = 1 << 10


class _BuildSystem(BaseModel):
    """What the source says of its build (PEP 518): names and versions of tools, never places to get them from."""

    requires: tuple[PythonRequirement, ...]
    backend: Printed
    paths: tuple[str, ...]


_REQUIREMENTS = TypeAdapter(tuple[PythonRequirement, ...])


@dataclass(frozen=True)
class WheelMaker:
    """Makes wheels from sources, one at a time.

    Attributes:
        container: What the sources are built in.
        target: The Python that the wheels are for.
        routes: Where the tools of a build may come from.
        fetcher: The way to downloads.
    """

    container: BuildContainer
    target: Target
    routes: Routes
    fetcher: Fetcher

    def make(self, source: PackageSource, fetched: FetchedSource) -> LockedBuild:
        """Build a wheel, twice, and return it locked.

        Raises:
            SourceBuildError: It cannot be built, or something else came out.
            NautiloidError: Its tools cannot be had.
        """
        step = self._step(source, fetched)
        system = self._system(step)
        tools = self._tools(system.requires)
        # A back end may want more only now: it can say so by being asked.
        more = self._checked(source, self.container.answer_json(replace(step, kind="requires", tools=tools)))
        if more:
            tools = self._tools([*system.requires, *more])
        step = replace(step, kind="wheel", tools=tools)
        wheel, again = self._wheel(step, source), self._wheel(step, source)
        return LockedBuild(
            wheel=wheel,
            source=fetched.locked,
            backend=system.backend,
            requires=tools,
            builder=self.container.digest,
            network=source.network is not None,
            reproducible=wheel == again,
        )

    def make_again(self, source: PackageSource, fetched: FetchedSource, locked: LockedBuild) -> None:
        """Build the wheel of a lock, with the tools of the lock.

        Raises:
            IntegrityError: Another wheel came out.
        """
        tools = self._fetched(locked.requires)
        wheel = self._wheel(replace(self._step(source, fetched), kind="wheel", tools=tools), source)
        if wheel.sha256 != locked.wheel.sha256:
            raise IntegrityError(
                f"building {source.name} gave another wheel than the lock's"
                + ("" if locked.reproducible else ": its build gives other bytes each time"),
                "Take the wheel from where it was locked and put it where pip looks (find-links), or lock again.",
            )

    def _step(self, source: PackageSource, fetched: FetchedSource) -> Step:
        return Step(
            name=source.name,
            kind="look",
            archive=fetched.path,
            filename=fetched.locked.filename,
            subdirectory=source.subdirectory,
            tools=(),
            environment=source.env,
            network=source.network is not None,
        )

    def _system(self, step: Step) -> _BuildSystem:
        # Looking runs nothing of the source, so that it needs no network in any case.
        answer = self.container.answer_json(replace(step, network=False))
        try:
            return _BuildSystem.model_validate(answer)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise SourceBuildError(f"{step.name} says of its build what it may not: {where}: {first['msg']}") from error

    def _checked(self, source: PackageSource, answer: object) -> tuple[str, ...]:
        try:
            return _REQUIREMENTS.validate_python(answer)
        except ValidationError as error:
            said = quotable(str(answer))
            raise SourceBuildError(f"{source.name} wants tools that are no names and versions: {said}") from error

    def _tools(self, requirements: Sequence[str]) -> tuple[LockedWheel, ...]:
        return self._fetched(resolve(requirements, self.target, {}, routes=self.routes)) if requirements else ()

    def _fetched(self, wheels: Sequence[ResolvedWheel] | Sequence[LockedWheel]) -> tuple[LockedWheel, ...]:
        fetcher = self.fetcher
        return fetch_wheels(
            wheels, self.target, fetcher.store, fetcher.progress, offline=fetcher.offline, routes=self.routes
        )

    def _wheel(self, step: Step, source: PackageSource) -> LockedWheel:
        """Run the build, and take what it hands out into the cache."""
        with self.container.answer(step).open("rb") as file:
            filename = file.readline(_LONGEST_NAME).decode(errors="replace").rstrip("\n")
            try:
                name, version, _, _ = parse_wheel_filename(filename)
            except InvalidWheelFilename as error:
                raise SourceBuildError(f"building {source.name} gave no wheel, but {quotable(filename)!r}") from error
            if name != source.key:
                raise SourceBuildError(f"building {source.name} gave a wheel of {quotable(name)}")
            stored = self.fetcher.store.put(blocks_of(file))
        try:
            return LockedWheel(
                name=name, version=str(version), filename=filename, size=stored.size, sha256=stored.sha256
            )
        except ValidationError as error:
            raise SourceBuildError(f"building {source.name} gave a wheel with an odd name") from error
