"""How long training takes: ours beside a plain PyTorch loop of the same recipe, on the same data, in one run.

    python benchmarks/train.py --data PHOTOS/octopus-penguin-whale [--epochs 2] [--backbone resnet18]

Both fine-tune the same network from random weights with the lab's recipe (random crops and flips, SGD 0.001 with
momentum 0.9, batches of 4). The plain loop is the well-known one: ImageFolder, torchvision's transforms, DataLoader.
Our probe is timed too: it answers the same question (which animal?) by other means, so its ratio is one of results,
not of recipes. Times are wall clock and include decoding.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "workloads/octopus-detector/src"), str(ROOT / "src/nautiloid/catalog/files")]

import torchvision_cpu_ops  # noqa: E402, F401 - before anything that imports torchvision

# isort: split
import timm  # noqa: E402
import torch  # noqa: E402
from octopus_detector.finetune import FinetuneSettings  # noqa: E402
from octopus_detector.reporting import Silent  # noqa: E402
from octopus_detector.training import TrainingSettings, train  # noqa: E402
from torch.utils.data import DataLoader  # noqa: E402
from torchvision import datasets, transforms  # noqa: E402

LAB_EPOCHS = 25


def plain_loop(data: Path, backbone: str, epochs: int) -> float:
    """Fine-tune as the transfer-learning tutorials do and return the seconds it took."""
    started = time.perf_counter()
    normalise = transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    views = {
        "train": [transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip()],
        "val": [transforms.Resize(256), transforms.CenterCrop(224)],
    }
    loaders = {}
    for split, steps in views.items():
        folder = datasets.ImageFolder(data / split, transforms.Compose([*steps, transforms.ToTensor(), normalise]))
        loaders[split] = DataLoader(folder, batch_size=4, shuffle=True, num_workers=4)
    model = timm.create_model(backbone, pretrained=False, num_classes=len(folder.classes))
    optimiser = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
    schedule = torch.optim.lr_scheduler.StepLR(optimiser, step_size=7, gamma=0.1)
    for _ in range(epochs):
        model.train()
        for inputs, labels in loaders["train"]:
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(model(inputs), labels).backward()
            optimiser.step()
        schedule.step()
        model.eval()
        with torch.no_grad():
            for inputs, _ in loaders["val"]:
                model(inputs)
    return time.perf_counter() - started


def ours(data: Path, mode: str, backbone: str | None, epochs: int) -> tuple[float, int, int]:
    """Train with the workload; return seconds, right answers, and validation images."""
    with tempfile.TemporaryDirectory() as folder:
        extra = {"backbone": backbone} if backbone else {}
        settings = TrainingSettings(
            data=data, output=Path(folder) / "model.pt", mode=mode, finetune=FinetuneSettings(epochs=epochs), **extra
        )
        result = train(settings, Silent())
        return result.seconds, result.validation.correct, result.validation.total


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="holds train/ and val/")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--backbone", default="resnet18")
    options = parser.parse_args()
    probe, right, total = ours(options.data, "probe", None, 1)
    fine, _, _ = ours(options.data, "finetune", options.backbone, options.epochs)
    plain = plain_loop(options.data, options.backbone, options.epochs)
    whole = plain / options.epochs * LAB_EPOCHS
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {options.backbone}, {options.epochs} epochs")
    print(f"plain loop   {plain / options.epochs:8.1f} s an epoch   1.00")
    print(f"our finetune {fine / options.epochs:8.1f} s an epoch   {fine / plain:.2f}")
    print(f"our probe    {probe:8.1f} s in all, {right}/{total} validation images right")
    print(f"extrapolated: {LAB_EPOCHS} epochs of the plain loop take {whole:.0f} s, {whole / probe:.0f} probes' time")


if __name__ == "__main__":
    main()
