"""What the learner's ``image_classification.py`` does: train without an image, classify with one.

The script lies in the learner's folder; so do its data, the model that it writes, and often the images.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from octopus_detector import cli
from octopus_detector.data import is_split
from octopus_detector.reporting import StandardError

MODEL_NAME = "octopus_whale_penguin_model.pt"
_DATA = Path("data/octopus-penguin-whale")


def run(script: Path, arguments: Sequence[str]) -> int:
    """Run the script at ``script`` and return its exit code."""
    parser = argparse.ArgumentParser(
        prog=script.name, description="Without an image: train on the photos beside this script. With images: classify."
    )
    parser.add_argument("images", type=Path, nargs="*", metavar="IMAGE")
    cli.add_training_options(parser)
    cli.add_classify_options(parser)
    options = parser.parse_args(arguments)
    model = script.parent / MODEL_NAME
    if options.images:
        return cli.guarded(lambda: cli.classify_with(options, model, options.images))
    return cli.guarded(lambda: _train(options, script.parent, model))


def _train(options: argparse.Namespace, folder: Path, model: Path) -> int:
    data = _find_data(folder)
    if data is not None:
        return cli.train_with(options, data, model)
    from octopus_detector.drawings import DATA_SET, draw_data_set  # noqa: PLC0415 - only where there are no photos

    reporter = StandardError()
    reporter.note(f"There are no photos beside {folder}: training on drawings of our own instead.")
    with tempfile.TemporaryDirectory() as scratch:
        draw_data_set(Path(scratch), options.seed, reporter)
        return cli.train_with(options, Path(scratch) / DATA_SET, model)


def _find_data(folder: Path) -> Path | None:
    """Return the lab's data set, or any folder beside the script that holds train/ and val/."""
    if is_split(folder / _DATA):
        return folder / _DATA
    candidates = [child for child in sorted(folder.iterdir()) if child.is_dir() and is_split(child)]
    return candidates[0] if candidates else None
