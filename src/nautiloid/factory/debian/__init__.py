"""Debian packages straight from the archive: signed index, dependency closure, ``.deb`` files."""
