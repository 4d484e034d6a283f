"""``nautiloid sbom``: a software bill of materials that other tools read."""

from __future__ import annotations

from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.image_options import CaFileOption, ImageArgument, PlainHttpOption, PlatformOption, image_choice
from nautiloid.cli.output import OutputOption, deliver, format_option
from nautiloid.report.formats.sbom import SBOM_FORMATS
from nautiloid.workflows.inspecting import inspect
from nautiloid.workflows.sboms import attached_sbom


def sbom(
    image: ImageArgument,
    *,
    output_format: Annotated[str, format_option(SBOM_FORMATS, table="")] = "cyclonedx",
    attached: Annotated[
        bool, typer.Option("--attached", help="Show what the build attached to an image of the local store instead.")
    ] = False,
    output: OutputOption = None,
    platform: PlatformOption = None,
    ca_file: CaFileOption = None,
    plain_http: PlainHttpOption = False,
) -> None:
    """Write the SBOM of an image, CycloneDX 1.6 or SPDX 2.3: packages, what is bundled in them, models.

    Made from the image itself, not from what somebody says about it; the same image gives the same document. What the
    build says (the hash of every .deb and wheel, the slim rules) is attached to the image: --attached shows that.

    Example: `nautiloid sbom nautiloid/pytorch --format spdx -o pytorch.spdx.json`
    """
    choice = image_choice(platform, ca_file, plain_http)
    if attached:
        deliver(attached_sbom(image, output_format, console.workspace(), choice.platform), output)
    else:
        deliver(SBOM_FORMATS.write(output_format, inspect(image, console.workspace(), choice)), output)
