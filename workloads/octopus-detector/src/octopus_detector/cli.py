"""The command line: ``train``, ``classify``, ``export``, ``draw`` and ``show``."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import octopus_detector
from octopus_detector.errors import DetectorError, UsageError
from octopus_detector.reporting import StandardError

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed (also in part), 2 the request was wrong."""
    options = _parser().parse_args(arguments)
    return guarded(lambda: int(options.run(options)))


def guarded(work: object) -> int:
    """Turn the errors that a user can meet into a message and an exit code; nothing else is hidden."""
    assert callable(work)  # noqa: S101 - for the type checker
    try:
        return int(work())
    except DetectorError as error:
        print(f"error: {error.message}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        return error.exit_code
    except PermissionError as error:
        print(f"error: user {os.getuid()} may not look into {error.filename}", file=sys.stderr)
        print("hint: Change the file's or directory's permissions, or run as its owner.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return _INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="octopus-detector", description="Train an image classifier and use it.")
    parser.add_argument("--version", action="version", version=octopus_detector.__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_train(commands.add_parser("train", help="train on a folder of images", epilog="Example: train --data photos"))
    _add_classify(commands.add_parser("classify", help="say what is on images", epilog="Example: classify a.jpg b/"))
    _add_export(commands.add_parser("export", help="write safetensors or ONNX", epilog="Example: export -o m.onnx"))
    _add_draw(commands.add_parser("draw", help="draw a data set of our own", epilog="Example: draw ./drawn"))
    _add_show(commands.add_parser("show", help="print what a model file holds", epilog="Example: show --model m.pt"))
    return parser


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, default=Path("model.pt"), help="model file (default: model.pt)")


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="FOLDER/{train,val}/CLASS/IMAGE or FOLDER/CLASS/IMAGE")
    parser.add_argument("-o", "--output", type=Path, default=Path("model.pt"), help="model file (default: model.pt)")
    parser.add_argument("--metrics", type=Path, help="default: metrics.json beside the model file")
    add_training_options(parser)
    parser.set_defaults(run=_train)


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how to train; the learner's script has them too."""
    parser.add_argument("--mode", choices=("probe", "finetune"), default="probe", help="linear head, or all layers")
    parser.add_argument("--backbone", default=None, help="any network of timm (default: tf_efficientnet_lite0)")
    parser.add_argument("--weights", type=Path, help="start from this file instead of the packaged ImageNet weights")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same model (default: 0)")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--precision", choices=("auto", "float32", "mixed"), default="auto", help="for finetune")
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted finetune")
    parser.add_argument("--epochs", type=_positive, default=25, help="for finetune (default: 25)")
    parser.add_argument("--batch-size", type=_positive, default=4, help="for finetune (default: 4)")
    parser.add_argument("--learning-rate", type=_above_zero, default=0.001, help="for finetune (default: 0.001)")
    parser.add_argument("--batch-norm", choices=("frozen", "train"), default="frozen", help="for finetune: statistics")
    parser.add_argument("--clip-norm", type=_not_negative, default=1.0, help="for finetune; 0: none (default: 1)")
    parser.add_argument("--head", choices=("probe", "random"), default="probe", help="for finetune: its start")
    parser.add_argument("--l2", type=_not_negative, default=1e-3, help="penalty of the probe's weights (default: 1e-3)")


def train_with(options: argparse.Namespace, data: Path, output: Path, metrics: Path | None = None) -> int:
    """Train as the options say and print the outcome."""
    from octopus_detector.backbone import DEFAULT_BACKBONE  # noqa: PLC0415 - torch takes a second: --help shall not
    from octopus_detector.finetune import FinetuneSettings  # noqa: PLC0415
    from octopus_detector.metrics import confusion_table  # noqa: PLC0415
    from octopus_detector.probe import ProbeSettings  # noqa: PLC0415
    from octopus_detector.training import TrainingSettings, train  # noqa: PLC0415

    settings = TrainingSettings(
        data=data,
        output=output,
        metrics=metrics,
        mode=options.mode,
        backbone=options.backbone or DEFAULT_BACKBONE,
        weights=options.weights,
        seed=options.seed,
        device=options.device,
        precision=options.precision,
        resume=options.resume,
        probe=ProbeSettings(l2=options.l2),
        finetune=FinetuneSettings(
            epochs=options.epochs,
            batch_size=options.batch_size,
            learning_rate=options.learning_rate,
            batch_norm=options.batch_norm,
            clip_norm=options.clip_norm,
            head=options.head,
        ),
    )
    result = train(settings, StandardError())
    validation = result.validation
    print(confusion_table(result.model.classes, validation.confusion), end="\n\n")
    print(f"{validation.correct} of {validation.total} validation images right, loss {validation.loss:.4f}")
    print(f"Trained in {result.seconds:.1f} s. Wrote {output} and {settings.metrics_path}.")
    return 0


