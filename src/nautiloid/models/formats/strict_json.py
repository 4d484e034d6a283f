"""JSON in which every key counts: parsers differ in which of two equal keys they believe."""

from __future__ import annotations

import json

from nautiloid.models.limits import LARGEST_HEADER, Budget, TooMuchError


def read_json(text: bytes, budget: Budget) -> tuple[object, str]:
    """Return a document, and the first key that some object has twice.

    Raises:
        ValueError: It is no JSON.
        TooMuchError: It is too large, or nests too deep.
    """
    doubled = ""
    if len(text) > LARGEST_HEADER:
        raise TooMuchError(f"a header is larger than {LARGEST_HEADER >> 20} MiB")

    def gather(pairs: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal doubled
        budget.step()
        found = dict(pairs)
        if len(found) != len(pairs) and not doubled:
            seen: set[str] = set()
            doubled = next((key for key, _ in pairs if key in seen or seen.add(key)), "a key")  # type: ignore[func-returns-value]
        return found

    try:
        return json.loads(text.decode("utf-8"), object_pairs_hook=gather), doubled
    except RecursionError as error:
        raise TooMuchError("its JSON nests too deep") from error
