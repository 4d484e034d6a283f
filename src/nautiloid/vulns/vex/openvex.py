"""OpenVEX documents, read and written.

Source: github.com/openvex/spec, version 0.2.0; the spelling of 0.0.x (plain texts for vulnerability and products) is
read as well.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nautiloid import bounds
from nautiloid.atomic import write_text
from nautiloid.documents.strict_json import loads_bounded
from nautiloid.errors import UsageError
from nautiloid.regular_file import read_regular
from nautiloid.version import TOOL
from nautiloid.vulns.vex.statement import Product, Statement, Status

MEDIA_TYPE = "application/vnd.openvex+json"
CONTEXT = "https://openvex.dev/ns/v0.2.0"


def read_openvex(content: bytes | str, origin: str) -> tuple[Statement, ...]:
    """Read the statements of a document.

    Args:
        content: The document.
        origin: What reports call it.

    Raises:
        UsageError: It is no OpenVEX document, or one of its statements is not as the specification wants it.
    """
    try:
        data = loads_bounded(content)
    except ValueError as error:
        raise UsageError(f"{origin} is not JSON: {error}") from error
    context = data.get("@context") if isinstance(data, dict) else None
    if not isinstance(context, str) or not context.startswith("https://openvex.dev/ns"):
        raise UsageError(f"{origin} is no OpenVEX document", "Its @context begins with https://openvex.dev/ns.")
    entries = data.get("statements")
    if not isinstance(entries, list):
        raise UsageError(f"{origin} has no list of statements")
    return tuple(_statement(entry, number, data, origin) for number, entry in enumerate(entries))


def add_statement(path: Path, statement: Statement, author: str) -> None:
    """Add a statement to a document; the document is made when there is none, and its version counts up.

    Raises:
        UsageError: The file is there and is no OpenVEX document, or the statement says too little.
    """
    if statement.status is Status.NOT_AFFECTED and not (statement.justification or statement.text):
        raise UsageError("'not_affected' needs a reason", "Give --justification, or --because in words.")
    if statement.status is Status.AFFECTED and not statement.text:
        raise UsageError("'affected' needs what to do about it", "Give --because in words.")
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if path.exists():
        content = read_regular(path, bounds.DOCUMENT)
        read_openvex(content, str(path))
        document = loads_bounded(content)
        document["version"] = int(document.get("version") or 0) + 1
        document["last_updated"] = now
    else:
        document = {"@context": CONTEXT, "author": author, "timestamp": now, "version": 1, "statements": []}
    document["tooling"] = TOOL
    document["statements"].append(_written(statement, now))
    # An id of its content: two documents with one id say the same.
    stated = json.dumps([document.get("author"), document["statements"]], sort_keys=True)
    document["@id"] = f"https://openvex.dev/docs/nautiloid/vex-{hashlib.sha256(stated.encode()).hexdigest()}"
    write_text(path, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def _written(statement: Statement, now: str) -> dict[str, Any]:
    name, *aliases = statement.vulnerabilities
    written: dict[str, Any] = {
        "vulnerability": {"name": name} | ({"aliases": aliases} if aliases else {}),
        "timestamp": statement.timestamp or now,
        "products": [_written_product(product) for product in statement.products],
        "status": str(statement.status),
    }
    if statement.justification:
        written["justification"] = statement.justification
    if statement.text:
        field = "impact_statement" if statement.status is Status.NOT_AFFECTED else "action_statement"
        written[field if statement.status is not Status.FIXED else "status_notes"] = statement.text
    return written


def _written_product(product: Product) -> dict[str, Any]:
    written: dict[str, Any] = {"@id": product.identities[0]}
    if product.subcomponents:
        written["subcomponents"] = [{"@id": name} for name in product.subcomponents]
    return written


def _statement(entry: Any, number: int, document: Mapping[str, Any], origin: str) -> Statement:
    where = f"{origin}: statement {number + 1}"
    if not isinstance(entry, dict):
        raise UsageError(f"{where} is no object")
    try:
        status = Status(str(entry.get("status")))
    except ValueError as error:
        raise UsageError(f"{where} has the status {entry.get('status')!r}", f"Known: {', '.join(Status)}.") from error
    vulnerabilities = tuple(_vulnerability(entry.get("vulnerability")))
    if not vulnerabilities:
        raise UsageError(f"{where} names no vulnerability")
    texts = (entry.get(name) for name in ("impact_statement", "action_statement", "status_notes"))
    stamps = (entry.get("timestamp"), document.get("last_updated"), document.get("timestamp"), "")
    return Statement(
        vulnerabilities,
        tuple(_products(entry.get("products"))),
        status,
        str(entry.get("justification") or ""),
        next((text for text in texts if isinstance(text, str) and text), ""),
        next(stamp for stamp in stamps if isinstance(stamp, str)),
        origin,
    )


def _vulnerability(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        names: Sequence[Any] = (value.get("name"), value.get("@id"), *_list(value.get("aliases")))
        # An id may be an address that ends with the name.
        yield from dict.fromkeys(str(name).rstrip("/").rpartition("/")[2] for name in names if name)


def _products(value: Any) -> Iterator[Product]:
    for entry in _list(value):
        if isinstance(entry, str):
            yield Product((entry,))
        elif isinstance(entry, dict):
            inside = (name for part in _list(entry.get("subcomponents")) for name in _identities(part))
            yield Product(tuple(_identities(entry)), tuple(inside))


def _identities(entry: Any) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, dict):
        identifiers = entry.get("identifiers") if isinstance(entry.get("identifiers"), dict) else {}
        hashes = entry.get("hashes") if isinstance(entry.get("hashes"), dict) else {}
        for name in (entry.get("@id"), *(identifiers or {}).values()):
            if isinstance(name, str) and name:
                yield name
        digest = (hashes or {}).get("sha-256")
        if isinstance(digest, str):
            yield f"sha256:{digest}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
