"""``python -m nautiloid`` is the ``nautiloid`` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; Ctrl-C ends it without a traceback from the first moment, also while it is being loaded."""
    try:
        from nautiloid.cli.app import main as run  # noqa: PLC0415

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
