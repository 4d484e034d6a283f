"""The evidence of a traced run as a file: what was run, what it used, and what that lets one propose."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from nautiloid import bounds
from nautiloid.atomic import write_text
from nautiloid.documents.faults import faults_of
from nautiloid.documents.strict_json import loads_bounded
from nautiloid.errors import UsageError
from nautiloid.evidence.proposals import Proposal
from nautiloid.evidence.uses import ComponentUse
from nautiloid.regular_file import read_regular

MEDIA_TYPE = "application/vnd.nautiloid.vex-evidence+json"
SCHEMA = 1
"""Grows when a field changes its meaning or goes away."""

CANNOT_SEE = (
    "work other than the traced: other input may reach other code",
    "code that was copied or linked into files of other components when they were made",
    "files that a package's scripts made when it was installed: no list names them",
    "files opened through io_uring, or through descriptors that were passed in from outside",
)
"""What no trace of this kind shows; part of every file, so that whoever confirms has it before their eyes."""


@dataclass(frozen=True)
class Evidence:
    """One traced run of one image.

    Attributes:
        image: The name by which the user called it.
        digest: Of the image; the evidence is about no other.
        work: Arguments of the run, behind the image's entry point.
        exit_code: Of the run; always 0, since other work proves nothing.
        opened: How many files of the image were opened or executed.
        advisories: Dates of the advisories that the proposals go by.
    """

    image: str
    digest: str
    work: tuple[str, ...]
    exit_code: int
    when: str
    tool: str
    opened: int
    advisories: tuple[str, ...]
    components: tuple[ComponentUse, ...]
    proposals: tuple[Proposal, ...]
    cannot_see: tuple[str, ...] = CANNOT_SEE


_EVIDENCE = TypeAdapter(Evidence)


def write_evidence(evidence: Evidence, path: Path) -> None:
    """Write the evidence, all of it or nothing."""
    write_text(path, json.dumps({"schema": SCHEMA, **asdict(evidence)}, indent=1, ensure_ascii=False) + "\n")


def read_evidence(path: Path) -> tuple[Evidence, str]:
    """Return the evidence of a file, and the file's sha256.

    Raises:
        UsageError: It cannot be read, or is something else.
    """
    try:
        content = read_regular(path, bounds.DOCUMENT)
        data = loads_bounded(content)
        if not isinstance(data, dict) or data.pop("schema", None) != SCHEMA:
            raise UsageError(f"{path} is no evidence of schema {SCHEMA}", "Make it with 'nautiloid vex suggest'.")
        return _EVIDENCE.validate_python(data), hashlib.sha256(content).hexdigest()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except ValidationError as error:
        said = faults_of(error)[0]
        raise UsageError(f"{path} is no evidence: {said}", "Make it with 'nautiloid vex suggest'.") from error
    except ValueError as error:
        raise UsageError(f"{path} is no evidence: {error}", "Make it with 'nautiloid vex suggest'.") from error
