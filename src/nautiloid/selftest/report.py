"""What a self-test found, as data and in the forms that machines read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from xml.etree import ElementTree


@dataclass(frozen=True)
class Outcome:
    """One check.

    Attributes:
        group: What it is about: ``files``, ``contract as 12345``, ``imports``, ``steps``, ``requirements``, ``app``,
            ``probe``.
        detail: Why it failed; empty when it passed.
        seconds: How long it took.
    """

    group: str
    name: str
    passed: bool
    detail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class SelfTestReport:
    """All checks of one image.

    Attributes:
        image: What was tested, by name.
        engine: What it ran in; empty when nothing could be run.
        not_run: What was left out, and why.
    """

    image: str
    engine: str
    outcomes: tuple[Outcome, ...]
    not_run: tuple[str, ...] = ()

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """The checks that failed."""
        return tuple(outcome for outcome in self.outcomes if not outcome.passed)

    def to_json(self) -> str:
        """Return the report as JSON."""
        return json.dumps({"schema": 1, **asdict(self), "passed": not self.failures}, indent=1) + "\n"

    def to_junit(self) -> str:
        """Return the report as JUnit XML, which CI systems show."""
        suite = ElementTree.Element(
            "testsuite",
            name=self.image,
            tests=str(len(self.outcomes)),
            failures=str(len(self.failures)),
            time=f"{sum(outcome.seconds for outcome in self.outcomes):.3f}",
        )
        for outcome in self.outcomes:
            case = ElementTree.SubElement(
                suite, "testcase", classname=outcome.group, name=outcome.name, time=f"{outcome.seconds:.3f}"
            )
            if not outcome.passed:
                ElementTree.SubElement(case, "failure", message=outcome.detail)
        return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"
