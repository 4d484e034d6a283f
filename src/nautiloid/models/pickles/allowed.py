"""What a pickle may name, and what it may do with that: everything that is not listed is code.

A *function* may only be called: left in the data, a program might call it later with what it likes. A *class* may be
part of the data.
"""

from __future__ import annotations

from functools import cache
from itertools import chain

from nautiloid.models.pickles import checks
from nautiloid.models.pickles.checks import Call
from nautiloid.models.pickles.rules.instances import instance_rules
from nautiloid.models.pickles.rules.numpy import numpy_rules
from nautiloid.models.pickles.rules.python import python_rules
from nautiloid.models.pickles.rules.rule import Rule
from nautiloid.models.pickles.rules.torch import torch_rules
from nautiloid.models.pickles.values import Box, Global, Made


@cache
def rules() -> dict[tuple[str, str], Rule]:
    """Return every rule by module and name, which count as they are spelt."""
    return dict(chain(instance_rules(), python_rules(), numpy_rules(), torch_rules()))


def rule_of(named: Global, *, script: bool = False) -> Rule | None:
    """Return what may be done with a global; None: nothing.

    Args:
        named: The global.
        script: Whether this is a part of TorchScript, whose loader looks for ``__torch__`` in the archive's own code.
    """
    if script and named.module.partition(".")[0] == "__torch__":
        return Rule((Call(),), checks.data)
    return rules().get((named.module, named.name))


def may_be_made_bare(named: object) -> bool:
    """Tell whether ``object.__new__`` may make an instance of a class."""
    rule = rules().get((named.module, named.name)) if isinstance(named, Global) else None
    return rule is not None and not rule.function and rule.state is not None


def result_holds(value: object) -> str:
    """Return what a value can be filled like: ``list``, ``dict``, ``set``; empty for not at all."""
    if isinstance(value, Box):
        return value.kind
    rule = rules().get((value.by.module, value.by.name)) if isinstance(value, Made) else None
    return rule.holds if rule else ""
