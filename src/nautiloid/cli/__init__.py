"""The ``nautiloid`` command: adapters that parse, call one library function, and render."""
