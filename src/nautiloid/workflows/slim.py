"""Trace the work, propose rules, and prove them: the whole way of ``nautiloid slim``."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from nautiloid.errors import NautiloidError
from nautiloid.factory.assemble import assemble
from nautiloid.factory.build import build_image, fetch_inputs, find_built
from nautiloid.factory.definition_file import LoadedDefinition, load_definition
from nautiloid.factory.locker import Mirrors, make_lock
from nautiloid.factory.lockfile import Lock
from nautiloid.factory.rootfs.elf_index import read_all_elf
from nautiloid.net.fetch import Fetcher
from nautiloid.oci.layout import Layout
from nautiloid.progress import Progress
from nautiloid.run.bubblewrap import BubblewrapEngine
from nautiloid.run.engine import EngineError
from nautiloid.run.profile import HardenedProfile
from nautiloid.selftest.runner import run_selftest
from nautiloid.slimming.needed import needed_files
from nautiloid.slimming.proof import Answers, ask, differences
from nautiloid.slimming.proposal import ComponentProposal, propose
from nautiloid.trace.engine import TracingEngine


class WorkError(NautiloidError):
    """The work does not do in the image what is asked of it."""


@dataclass(frozen=True)
class Traced:
    """What a trace has shown.

    Attributes:
        proposals: What can go.
        size: Bytes of all files of the image.
        paths: How many paths were seen.
        answers: Of the work, while it was traced.
    """

    proposals: tuple[ComponentProposal, ...]
    size: int
    paths: int
    answers: Answers


@dataclass(frozen=True)
class Proof:
    """Whether the slimmed image does the same.

    Attributes:
        before: Compressed bytes.
        differences: Where its answers differ; empty when they do not.
        unsteady: Where the answers differ from one run of the full image to the next: those prove nothing.
    """

    before: int
    after: int
    differences: tuple[str, ...]
    unsteady: tuple[str, ...]


@dataclass(frozen=True)
class Slimming:
    """Where things are: the image store, Nautiloid's cache, and the way to downloads."""

    store: Layout
    cache: Path
    fetcher: Fetcher

    @property
    def progress(self) -> Progress:
        """Who is told about long work."""
        return self.fetcher.progress

    def trace(self, loaded: LoadedDefinition, lock: Lock, profile: HardenedProfile, smallest: int) -> Traced:
        """Run the self-test and the work in the image, and propose what neither used.

        Args:
            loaded: The definition.
            lock: Its lock.
            profile: The work; ``profile.image`` is the image's name in the store, and is built when it is not there.
            smallest: Bytes below which a removal is not worth a line.

        Raises:
            WorkError: The self-test or the work fails in the full image.
            EngineError: Nothing can be traced here.
        """
        engine = TracingEngine(self.store, self.cache)
        if not (works := engine.available()):
            raise EngineError(f"Nothing can be traced here: {works.reason}.", works.remedy)
        self._build(loaded, lock, profile.image)
        report = run_selftest(profile.image, self.store, engine, self.progress)
        if report.failures:
            raise WorkError(f"The image fails its self-test: {report.failures[0].name}: {report.failures[0].detail}")
        with self.progress.task("Trace the work"):
            answers = ask(engine, profile)
        if answers.exit_code:
            raise WorkError(f"The work ends with {answers.exit_code}:\n{answers.stderr.strip()[-1500:]}")
        with ExitStack() as files:
            scratch = Path(files.enter_context(tempfile.TemporaryDirectory(prefix="slim-", dir=self.cache)))
            inputs = fetch_inputs(lock, loaded, self.fetcher, Mirrors())
            tree = assemble(lock, inputs, self.cache, scratch, files, self.progress).tree
            facts = read_all_elf(tree, self.cache / "elf-3.json", scratch)
            needed = needed_files(tree, {use.path for use in engine.uses}, facts)
            proposals = propose(tree, needed, facts, smallest)
            return Traced(proposals, sum(entry.size for entry in tree.files()), len(engine.uses), answers)

    def prove(self, full: HardenedProfile, definition: Path, traced: Answers) -> tuple[str, Proof]:
        """Build the slimmed image, test it, and let both images do the work.

        Args:
            full: The work in the full image.
            definition: The slimmed image's.
            traced: What the work answered while it was traced.

        Returns:
            The slimmed image's name, and the proof.

        Raises:
            WorkError: The slimmed image fails its self-test.
            NautiloidError: It cannot be built.
        """
        loaded = load_definition(str(definition))
        name = f"nautiloid/{loaded.definition.name}:latest"
        self._build(loaded, make_lock(loaded, self.fetcher), name)
        engine = BubblewrapEngine(self.store, self.cache)
        report = run_selftest(name, self.store, engine, self.progress)
        if report.failures:
            failed = "\n".join(f"  {item.name}: {item.detail}" for item in report.failures)
            raise WorkError(f"The slimmed image fails its self-test:\n{failed}")
        with self.progress.task("Compare the answers"):
            again, after = ask(engine, full), ask(engine, replace(full, image=name))
        unsteady = tuple(differences(traced, again))
        different = tuple(item for item in differences(again, after) if item not in unsteady)
        return name, Proof(self._size(full.image), self._size(name), different, unsteady)

    def _build(self, loaded: LoadedDefinition, lock: Lock, name: str) -> None:
        if find_built(self.store, name, lock) is None:
            build_image(lock, loaded, self.store, self.cache, self.fetcher, reference=name)

    def _size(self, name: str) -> int:
        return sum(layer.size for layer in self.store.resolve(name).manifest.layers)
