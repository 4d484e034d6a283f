"""Patching one image: find what has a fix, take what can be taken safely, add one layer, and look again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nautiloid import labels
from nautiloid.errors import UsageError
from nautiloid.inspection.image import inspect_image
from nautiloid.oci.source import ImageSource, open_image
from nautiloid.patching.fixing import Fixing
from nautiloid.patching.new_image import created, write_patched
from nautiloid.patching.result import PatchResult
from nautiloid.subjects.images import subject_of_inspection
from nautiloid.vulns.model import ScanResult, State
from nautiloid.workflows.assess import Assessor
from nautiloid.workflows.workspace import Workspace


@dataclass(frozen=True)
class Patching:
    """The surroundings: where images lie, how packages are replaced, and the judgement."""

    workspace: Workspace
    fixing: Fixing
    assessor: Assessor

    def patch(self, source: ImageSource, name: str, reference: str, *, write: bool = True) -> PatchResult:
        """Patch an image. What VEX or an ignore file lifts is left as it is.

        Args:
            source: The image; it is only read.
            name: What the user calls it.
            reference: The new image's name in the store.
            write: Whether to make it; else only say what would be done.

        Raises:
            UsageError: It is an image that is better made anew.
            NautiloidError: It cannot be read, or something cannot be fetched or verified.
        """
        if labels.LOCK in source.image.manifest.annotations:
            raise UsageError(
                f"{name} was built from a lock", "Update the lock and build it again: 'nautiloid update --apply'."
            )
        progress, store = self.workspace.progress, self.workspace.images
        inspection = inspect_image(source, name, progress)
        before = self.assessor.assess(subject_of_inspection(inspection))
        findings = tuple(finding for finding in before.open if finding.state is State.FIXED)
        architecture = source.image.config.platform.architecture
        with self.fixing.overlay(source, int(created(source).timestamp())) as (contents, overlay):
            fixes = self.fixing.fix(contents, overlay, inspection, architecture, findings)
            result = PatchResult(reference, fixes.patched, fixes.refused, before, notes=fixes.notes)
            if overlay.empty or not write:
                return result
            with progress.task("Write the layer"):
                image, size = write_patched(source, overlay, store, reference, len(fixes.patched))
        with open_image(reference, store) as made:
            after = self.assessor.assess(subject_of_inspection(inspect_image(made, reference, progress)))
        notes = (*fixes.notes, *_open_again(before, after))
        return PatchResult(reference, fixes.patched, fixes.refused, before, after, image, size, notes)


def _open_again(before: ScanResult, after: ScanResult) -> Iterator[str]:
    """Say which findings were lifted for the old image alone: nobody has stated anything about the new one's digest."""
    lifted = {(finding.identity, finding.package) for finding in before.suppressed}
    again = sorted({one.identity for one in after.open if (one.identity, one.package) in lifted})
    if again:
        yield (
            f"lifted for {before.digest[:19]} alone, and open in the new image: {', '.join(again[:10])}; state it anew "
            "with 'nautiloid vex'"
        )