def _train(options: argparse.Namespace) -> int:
    return train_with(options, options.data, options.output, options.metrics)


def _add_classify(parser: argparse.ArgumentParser) -> None:
    _add_model(parser)
    parser.add_argument("images", type=Path, nargs="+", metavar="IMAGE", help="image files, or folders of them")
    add_classify_options(parser)
    parser.set_defaults(run=lambda options: classify_with(options, options.model, options.images))


def add_classify_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how to answer; the learner's script has them too."""
    parser.add_argument("--top-k", type=_positive, default=1, help="how many classes to name (default: 1)")
    parser.add_argument("--format", choices=("text", "json", "csv"), default="text")


def classify_with(options: argparse.Namespace, model_path: Path, images: Sequence[Path]) -> int:
    """Classify and print; 1 when an image had no answer."""
    from octopus_detector import modelfile  # noqa: PLC0415 - see train_with
    from octopus_detector.classify import classify, find_images, render  # noqa: PLC0415

    model = modelfile.read(model_path)
    answers = list(classify(model, find_images(images), top=options.top_k))
    sys.stdout.write(render(answers, options.format))
    for answer in answers:
        if answer.error:
            print(f"error: {answer.error}", file=sys.stderr)
    return int(any(answer.error for answer in answers))


def _add_export(parser: argparse.ArgumentParser) -> None:
    _add_model(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, help="a name that ends in .safetensors or .onnx")
    parser.set_defaults(run=_export)


def _export(options: argparse.Namespace) -> int:
    from octopus_detector import modelfile  # noqa: PLC0415 - see train_with
    from octopus_detector.export import to_onnx, to_safetensors  # noqa: PLC0415

    match options.output.suffix:
        case ".safetensors":
            to_safetensors(modelfile.read(options.model), options.output)
            print(f"Wrote {options.output}.")
        case ".onnx":
            difference = to_onnx(modelfile.read(options.model), options.output)
            print(f"Wrote {options.output}; ONNX Runtime's probabilities differ by {difference:.1e} at most.")
        case _:
            raise UsageError(f"cannot tell the format of {options.output}", "End it in .safetensors or .onnx.")
    return 0


def _add_draw(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("output", type=Path, help="directory; made when it is not there")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same pictures (default: 0)")
    parser.set_defaults(run=_draw)


def _draw(options: argparse.Namespace) -> int:
    from octopus_detector.drawings import draw_data_set  # noqa: PLC0415 - see train_with

    draw_data_set(options.output, options.seed, StandardError())
    print(f"Drew octopuses, penguins and whales into {options.output}.")
    return 0


def _add_show(parser: argparse.ArgumentParser) -> None:
    _add_model(parser)
    parser.set_defaults(run=_show)


def _show(options: argparse.Namespace) -> int:
    from octopus_detector import modelfile  # noqa: PLC0415 - see train_with

    model = modelfile.read(options.model)
    shown = {
        "backbone": model.backbone,
        "classes": list(model.classes),
        "preprocessing": model.preprocessing.as_dict(),
        "metrics": dict(model.metrics),
        "data": dict(model.data),
        "training": dict(model.training),
    }
    print(json.dumps(shown, indent=1))
    return 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


def _above_zero(text: str) -> float:
    number = _not_negative(text)
    if number == 0:
        raise argparse.ArgumentTypeError("it must be more than 0")
    return number


def _not_negative(text: str) -> float:
    number = float(text)
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not a number of 0 or more")
    return number
