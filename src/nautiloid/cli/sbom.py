"""``nautiloid sbom``: a bill of materials that other tools read."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from nautiloid.attest.sbom.bill import bill_of
from nautiloid.attest.sbom.cyclonedx import to_cyclonedx
from nautiloid.attest.sbom.spdx import to_spdx
from nautiloid.cli.inspection_options import ImageArgument, OutputOption, PlatformOption, deliver, inspect_named
from nautiloid.cli.registry_options import CaFileOption, PlainHttpOption


class SbomFormat(StrEnum):
    """What ``--format`` takes."""

    CYCLONEDX = "cyclonedx"
    SPDX = "spdx"


def sbom(
    image: ImageArgument,
    *,
    output_format: Annotated[
        SbomFormat, typer.Option("--format", help="CycloneDX 1.6 or SPDX 2.3, both as JSON.")
    ] = SbomFormat.CYCLONEDX,
    output: OutputOption = None,
    platform: PlatformOption = None,
    ca_file: CaFileOption = None,
    plain_http: PlainHttpOption = False,
) -> None:
    """Write what an image consists of: packages, what is bundled in them, models.

    Made from the image itself, not from what somebody says about it; the same image gives the same document.

    Example: `nautiloid sbom nautiloid/pytorch --format spdx -o pytorch.spdx.json`
    """
    bill = bill_of(inspect_named(image, platform, ca_file, plain_http=plain_http))
    deliver(to_spdx(bill) if output_format is SbomFormat.SPDX else to_cyclonedx(bill), output)
