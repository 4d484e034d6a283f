"""A proposal as a definition: it extends the one that was traced, and names what goes."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from nautiloid.slimming.proposal import ComponentProposal


def slim_definition(extends: str, name: str, because: str, site: str, proposals: Sequence[ComponentProposal]) -> str:
    """Write the YAML.

    Args:
        extends: Catalog name, or path relative to where the definition will lie.
        name: Of the new image.
        because: What was run, in words.
        site: The image's site-packages directory, without leading slash.
        proposals: What goes.
    """
    rules = [
        {
            "name": f"unused-{_rule_name(proposal.component)}",
            "because": because,
            "paths": [removal.shown(site) for removal in proposal.removals],
        }
        for proposal in proposals
    ]
    head = "# Proposed by 'nautiloid slim' from a trace: what is named here was not used by the traced work.\n"
    return head + yaml.safe_dump({"extends": extends, "name": name, "slim": rules}, sort_keys=False, width=110)


def _rule_name(component: str) -> str:
    kept = "".join(letter if letter.isalnum() else "-" for letter in component.lower())
    return "-".join(part for part in kept.split("-") if part)
