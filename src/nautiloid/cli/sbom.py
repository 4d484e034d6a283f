"""``nautiloid sbom``: a bill of materials that other tools read."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from nautiloid.cli.inspection_options import ImageArgument, OutputOption, PlatformOption, deliver, inspect_named
from nautiloid.cli.registry_options import CaFileOption, PlainHttpOption
from nautiloid.oci.errors import ImageNotFoundError
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import Manifest, Platform
from nautiloid.oci.reference import parse_name
from nautiloid.places import images_directory
from nautiloid.sbom import cyclonedx, spdx
from nautiloid.sbom.model import bill_of


class SbomFormat(StrEnum):
    """What ``--format`` takes."""

    CYCLONEDX = "cyclonedx"
    SPDX = "spdx"


MEDIA_TYPES = {SbomFormat.CYCLONEDX: cyclonedx.MEDIA_TYPE, SbomFormat.SPDX: spdx.MEDIA_TYPE}


def sbom(
    image: ImageArgument,
    *,
    output_format: Annotated[
        SbomFormat, typer.Option("--format", help="CycloneDX 1.6 or SPDX 2.3, both as JSON.")
    ] = SbomFormat.CYCLONEDX,
    attached: Annotated[
        bool, typer.Option("--attached", help="Show what the build attached to an image of the local store instead.")
    ] = False,
    output: OutputOption = None,
    platform: PlatformOption = None,
    ca_file: CaFileOption = None,
    plain_http: PlainHttpOption = False,
) -> None:
    """Write what an image consists of: packages, what is bundled in them, models.

    Made from the image itself, not from what somebody says about it; the same image gives the same document. What the
    build says (the hash of every .deb and wheel, the slim rules) is attached to the image: --attached shows that.

    Example: `nautiloid sbom nautiloid/pytorch --format spdx -o pytorch.spdx.json`
    """
    if attached:
        deliver(_attached(image, platform, MEDIA_TYPES[output_format]), output)
        return
    bill = bill_of(inspect_named(image, platform, ca_file, plain_http=plain_http))
    deliver(spdx.to_spdx(bill) if output_format is SbomFormat.SPDX else cyclonedx.to_cyclonedx(bill), output)


def _attached(name: str, platform: str | None, media_type: str) -> str:
    store = Layout(images_directory())
    image = store.resolve(store.known_as(parse_name(name)), Platform.parse(platform) if platform else None)
    entries = store.attached(image.digest, media_type)
    if not entries:
        raise ImageNotFoundError(f"Nothing of that kind is attached to {name}.", "'nautiloid build' attaches it.")
    document = Manifest.from_json(store.read_blob(entries[0].digest)).layers[0]
    return store.read_blob(document.digest).decode()
