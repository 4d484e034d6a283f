"""``nautiloid model``: what model files are, and whether loading them runs code."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.image_options import CaFileOption, PlainHttpOption, PlatformOption, image_choice
from nautiloid.cli.output import TABLE, EveryOption, OutputOption, format_option, report
from nautiloid.models.verdict import Verdict
from nautiloid.report.formats.models import MODEL_FORMATS
from nautiloid.report.terminal.models import models_to_lines
from nautiloid.workflows.models import JudgedModels, judge_models

TargetArgument = Annotated[
    str, typer.Argument(metavar="FILE|DIR|IMAGE", help="A model file, a directory, or an image as 'inspect' takes it.")
]
FormatOption = Annotated[str, format_option(MODEL_FORMATS)]

model = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Say what model files are and whether loading them runs code, without loading them.",
    epilog="Example: `nautiloid model check downloads/`",
)


@model.command("inspect")
def inspect(
    target: TargetArgument,
    *,
    output_format: FormatOption = TABLE,
    output: OutputOption = None,
    every: EveryOption = False,
    platform: PlatformOption = None,
    ca_file: CaFileOption = None,
    plain_http: PlainHttpOption = False,
) -> None:
    """Say what each model is and does: safe, runs code, suspicious, or cannot tell. Exits with 0 whatever it finds.

    Example: `nautiloid model inspect weights.pt --all`
    """
    judged = judge_models(target, console.workspace(), image_choice(platform, ca_file, plain_http))
    report(judged, output_format, MODEL_FORMATS, partial(models_to_lines, judged, every=every), output)


@model.command("check")
def check(
    target: TargetArgument,
    *,
    output_format: FormatOption = TABLE,
    output: OutputOption = None,
    every: EveryOption = False,
    platform: PlatformOption = None,
    ca_file: CaFileOption = None,
    plain_http: PlainHttpOption = False,
) -> None:
    """Exit with 1 unless every model is safe: what nobody can tell, and a target without any model, fail as well.

    Example: `nautiloid model check downloads/ && python train.py`
    """
    judged: JudgedModels = judge_models(target, console.workspace(), image_choice(platform, ca_file, plain_http))
    report(judged, output_format, MODEL_FORMATS, partial(models_to_lines, judged, every=every), output)
    if judged.verdict is not Verdict.SAFE:
        raise typer.Exit(1)
