"""From a traced run to VEX statements that a person stands for."""

from __future__ import annotations

import shlex
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from nautiloid.errors import UsageError
from nautiloid.evidence.file import Evidence, read_evidence, write_evidence
from nautiloid.evidence.proposals import propose
from nautiloid.evidence.uses import component_uses
from nautiloid.subjects.images import subject_of_inspection
from nautiloid.version import TOOL
from nautiloid.vulns.vex.openvex import add_statement
from nautiloid.vulns.vex.statement import Product, Statement, Status
from nautiloid.workflows.assess import Criteria, open_assessor
from nautiloid.workflows.tracing import Work, trace
from nautiloid.workflows.workspace import Workspace


@dataclass(frozen=True)
class Suggestion:
    """What a traced run lets one propose.

    Attributes:
        left: How many open findings there are without a proposal.
    """

    evidence: Evidence
    left: int


def suggest(
    work: Work,
    destination: Path,
    workspace: Workspace,
    criteria: Criteria | None = None,
    database: Path | str | None = None,
) -> Suggestion:
    """Run work in the hardened container, see what it opens, and propose which findings need not count.

    Args:
        work: What is run.
        destination: Where the evidence goes.
        workspace: Where the image is.
        criteria: What findings are held against; what is lifted already needs no proposal.
        database: The advisories; None is the usual database.

    Raises:
        DatabaseError: There are no advisories.
        EngineError: Nothing can be traced here.
        WorkError: The work fails.
    """
    with open_assessor(database, criteria or Criteria(), workspace.images, workspace.progress) as assessor:
        traced = trace(work, workspace)
        result = assessor.assess(subject_of_inspection(traced.inspection))
    uses = component_uses(traced.inspection.components, traced.files, traced.opened)
    proposals, left = propose(result, uses, f"'{shlex.join(work.args)[:300]}'")
    evidence = Evidence(
        image=work.image,
        digest=traced.inspection.digest,
        work=work.args,
        exit_code=0,  # other work proves nothing, and is no traced work
        when=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        tool=TOOL,
        opened=len(traced.opened),
        advisories=tuple(f"{one.name} {one.as_of}" for one in result.sources),
        components=uses,
        proposals=proposals,
    )
    write_evidence(evidence, destination)
    return Suggestion(evidence, left)


def confirm(
    evidence: Path, document: Path, *, author: str, chosen: Collection[str] | None, because: str = ""
) -> tuple[Evidence, int]:
    """Turn proposals into statements about the traced image, by its digest, that name the evidence by its sha256.

    Args:
        evidence: What ``suggest`` wrote.
        document: The OpenVEX document that gets the statements.
        author: Who has looked at them and stands for them.
        chosen: Ids of vulnerabilities; None means every proposal.
        because: What the author knows beside the evidence.

    Returns:
        The evidence, and how many statements were added.

    Raises:
        UsageError: Nothing is proposed for one of the ids, or nothing is chosen.
    """
    read, sha256 = read_evidence(evidence)
    wanted = set(chosen or ())
    proposals = [one for one in read.proposals if chosen is None or wanted & set(one.identities)]
    missing = [name for name in chosen or () if not any(name in one.identities for one in proposals)]
    if missing:
        raise UsageError(f"{evidence} proposes nothing for {', '.join(missing)}", "It lists its proposals.")
    if not proposals:
        raise UsageError("nothing is chosen", "Name what you have looked at with --id, or say --all.")
    for one in proposals:
        reason = f"{one.statement}; confirmed by {author}; evidence sha256:{sha256}"
        statement = Statement(
            (one.identity, *(name for name in one.identities if name != one.identity)),
            (Product((_product(read),), one.parts),),
            Status.NOT_AFFECTED,
            str(one.justification),
            f"{because}; {reason}" if because else reason,
            "",
            str(document),
        )
        add_statement(document, statement, author)
    return read, len(proposals)


def _product(evidence: Evidence) -> str:
    """Return the purl of the very image that was traced (purl-spec, type ``oci``)."""
    name = evidence.image.partition("@")[0].rpartition("/")[2].partition(":")[0].lower() or "image"
    return f"pkg:oci/{quote(name)}@{quote(evidence.digest, safe='')}" if evidence.digest else evidence.image
