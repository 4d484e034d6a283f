"""Fine-tuning by the lab's recipe: all layers, random crops and flips, SGD with momentum, the rate in steps.

Three guards keep batches of four photos from spoiling what the network learned from a million (each can be switched
off, which gives the lab's own recipe): batch normalisation goes on using ImageNet's means and variances, since four
photos say little about either; the gradient's norm is clipped; and the head starts from the linear probe, not from
random numbers, so that the first gradients through the network mean something (Kumar et al. 2022, "Fine-Tuning can
Distort Pretrained Features and Underperform Out-of-Distribution").

Each epoch ends in a checkpoint, and everything random is drawn from generators whose state is in it: a training that
is interrupted and resumed ends in the same weights, bit for bit on a CPU, as one that was not.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from octopus_detector import checkpoint, probe
from octopus_detector.augmentation import View, draw_view
from octopus_detector.backbone import Start
from octopus_detector.errors import UsageError
from octopus_detector.metrics import Evaluation, evaluate
from octopus_detector.parallel import batched, in_order
from octopus_detector.photos import Batch, Photos
from octopus_detector.reporting import Reporter

EVALUATION_BATCH = 32


@dataclass(frozen=True)
class FinetuneSettings:
    """The recipe. The numbers are the lab's; the guards are ours.

    Attributes:
        batch_norm: ``"frozen"`` uses the means and variances that the network came with, ``"train"`` those of each
            batch. Without weights to start from, nothing is frozen.
        clip_norm: The gradient's largest L2 norm; 0 clips nothing.
        head: Starts from ``"probe"`` or from ``"random"`` numbers. Without weights to start from, from the latter.
    """

    epochs: int = 25
    batch_size: int = 4
    learning_rate: float = 0.001
    momentum: float = 0.9
    step_epochs: int = 7
    step_factor: float = 0.1
    batch_norm: str = "frozen"
    clip_norm: float = 1.0
    head: str = "probe"


@dataclass(frozen=True)
class Epoch:
    """What one epoch did. ``seconds`` is wall-clock time, validation included."""

    epoch: int
    learning_rate: float
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    seconds: float

    def line(self, epochs: int) -> str:
        """Say it in one line."""
        return (
            f"epoch {self.epoch:>{len(str(epochs))}}/{epochs}"
            f"  train loss {self.train_loss:.4f} accuracy {self.train_accuracy:.4f}"
            f"  val loss {self.validation_loss:.4f} accuracy {self.validation_accuracy:.4f}"
            f"  rate {self.learning_rate:g}  {self.seconds:.1f} s"
        )

    @property
    def rank(self) -> tuple[float, float]:
        """Orders epochs by how good they are: accuracy, then loss."""
        return self.validation_accuracy, -self.validation_loss


class Finetuning:
    """One training run, an epoch at a time."""

    def __init__(
        self,
        beginning: Start,
        train: Photos,
        validation: Photos,
        *,
        classes: int,
        settings: FinetuneSettings,
        seed: int,
        device: torch.device,
        mixed_precision: bool,
    ) -> None:
        self.network = beginning.network
        self.history: list[Epoch] = []
        self.best_weights: dict[str, torch.Tensor] = {}
        self._preprocessing = beginning.preprocessing
        self._pretrained = beginning.pretrained
        self._train, self._validation = train, validation
        self._classes = classes
        self._settings = settings
        self._device = device
        self._mixed = mixed_precision
        self._generator = torch.Generator().manual_seed(seed)
        self._optimizer = torch.optim.SGD(
            self.network.parameters(), lr=settings.learning_rate, momentum=settings.momentum
        )
        self._schedule = torch.optim.lr_scheduler.StepLR(
            self._optimizer, step_size=settings.step_epochs, gamma=settings.step_factor
        )
        self._scaler = torch.amp.GradScaler(device.type, enabled=mixed_precision)

    def run(self, reporter: Reporter, checkpoint_path: Path, recipe: Mapping[str, object], *, resume: bool) -> None:
        """Train to the last epoch and put the best epoch's weights into the network.

        Args:
            reporter: Told one line an epoch.
            checkpoint_path: Written after each epoch.
            recipe: Identifies this training in the checkpoint.
            resume: Go on from the checkpoint where there is one.

        Raises:
            DetectorError: The checkpoint cannot be written, or belongs to another training.
        """
        if resume and checkpoint_path.exists():
            self._restore(checkpoint.load(checkpoint_path, recipe))
            reporter.note(f"resuming after epoch {len(self.history)} of {self._settings.epochs}")
        elif resume:
            reporter.note(f"nothing to resume at {checkpoint_path}: starting from the beginning")
        elif checkpoint_path.exists():
            reporter.note(f"an interrupted training is at {checkpoint_path}: --resume continues it. Starting anew")
        if not self.history and self._pretrained and self._settings.head == "probe":
            self._start_from_probe(reporter)
        while len(self.history) < self._settings.epochs:
            done = self._run_epoch(reporter)
            reporter.note(done.line(self._settings.epochs))
            checkpoint.save(checkpoint_path, recipe, self._state())
        self.network.load_state_dict(self.best_weights)

    @property
    def best(self) -> Epoch:
        """The epoch whose weights are kept: the first of the best."""
        return max(self.history, key=lambda epoch: epoch.rank)

    def _start_from_probe(self, reporter: Reporter) -> None:
        try:
            probe.fit(
                self.network,
                self._train,
                self._preprocessing,
                classes=self._classes,
                settings=probe.ProbeSettings(),
                device=self._device,
                reporter=reporter,
            )
        except UsageError as error:
            reporter.note(f"the head starts from random numbers: {error.message}")
            return
        judged = self._judge()
        reporter.note(f"the head starts from a probe: val loss {judged.loss:.4f} accuracy {judged.accuracy:.4f}")

    def _run_epoch(self, reporter: Reporter) -> Epoch:
        started = time.perf_counter()
        rate = self._optimizer.param_groups[0]["lr"]
        number = len(self.history) + 1
        loss, accuracy = self._learn(reporter, f"epoch {number}")
        self._schedule.step()
        judged = self._judge()
        epoch = Epoch(
            epoch=number,
            learning_rate=rate,
            train_loss=loss,
            train_accuracy=accuracy,
            validation_loss=judged.loss,
            validation_accuracy=judged.accuracy,
            seconds=time.perf_counter() - started,
        )
        if not self.history or epoch.rank > self.best.rank:
            self.best_weights = copy.deepcopy(self.network.state_dict())
        self.history.append(epoch)
        return epoch

    def _learn(self, reporter: Reporter, title: str) -> tuple[float, float]:
        """Show every training photo once; mean loss and accuracy on the way."""
        self.network.train()
        if self._pretrained and self._settings.batch_norm == "frozen":
            for layer in self.network.modules():
                if isinstance(layer, _BatchNorm):
                    layer.eval()
        loss_sum, correct, seen = 0.0, 0, 0
        for batch in self._random_batches():
            labels = batch.labels.to(self._device)
            inputs = self._preprocessing.normalise(batch.pixels.to(self._device))
            self._optimizer.zero_grad(set_to_none=True)
            with torch.autocast(self._device.type, enabled=self._mixed):
                scores = self.network(inputs)
                loss = nn.functional.cross_entropy(scores, labels)
            self._scaler.scale(loss).backward()
            if self._settings.clip_norm:
                self._scaler.unscale_(self._optimizer)  # the norm to clip is that of the true gradient
                nn.utils.clip_grad_norm_(self.network.parameters(), self._settings.clip_norm)
            self._scaler.step(self._optimizer)
            self._scaler.update()
            loss_sum += loss.item() * len(labels)
            correct += int((scores.argmax(dim=1) == labels).sum())
            seen += len(labels)
            reporter.count(title, seen, len(self._train.samples))
        return loss_sum / seen, correct / seen

    def _random_batches(self) -> Iterator[Batch]:
        views = in_order(self._look, self._draw_views())
        for batch in batched(views, self._settings.batch_size):
            yield Batch(
                pixels=torch.stack([pixels for _, pixels in batch]),
                labels=torch.tensor([view.sample.label for view, _ in batch]),
            )

    def _draw_views(self) -> Iterator[View]:
        order = torch.randperm(len(self._train.samples), generator=self._generator).tolist()
        for index in order:
            sample = self._train.samples[index]
            yield draw_view(sample, self._train.image(sample).size, self._generator)

    def _look(self, view: View) -> torch.Tensor:
        return view.pixels(self._train.image(view.sample), self._preprocessing)

    def _judge(self) -> Evaluation:
        batches = self._validation.batches(self._preprocessing, EVALUATION_BATCH)
        return evaluate(self.network, batches, self._preprocessing, classes=self._classes, device=self._device)

    def _state(self) -> dict[str, object]:
        return {
            "network": self.network.state_dict(),
            "best_weights": self.best_weights,
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "scaler": self._scaler.state_dict(),
            "history": [asdict(epoch) for epoch in self.history],
            "generator": self._generator.get_state(),
            "global_generator": torch.get_rng_state(),  # dropout draws from it
            "cuda_generators": torch.cuda.get_rng_state_all() if self._device.type == "cuda" else [],
        }

    def _restore(self, state: Mapping[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.best_weights = {name: tensor.to(self._device) for name, tensor in state["best_weights"].items()}
        self._optimizer.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        self._scaler.load_state_dict(state["scaler"])
        self.history = [Epoch(**epoch) for epoch in state["history"]]
        self._generator.set_state(state["generator"])
        torch.set_rng_state(state["global_generator"])
        if state["cuda_generators"]:
            torch.cuda.set_rng_state_all(state["cuda_generators"])
