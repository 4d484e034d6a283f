"""Nautiloid puts AI workloads in a hard shell: minimal, fresh, reproducible container images."""

__version__ = "0.1.0"
