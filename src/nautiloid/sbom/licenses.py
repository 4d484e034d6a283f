"""From the words of a package to an SPDX expression, where they are one."""

from __future__ import annotations

from collections.abc import Iterable

from cyclonedx import spdx

_SPELLINGS = {
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "BSD License": "",
    "The Unlicense (Unlicense)": "Unlicense",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "Expat": "MIT",
    "GPL-2": "GPL-2.0-only",
    "GPL-2+": "GPL-2.0-or-later",
    "GPL-3": "GPL-3.0-only",
    "GPL-3+": "GPL-3.0-or-later",
    "LGPL-2": "LGPL-2.0-only",
    "LGPL-2+": "LGPL-2.0-or-later",
    "LGPL-2.1": "LGPL-2.1-only",
    "LGPL-2.1+": "LGPL-2.1-or-later",
    "LGPL-3": "LGPL-3.0-only",
    "LGPL-3+": "LGPL-3.0-or-later",
    "BSD-3-clause": "BSD-3-Clause",
    "BSD-2-clause": "BSD-2-Clause",
}


def spdx_expression(words: Iterable[str]) -> str:
    """Return the licences as one SPDX expression; empty where one of them is in other words.

    Args:
        words: Each an SPDX identifier or expression, a trove classifier's end, or a short name of Debian's.
    """
    known = []
    for text in words:
        candidate = _SPELLINGS.get(text, text)
        identifier = spdx.fixup_id(candidate) if candidate else None
        if identifier is None and not (candidate and spdx.is_expression(candidate)):
            return ""
        known.append(identifier or candidate)
    distinct = sorted(set(known))
    return " AND ".join(f"({text})" if " " in text and len(distinct) > 1 else text for text in distinct)
