"""The lab from end to end: photos, lock, build, train in the image, classify in it, and say what came out.

Every step is skipped when its result is there and was made from the same inputs, so the second run takes seconds.
"""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath

from nautiloid import catalog
from nautiloid.atomic import write_text
from nautiloid.errors import NautiloidError
from nautiloid.factory.build import build_image, find_built
from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.lockfile import Lock
from nautiloid.inspect.comparison import Comparison
from nautiloid.inspect.inventory import Inspection
from nautiloid.lab.photos import DATA_SET, TEST_IMAGES, Photos, find_photos
from nautiloid.net.fetch import Fetcher
from nautiloid.oci.layout import Layout
from nautiloid.progress import Progress
from nautiloid.report.data import comparison_to_json
from nautiloid.report.html import comparison_to_html
from nautiloid.report.vulnerabilities.counts import count
from nautiloid.run.engine import Engine, ReadyImage
from nautiloid.run.profile import HardenedProfile, Mount, tmpfs_of
from nautiloid.sbom.attach import attach_bills
from nautiloid.vulns.result import ScanResult
from nautiloid.workflows.measuring import Measuring
from nautiloid.workflows.release import candidate_name, release

IMAGE = "octopus-detector"
REFERENCE = f"nautiloid/{IMAGE}:latest"
MODEL = "octopus_whale_penguin_model.pt"


class LabError(NautiloidError):
    """A step of the lab failed inside the container."""


@dataclass(frozen=True)
class Answer:
    """What the model says about one test image."""

    image: str
    label: str
    probability: float


@dataclass(frozen=True)
class LabResult:
    """Everything the lab built and measured.

    Attributes:
        photos: Where the photos came from, in words.
        digest: The image's manifest digest.
        training_seconds: How long training took, as the workload measured it.
        accuracy: Share of the validation photos that are right, 0 to 1.
        comparison: The control, the hardened image, and the lab's; None where it was not wanted.
        scans: Of the same images, where there is an advisory database.
        seconds: How long this run of the lab took.
    """

    photos: str
    engine: str
    digest: str
    inspection: Inspection
    training_seconds: float
    accuracy: float
    answers: tuple[Answer, ...]
    comparison: Comparison | None
    scans: tuple[ScanResult, ...]
    seconds: float


