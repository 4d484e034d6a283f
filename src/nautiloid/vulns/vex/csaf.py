"""The VEX statements of a CSAF document.

Source: Common Security Advisory Framework 2.0 and 2.1 (OASIS), sections 3.2.2 (product tree), 3.2.3 (vulnerabilities)
and 4.5 (profile 5, VEX). A product that is a component of another one becomes a subcomponent of it; what only a CPE
identifies (a platform such as "Red Hat Enterprise Linux 9") is never taken for an image.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nautiloid import bounds
from nautiloid.errors import UsageError
from nautiloid.vulns.vex.loose_json import mapping, objects, text, texts
from nautiloid.vulns.vex.statement import Product, Statement, Status

_STATUSES = {
    "known_not_affected": Status.NOT_AFFECTED,
    "known_affected": Status.AFFECTED,
    "first_affected": Status.AFFECTED,
    "last_affected": Status.AFFECTED,
    "fixed": Status.FIXED,
    "first_fixed": Status.FIXED,
    "under_investigation": Status.UNDER_INVESTIGATION,
}
_PARTS = frozenset({"default_component_of", "optional_component_of", "external_component_of", "installed_on"})


def statements_of_csaf(data: Mapping[str, Any], origin: str) -> Iterator[Statement]:
    """Yield a statement for each vulnerability, status and reason.

    Args:
        data: The document.
        origin: What reports call it.

    Raises:
        UsageError: A vulnerability has no name, or a status names a product that the document does not define.
    """
    tree = mapping(data.get("product_tree"))
    products = dict(_products(tree))
    groups = {
        text(group.get("group_id")): tuple(texts(group.get("product_ids")))
        for group in objects(tree.get("product_groups"))
    }
    stamp = text(mapping(mapping(data.get("document")).get("tracking")).get("current_release_date"))
    for number, entry in enumerate(objects(data.get("vulnerabilities"))):
        where = f"{origin}: vulnerability {number + 1}"
        names = (text(entry.get("cve")), *(text(one.get("text")) for one in objects(entry.get("ids"))))
        identities = tuple(dict.fromkeys(filter(None, names)))
        if not identities:
            raise UsageError(f"{where} has neither a CVE nor another id")
        reasons = _Reasons(entry, groups)
        for field, status in _STATUSES.items():
            for identity in texts(mapping(entry.get("product_status")).get(field)):
                if identity not in products:
                    raise UsageError(f"{where} is about the product {identity!r}, which the document does not define")
                justification = reasons.flags.get(identity, "") if status is Status.NOT_AFFECTED else ""
                said = reasons.impacts if status is Status.NOT_AFFECTED else reasons.remedies
                yield Statement(
                    identities, (products[identity],), status, justification, said.get(identity, ""), stamp, origin
                )


class _Reasons:
    """What a vulnerability says of each product, by product id."""

    def __init__(self, entry: Mapping[str, Any], groups: Mapping[str, tuple[str, ...]]) -> None:
        self._groups = groups
        self.flags = self._by_product(entry.get("flags"), "label")
        threats = [one for one in objects(entry.get("threats")) if one.get("category") == "impact"]
        self.impacts = self._by_product(threats, "details")
        self.remedies = self._by_product(entry.get("remediations"), "details")

    def _by_product(self, entries: Any, field: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for entry in objects(entries):
            named = list(texts(entry.get("product_ids")))
            for group in texts(entry.get("group_ids")):
                named += self._groups.get(group, ())
            found |= dict.fromkeys(named, text(entry.get(field)))
        return found


def _products(tree: Mapping[str, Any]) -> Iterator[tuple[str, Product]]:
    """Yield the products of a tree by id; relationships come after what they relate."""
    known = {
        text(entry.get("product_id")): Product(tuple(_identities(entry)))
        for entry in (*objects(tree.get("full_product_names")), *_leaves(tree, 0))
    }
    for relation in objects(tree.get("relationships")):
        part = known.get(text(relation.get("product_reference")))
        whole = known.get(text(relation.get("relates_to_product_reference")))
        identity = text(mapping(relation.get("full_product_name")).get("product_id"))
        purls = tuple(name for name in part.identities if name.startswith("pkg:")) if part else ()
        related = whole is not None and relation.get("category") in _PARTS
        # A product without subcomponents means all of it: a part that nothing identifies must not.
        known[identity] = Product(whole.identities, purls) if whole and related and purls else Product(())
    yield from known.items()


def _leaves(branch: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
    for one in objects(branch.get("branches")) if depth < bounds.CSAF_TREE else ():
        if isinstance(one.get("product"), dict):
            yield one["product"]
        yield from _leaves(one, depth + 1)


def _identities(entry: Mapping[str, Any]) -> Iterator[str]:
    helper = mapping(entry.get("product_identification_helper"))
    yield from filter(None, (text(helper.get("purl")), *texts(helper.get("purls"))))
    for content in objects(helper.get("hashes")):
        for one in objects(content.get("file_hashes")):
            if text(one.get("algorithm")).lower() == "sha256":
                yield f"sha256:{text(one.get('value'))}"
    if text(entry.get("name")):
        yield text(entry.get("name"))
