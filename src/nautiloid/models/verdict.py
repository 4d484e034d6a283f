"""What is said of a model file: a verdict, and the reasons for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from nautiloid.errors import quotable
from nautiloid.models.limits import MOST_REASONS


class Verdict(StrEnum):
    """What loading a file does, the gravest first."""

    RUNS_CODE = "runs code"
    SUSPICIOUS = "suspicious"
    CANNOT_TELL = "cannot tell"
    SAFE = "safe"


_ORDER = tuple(Verdict)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a file is not safe.

    Attributes:
        verdict: What it makes of the file.
        detail: What is there, in one sentence without a subject.
        where: In which member of an archive; empty for the file itself.
    """

    verdict: Verdict
    detail: str
    where: str = ""

    def within(self, outer: str) -> Reason:
        """Return the reason as seen from the archive that holds the member ``outer``."""
        inner = quotable(outer)
        return Reason(self.verdict, self.detail, f"{inner}/{self.where}" if self.where else inner)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one file is and does.

    Attributes:
        form: Such as ``safetensors``, ``PyTorch checkpoint``, ``pickle``.
        reasons: Why it is not safe, the gravest first; empty for what was read whole and only holds data.
        imports: What its pickles would import, ``module.name``, sorted.
    """

    form: str
    reasons: tuple[Reason, ...] = ()
    imports: tuple[str, ...] = ()

    @classmethod
    def of(cls, form: str, reasons: Iterable[Reason] = (), imports: Iterable[str] = ()) -> Judgement:
        """Make a judgement of reasons in any order."""
        ordered = sorted(dict.fromkeys(reasons), key=lambda reason: _ORDER.index(reason.verdict))
        return cls(form, tuple(ordered[:MOST_REASONS]), tuple(sorted(set(imports))))

    @property
    def verdict(self) -> Verdict:
        """The gravest of the reasons; safe where there is none."""
        return self.reasons[0].verdict if self.reasons else Verdict.SAFE


def gravest(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the gravest of some verdicts; safe where there are none."""
    return min(verdicts, key=_ORDER.index, default=Verdict.SAFE)


def runs_code(detail: str) -> Reason:
    """Return a reason to call a file a program."""
    return Reason(Verdict.RUNS_CODE, quotable(detail))


def suspicious(detail: str) -> Reason:
    """Return a reason to mistrust a file: it lies, or is broken where a loader may not notice."""
    return Reason(Verdict.SUSPICIOUS, quotable(detail))


def cannot_tell(detail: str) -> Reason:
    """Return a reason why nobody knows."""
    return Reason(Verdict.CANNOT_TELL, quotable(detail))