@dataclass(frozen=True)
class Lab:
    """The lab's surroundings.

    Attributes:
        work: Where its results go: the lock, the learner's folder, the report.
        cache: Nautiloid's cache directory.
    """

    work: Path
    cache: Path
    layout: Layout
    engine: Engine
    fetcher: Fetcher

    @property
    def progress(self) -> Progress:
        """Who is told about long work."""
        return self.fetcher.progress

    def run(self, data: Path | None = None, *, compare: bool = True) -> LabResult:
        """Do everything that is not done yet.

        Args:
            data: The user's own photos; see ``find_photos``.
            compare: Whether to build the control and compare.

        Raises:
            NautiloidError: A step failed; what earlier steps made stays and is used next time.
        """
        started = time.monotonic()
        found = find_photos(data, self.cache, self.fetcher)
        digest = self._build(self._measuring.lock(IMAGE))
        ready = self.engine.make_ready(REFERENCE, self.layout, self.progress)
        photos = found or self._draw(ready)
        folder = self._lay_out(photos)
        metrics = self._train(ready, folder, f"{digest} {photos.directory}")
        answers = self._classify(ready, folder)
        comparison = self._measuring.compare(REFERENCE) if compare else None
        result = LabResult(
            photos=photos.origin,
            engine=self.engine.name,
            digest=digest,
            inspection=self._measuring.inspect(REFERENCE),
            training_seconds=metrics["seconds"],
            accuracy=metrics["accuracy"],
            answers=answers,
            comparison=comparison,
            scans=self._measuring.scan(comparison) if comparison is not None else (),
            seconds=time.monotonic() - started,
        )
        self._report(result)
        return result

    @property
    def _measuring(self) -> Measuring:
        return Measuring(self.work, self.cache, self.layout, self.fetcher)

    def _report(self, result: LabResult) -> None:
        """Write what came out, for programs and for people."""
        data = asdict(replace(result, comparison=None, scans=()))
        data["vulnerabilities"] = [asdict(count(scan)) for scan in result.scans]
        del data["scans"]
        del data["inspection"]["usage"], data["inspection"]["components"]
        if result.comparison is not None:
            data["comparison"] = json.loads(comparison_to_json(result.comparison))
            page = comparison_to_html(result.comparison, "The lab: hardened against control", result.scans)
            write_text(self.work / "report.html", page)
        write_text(self.work / "report.json", json.dumps(data, indent=1) + "\n")

    def _build(self, lock: Lock) -> str:
        if (kept := find_built(self.layout, REFERENCE, lock)) is not None:
            attach_bills(self.layout, kept, lock, REFERENCE)
            return kept.digest
        loaded, candidate = load_definition(IMAGE), candidate_name(REFERENCE)
        built = build_image(lock, loaded, self.layout, self.cache, self.fetcher, reference=candidate)
        release(REFERENCE, self.layout, self.engine, self.progress)
        attach_bills(self.layout, built.descriptor, lock, REFERENCE)
        return built.descriptor.digest

    def _draw(self, ready: ReadyImage) -> Photos:
        """Let the workload draw octopuses, whales and penguins, since there are no photos."""
        drawn = self.work / "drawn"
        if not (drawn / TEST_IMAGES).is_dir():
            self._container(ready, ["-m", "octopus_detector", "draw", "/output"], output=drawn)
        return Photos(drawn, "drawings made by the workload, as no photos can be had")

    def _lay_out(self, photos: Photos) -> Path:
        """Make the learner's folder: the script, the data set and the test images, as the lab has them."""
        folder = self.work / IMAGE
        (folder / "data").mkdir(parents=True, exist_ok=True)
        script = catalog.workloads_directory() / IMAGE / "image_classification.py"
        shutil.copyfile(script, folder / script.name)
        data = folder / "data" / DATA_SET
        marker = folder / "data" / ".source"
        if not marker.is_file() or marker.read_text() != str(photos.directory):
            shutil.rmtree(data, ignore_errors=True)
            shutil.copytree(photos.directory / DATA_SET, data)
            for image in sorted((photos.directory / TEST_IMAGES).iterdir()):
                shutil.copyfile(image, folder / image.name)
            (folder / MODEL).unlink(missing_ok=True)
            marker.write_text(str(photos.directory))
        return folder

    def _train(self, ready: ReadyImage, folder: Path, made_from: str) -> dict[str, float]:
        output = self.work / "model"
        note = self.work / "trained.json"
        if not (output / MODEL).is_file() or not note.is_file() or json.loads(note.read_text())["from"] != made_from:
            arguments = ["-m", "octopus_detector", "train", "--data", "/data", "--output", f"/output/{MODEL}"]
            with self.progress.task("Train"):
                self._container(ready, arguments, {"/data": folder / "data" / DATA_SET}, output)
            metrics = json.loads((output / "metrics.json").read_text(encoding="utf-8"))
            noted = {"from": made_from, "seconds": metrics["seconds"], "accuracy": metrics["validation"]["accuracy"]}
            write_text(note, json.dumps(noted))
        shutil.copyfile(output / MODEL, folder / MODEL)
        return dict(json.loads(note.read_text()))

    def _classify(self, ready: ReadyImage, folder: Path) -> tuple[Answer, ...]:
        names = sorted(path.name for path in folder.iterdir() if path.suffix in {".jpg", ".png"})
        arguments = ["-m", "octopus_detector", "classify", "--model", f"/lab/{MODEL}", "--format", "json"]
        stdout = self._container(ready, [*arguments, *(f"/lab/{name}" for name in names)], {"/lab": folder})
        return tuple(
            Answer(PurePosixPath(row["image"]).name, row["label"], row["predictions"][0]["probability"])
            for row in json.loads(stdout)
        )

    def _container(
        self,
        ready: ReadyImage,
        arguments: list[str],
        mounts: dict[str, Path] | None = None,
        output: Path | None = None,
    ) -> str:
        """Run the workload with the hardened profile and return what it printed."""
        profile = HardenedProfile(
            image=ready.name,
            args=tuple(arguments),
            mounts=tuple(Mount(path.resolve(), PurePosixPath(target)) for target, path in (mounts or {}).items()),
            output=Mount(output.resolve(), PurePosixPath("/output")) if output else None,
            tmpfs=tmpfs_of(ready.labels),
        )
        done = self.engine.run_captured(profile)
        if done.exit_code:
            step, said = " ".join(arguments[:3]), done.stderr.strip()[-1500:]
            raise LabError(f"'{step}' ended with {done.exit_code} in the container:\n{said}")
        return done.stdout
