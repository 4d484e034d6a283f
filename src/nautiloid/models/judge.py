"""Judges one file: what form it has, and what its reader says of it, into archives and compressed streams."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from nautiloid.buffer import Buffer
from nautiloid.models.archives import read_archive_tar, read_zip
from nautiloid.models.arrays import read_array
from nautiloid.models.containers.packed import UNREAD, packing_of, unpacked
from nautiloid.models.limits import DEEPEST, Budget, TooMuchError
from nautiloid.models.pickles.streams import PickleFacts, read_pickles
from nautiloid.models.plain_forms import read_plain
from nautiloid.models.sniffing import HEAD, PICKLE_NAMES, Form, forms_of
from nautiloid.models.span import Span
from nautiloid.models.verdict import Judgement, cannot_tell, suspicious

_JOBLIB_HEADER = 4 + 19  # "ZF", and a length in hexadecimal


def may_be_model(path: str, head: bytes, size: int) -> bool:
    """Tell from a file's path, first ``HEAD`` bytes and size whether it is worth reading as a model."""
    return bool(forms_of(path, head, size))


def judge(path: str, content: Buffer, *, asked: bool = False) -> Judgement | None:
    """Return what a file is and whether loading it runs code; None where it is no model.

    Args:
        path: What it is called.
        content: All of it.
        asked: Whether somebody named this very file: then there is always an answer, if only "cannot tell".
    """
    judged = _Judge(Budget()).judge(path, Span(content))
    if judged is None and asked:
        return Judgement.of("unknown", [cannot_tell("is of no form that is known")])
    return judged


@dataclass(frozen=True)
class _Judge:
    """One look at one file, with all that is in it.

    Attributes:
        budget: What is left for it.
        depth: How deep in archives it is.
        script: Whether it is a part of TorchScript.
    """

    budget: Budget
    depth: int = 0
    script: bool = False

    def judge(self, path: str, content: Span) -> Judgement | None:
        """Judge a file by every form that it may have; the gravest reasons come first."""
        forms = forms_of(path, content.read(0, HEAD), len(content))
        if not forms:
            return None
        if self.depth > DEEPEST:
            return Judgement.of("archive", [cannot_tell(f"nests deeper than {DEEPEST} archives")])
        found = [judged for form in forms if (judged := self._by_form(form, path, content)) is not None]
        if not found:
            return None
        reasons = [reason for judged in found for reason in judged.reasons]
        imports = [name for judged in found for name in judged.imports]
        return Judgement.of(found[0].form, reasons, imports)

    def _by_form(self, form: Form, path: str, content: Span) -> Judgement | None:
        try:
            return self._read(form, path, content)
        except TooMuchError as error:
            return Judgement.of(form, [cannot_tell(str(error))])
        except (ValueError, struct.error, OverflowError, RecursionError, MemoryError, OSError) as error:
            guessed = form in (Form.ONNX, Form.SAVED_MODEL) and not path.endswith((".onnx", ".pb"))
            told = suspicious(f"is broken: {str(error) or type(error).__name__}")
            return None if guessed else Judgement.of(form, [told])

    def _read(self, form: Form, path: str, content: Span) -> Judgement | None:  # noqa: PLR0911 - one case a form
        name = path.rpartition("/")[2].lower()
        if form is Form.ZIP:
            return read_zip(name, content, self.budget, self._inner)
        if form is Form.TAR:
            return read_archive_tar(content, self.budget, self._inner)
        if form is Form.PACKED:
            return self._packed(path, content)
        if form is Form.NUMPY:
            return read_array(content, self.budget, self._pickles)
        if form is Form.UNREAD:
            kind = next(kind for magic, kind in UNREAD if content.read(0, len(magic)) == magic)
            return Judgement.of(kind, [cannot_tell(f"is packed with {kind}, which is not read")])
        if form is Form.PICKLE:
            facts = read_pickles(content, self.budget, named=name.endswith(PICKLE_NAMES), script=self.script)
            return None if facts is None else self._pickles(facts)
        return read_plain(form, content, self.budget)

    def _inner(self, path: str, content: Span, script: bool) -> Judgement | None:
        return _Judge(self.budget, self.depth + 1, script).judge(path, content)

    def _packed(self, path: str, content: Span) -> Judgement | None:
        packing = packing_of(content.read(0, 8))
        if not packing:
            packing, content = "zlib", content.part(_JOBLIB_HEADER)
        name = path.removesuffix(".gz").removesuffix(".bz2").removesuffix(".xz").removesuffix(".zst")
        with unpacked(packing, content, self.budget) as (inside, fault):
            judged = self._inner(name, inside, self.script)
        if judged is None:
            return None
        broken = [suspicious(fault)] if fault else []
        return Judgement.of(f"{judged.form}, {packing}", [*judged.reasons, *broken], judged.imports)

    def _pickles(self, facts: PickleFacts) -> Judgement:
        """Say what pickles do, with all that they load in turn."""
        reasons, imports = list(facts.reasons), list(facts.imports)
        for span in facts.nested:
            judged = self._inner("nested.pt", span, False)
            if judged is not None:
                reasons += judged.reasons
                imports += judged.imports
        form = "PyTorch checkpoint (legacy)" if facts.legacy else "joblib" if facts.joblib else "pickle"
        return Judgement.of(form, reasons, imports)
