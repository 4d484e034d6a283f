"""What a project's packaging files say of it, whichever packaging tool it uses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from packaging.specifiers import SpecifierSet

from nautiloid.project.facts import Said, Wanted


@dataclass(frozen=True)
class Metadata:
    """What they say.

    Attributes:
        name: The project's name; empty when they say none.
        summary: Its description in one line.
        python: Which Python versions it runs on.
        wanted: Its dependencies, without optional and development ones.
        scripts: Commands by name, as ``package.module:function``.
    """

    name: str = ""
    summary: str = ""
    python: Said[SpecifierSet] | None = None
    wanted: tuple[Wanted, ...] = ()
    scripts: dict[str, str] = field(default_factory=dict)


def together(sources: Iterable[Metadata | None]) -> Metadata:
    """Return each thing as the first source has it that says it."""
    said = [source for source in sources if source is not None]
    return Metadata(
        name=next((one.name for one in said if one.name), ""),
        summary=next((one.summary for one in said if one.summary), ""),
        python=next((one.python for one in said if one.python), None),
        wanted=next((one.wanted for one in said if one.wanted), ()),
        scripts=next((one.scripts for one in said if one.scripts), {}),
    )


def entry_points(lines: Iterable[str]) -> dict[str, str]:
    """Read ``name = package.module:function`` lines, as ``console_scripts`` has them."""
    pairs = (line.partition("=") for line in lines)
    return {
        name.strip(): target.partition("[")[0].strip() for name, equals, target in pairs if equals and ":" in target
    }
