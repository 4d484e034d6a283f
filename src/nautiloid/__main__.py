"""``python -m nautiloid`` is the ``nautiloid`` command."""

from nautiloid.cli.app import main

if __name__ == "__main__":
    main()
