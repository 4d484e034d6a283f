"""Trains an image classifier on folders of photos and classifies with it, inside a hardened container."""

from __future__ import annotations

__version__ = "0.1.0"
