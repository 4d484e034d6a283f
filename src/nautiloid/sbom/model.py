"""An SBOM (software bill of materials) as plain data: made of an inspection or of a lock, written as CycloneDX or SPDX.

Both makers give a package the same name, version and purl, so that what was said at build time can be compared with
what is found in the image.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from nautiloid.inspection.inventory import Inspection, ModelFile
from nautiloid.packages.component import Component
from nautiloid.version import TOOL

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://nautiloid.dev/sbom")


@dataclass(frozen=True, slots=True)
class SbomComponent:
    """One entry of an SBOM.

    Attributes:
        component: What it is.
        layer: Digest of the layer that its record lies in; empty when unknown.
        sha256: Of the package file that it was installed from; empty when unknown.
        notes: Further properties, by name.
    """

    component: Component
    layer: str = ""
    sha256: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SbomModel:
    """A model or weights.

    Attributes:
        license: SPDX expression; empty when unknown.
    """

    name: str
    path: str
    form: str
    sha256: str
    license: str = ""


@dataclass(frozen=True)
class Sbom:
    """What one image consists of.

    Attributes:
        digest: Of the image's manifest; empty for a plain directory.
        created: RFC 3339 in UTC; the image's own time, so that one image has one SBOM.
        origin: ``build``, ``inspection``: who says so.
        notes: Properties of the image, by name, such as the slim rules that were applied.
    """

    name: str
    digest: str
    created: str
    platform: str
    distribution: str
    origin: str
    tool: str
    components: tuple[SbomComponent, ...]
    models: tuple[SbomModel, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def moment(self) -> datetime:
        """``created`` in UTC; 1970 where it is no time, so that no SBOM depends on when or where it is made."""
        try:
            moment = datetime.fromisoformat(self.created.replace("Z", "+00:00"))
        except ValueError:
            return datetime.fromtimestamp(0, UTC)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)

    @property
    def serial(self) -> uuid.UUID:
        """A number that the same image, inspected by the same version, gets again."""
        return uuid.uuid5(_NAMESPACE, f"{self.digest or self.name} {self.origin} {self.tool}")


def sbom_of_inspection(inspection: Inspection) -> Sbom:
    """Make the SBOM of what was found in an image."""
    digests = {layer.position: layer.diff_id for layer in inspection.layers}
    return Sbom(
        name=inspection.name,
        digest=inspection.digest,
        created=inspection.created,
        platform=inspection.platform,
        distribution=inspection.distribution,
        origin="inspection",
        tool=TOOL,
        components=tuple(
            SbomComponent(component, digests.get(component.layer, "")) for component in inspection.components
        ),
        models=tuple(_model(model) for model in inspection.surface.models),
        notes={f"nautiloid:skipped:/{skipped.where.lstrip('/')}": skipped.reason for skipped in inspection.skipped},
    )


def _model(model: ModelFile) -> SbomModel:
    return SbomModel(model.path.rpartition("/")[2], model.path, model.form, model.sha256)
