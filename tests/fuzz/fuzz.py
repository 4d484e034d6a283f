"""Coverage-guided fuzzing of one reader, or of all of them; not a test, as it has no end of its own.

    pip install atheris
    python tests/fuzz/fuzz.py NAME|all -max_total_time=300

It begins with the kept corpus of the reader (``tests/fuzz/corpus/NAME``). An input that makes the reader raise anything
but its own errors, or takes more than a minute or 2 GiB, is written to ``crash-*``, ``timeout-*`` or ``oom-*`` by
libFuzzer: mend the reader, and keep the smallest such input in the corpus.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).parent)]
with atheris.instrument_imports(include=["nautiloid"]):
    import readers

CORPUS = Path(__file__).parent / "corpus"


def main() -> None:
    """Fuzz what the first argument names; all other arguments are libFuzzer's."""
    program, name, *options = sys.argv
    names = sorted(readers.READERS) if name == "all" else [name]
    if unknown := set(names) - set(readers.READERS):
        sys.exit(f"No reader {unknown.pop()}; there are: all, {', '.join(sorted(readers.READERS))}")
    kept = [str(CORPUS / name)] if name != "all" and (CORPUS / name).is_dir() else []

    def one_input(data: bytes) -> None:
        if len(names) == 1:
            readers.read(names[0], data)
        elif data:
            readers.read(names[data[0] % len(names)], data[1:])

    atheris.Setup([program, "-timeout=60", "-rss_limit_mb=2048", *options, *kept], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
