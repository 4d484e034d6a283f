"""Wherever an image may lie: the local store, files, a registry, a Docker daemon, a directory."""
