"""The lab's work inside of its image: draw animals where there are no photos, train, classify."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nautiloid import catalog
from nautiloid.atomic import write_text
from nautiloid.errors import NautiloidError
from nautiloid.lab.photos import DATA_SET, TEST_IMAGES, Photos
from nautiloid.progress import Progress
from nautiloid.run.engine import Engine, ReadyImage
from nautiloid.run.profile import HardenedProfile, Mount, tmpfs_of

IMAGE = "octopus-detector"
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
class Workload:
    """The workload in its image; what is done already is not done again.

    Attributes:
        work: Where its results go.
        engine: What runs it.
        ready: Its image.
    """

    work: Path
    engine: Engine
    ready: ReadyImage
    progress: Progress

    def draw(self) -> Photos:
        """Let the workload draw octopuses, whales and penguins, since there are no photos."""
        drawn = self.work / "drawn"
        if not (drawn / TEST_IMAGES).is_dir():
            self._container(["-m", "octopus_detector", "draw", "/output"], output=drawn)
        return Photos(drawn, "drawings made by the workload, as no photos can be had")

    def lay_out(self, photos: Photos) -> Path:
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

    def train(self, folder: Path, made_from: str) -> dict[str, float]:
        """Train on the folder's data, unless the model was made from the very same; return its metrics."""
        output = self.work / "model"
        note = self.work / "trained.json"
        if not (output / MODEL).is_file() or not note.is_file() or json.loads(note.read_text())["from"] != made_from:
            arguments = ["-m", "octopus_detector", "train", "--data", "/data", "--output", f"/output/{MODEL}"]
            with self.progress.task("Train"):
                self._container(arguments, {"/data": folder / "data" / DATA_SET}, output)
            metrics = json.loads((output / "metrics.json").read_text(encoding="utf-8"))
            noted = {"from": made_from, "seconds": metrics["seconds"], "accuracy": metrics["validation"]["accuracy"]}
            write_text(note, json.dumps(noted))
        shutil.copyfile(output / MODEL, folder / MODEL)
        return dict(json.loads(note.read_text()))

    def classify(self, folder: Path) -> tuple[Answer, ...]:
        """Classify the folder's test images."""
        names = sorted(path.name for path in folder.iterdir() if path.suffix in {".jpg", ".png"})
        arguments = ["-m", "octopus_detector", "classify", "--model", f"/lab/{MODEL}", "--format", "json"]
        stdout = self._container([*arguments, *(f"/lab/{name}" for name in names)], {"/lab": folder})
        return tuple(
            Answer(PurePosixPath(row["image"]).name, row["label"], row["predictions"][0]["probability"])
            for row in json.loads(stdout)
        )

    def _container(
        self,
        arguments: list[str],
        mounts: dict[str, Path] | None = None,
        output: Path | None = None,
    ) -> str:
        """Run the workload with the hardened profile and return what it printed."""
        profile = HardenedProfile(
            image=self.ready.name,
            args=tuple(arguments),
            mounts=tuple(Mount(path.resolve(), PurePosixPath(target)) for target, path in (mounts or {}).items()),
            output=Mount(output.resolve(), PurePosixPath("/output")) if output else None,
            tmpfs=tmpfs_of(self.ready.labels),
        )
        done = self.engine.run_captured(profile)
        if done.exit_code:
            step, said = " ".join(arguments[:3]), done.stderr.strip()[-1500:]
            raise LabError(f"'{step}' ended with {done.exit_code} in the container:\n{said}")
        return done.stdout
