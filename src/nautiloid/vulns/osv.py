"""Read an OSV record without trusting it.

Source: ossf.github.io/osv-schema. Records are written by many hands; one wrong part never costs the record: it is left
out, and what was left out is said in ``faults``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nautiloid.documents.strict_json import loads_bounded
from nautiloid.errors import NautiloidError

EVENT_KINDS = ("introduced", "last_affected", "fixed", "limit")
"""In the order in which they count at one version: introduced before last_affected before fixed."""

_LONGEST_TEXT = 2000
_MOST_REFERENCES = 6
_REPOSITORIES = "GIT"
_ERRATA = ("AlmaLinux", "Rocky Linux", "Red Hat", "SUSE", "openSUSE")


class MalformedRecordError(NautiloidError):
    """A file is no OSV record at all."""


@dataclass(frozen=True, slots=True)
class Range:
    """Where a vulnerability begins and ends.

    Attributes:
        kind: ``ECOSYSTEM``, ``SEMVER`` or ``GIT``.
        events: Pairs of one of ``EVENT_KINDS`` and a version, in the order of the record.
    """

    kind: str
    events: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Affected:
    """One package that a record is about.

    Attributes:
        ecosystem: As written: ``PyPI``, ``Debian:12``; ``GIT`` where the record names no package but a repository.
        name: The package's, or the repository's URL.
        versions: Single versions that are affected, whatever the ranges say.
        urgency: The vendor's word, such as Debian's ``unimportant``; empty for none.
        vectors: CVSS vectors for this package alone.
    """

    ecosystem: str
    name: str
    ranges: tuple[Range, ...]
    versions: tuple[str, ...]
    urgency: str
    vectors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Advisory:
    """One record.

    Attributes:
        aliases: Other ids of the very same vulnerability.
        upstream: Vulnerabilities that this advisory speaks of, such as the CVEs of an erratum.
        withdrawn: When it was taken back; empty for one that stands.
        urgency: The vendor's word for the whole record.
        vectors: CVSS vectors.
        faults: What was left out because it was not as the schema wants it.
    """

    identity: str
    modified: str
    published: str
    withdrawn: str
    aliases: tuple[str, ...]
    upstream: tuple[str, ...]
    summary: str
    urgency: str
    vectors: tuple[str, ...]
    references: tuple[str, ...]
    affected: tuple[Affected, ...]
    faults: tuple[str, ...]


def read_advisory(content: bytes) -> Advisory:
    """Read one record.

    Raises:
        MalformedRecordError: It is no JSON object, or has no id.
    """
    try:
        data = loads_bounded(content)
    except ValueError as error:
        raise MalformedRecordError(f"not JSON: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("id"), str) or not data["id"].strip():
        raise MalformedRecordError("no OSV record: it has no id")
    faults: list[str] = []
    affected = tuple(_affected(_objects(data.get("affected"), "affected", faults), faults))
    ecosystems = {item.ecosystem.partition(":")[0] for item in affected}
    upstream = _texts(data.get("upstream"))
    if ecosystems & set(_ERRATA):
        # Errata of rpm distributions named their CVEs as related before the schema knew "upstream".
        upstream += tuple(identity for identity in _texts(data.get("related")) if identity.startswith("CVE-"))
    vectors, urgency = _severities(data.get("severity"))
    return Advisory(
        identity=data["id"].strip(),
        modified=_text(data.get("modified")),
        published=_text(data.get("published")),
        withdrawn=_text(data.get("withdrawn")),
        aliases=_texts(data.get("aliases")),
        upstream=tuple(dict.fromkeys(upstream)),
        summary=(_text(data.get("summary")) or _first_sentence(_text(data.get("details"))))[:_LONGEST_TEXT],
        urgency=urgency or _word(data.get("database_specific"), "severity"),
        vectors=vectors,
        references=_references(data.get("references")),
        affected=affected,
        faults=tuple(faults),
    )


def _affected(entries: Iterator[dict[str, Any]], faults: list[str]) -> Iterator[Affected]:
    for entry in entries:
        package = entry.get("package")
        if not isinstance(package, dict):
            # What is no package of any ecosystem is named by the repository of its source.
            yield from _affected_repositories(entry, faults)
            continue
        ecosystem, name = _text(package.get("ecosystem")), _text(package.get("name"))
        if not ecosystem or not name:
            faults.append("affected without an ecosystem and a name")
            continue
        vectors, urgency = _severities(entry.get("severity"))
        yield Affected(
            ecosystem,
            name,
            tuple(_ranges(entry.get("ranges"), faults)),
            _texts(entry.get("versions")),
            urgency or _word(entry.get("ecosystem_specific"), "urgency") or _word(entry.get("ecosystem_specific"),
                                                                               "severity"),
            vectors,
        )  # fmt: skip


def _affected_repositories(entry: dict[str, Any], faults: list[str]) -> Iterator[Affected]:
    ranges = list(_objects(entry.get("ranges"), "ranges", faults))
    repositories = tuple(dict.fromkeys(repository for one in ranges if (repository := _text(one.get("repo")))))
    if ranges and not repositories:
        faults.append("affected without a package")
    vectors, urgency = _severities(entry.get("severity"))
    for repository in repositories:
        own = tuple(_ranges([one for one in ranges if one.get("repo") == repository], faults))
        # The tags are not kept apart by repository: one record's repositories are copies of one project.
        yield Affected(_REPOSITORIES, repository, own, _texts(entry.get("versions")), urgency, vectors)


def _ranges(value: Any, faults: list[str]) -> Iterator[Range]:
    for entry in _objects(value, "ranges", faults):
        events = []
        for event in _objects(entry.get("events"), "events", faults):
            pairs = [(kind, event[kind]) for kind in EVENT_KINDS if isinstance(event.get(kind), str) and event[kind]]
            if not pairs:
                faults.append("an event of an unknown kind")
            events += pairs
        yield Range(_text(entry.get("type")), tuple(events))


def _severities(value: Any) -> tuple[tuple[str, ...], str]:
    """Split CVSS vectors from what vendors say in words, such as Ubuntu's priority."""
    vectors, urgency = [], ""
    for entry in value if isinstance(value, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("score"), str):
            if str(entry.get("type")).startswith("CVSS"):
                vectors.append(entry["score"])
            else:
                urgency = urgency or entry["score"]
    return tuple(vectors), urgency


def _references(value: Any) -> tuple[str, ...]:
    entries = [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
    entries.sort(key=lambda entry: entry.get("type") != "ADVISORY")
    urls = [entry["url"] for entry in entries if isinstance(entry.get("url"), str)]
    return tuple(url for url in dict.fromkeys(urls) if url.startswith(("https://", "http://")))[:_MOST_REFERENCES]


def _objects(value: Any, name: str, faults: list[str]) -> Iterator[dict[str, Any]]:
    if value is None:
        return
    if not isinstance(value, list):
        faults.append(f"{name} is no list")
        return
    for entry in value:
        if isinstance(entry, dict):
            yield entry
        else:
            faults.append(f"an entry of {name} is no object")


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str) and item) if isinstance(value, list) else ()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _word(value: Any, name: str) -> str:
    return _text(value.get(name)) if isinstance(value, dict) else ""


def _first_sentence(text: str) -> str:
    line = " ".join(text.split("\n\n", maxsplit=1)[0].split())
    head, dot, _ = line.partition(". ")
    return head + ("." if dot else "")
