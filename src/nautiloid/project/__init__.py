"""Looks at a Python project and drafts its image definition.

One module a source of knowledge (``pyproject``, ``uv_lock``, ``dockerfile`` ...), each of which only reads: nothing of
the project is ever run. ``survey`` asks them all, ``decide`` turns what they say into one draft, ``draft`` writes it
down with the origin of every line. What a source says and nobody understood becomes a note, never a guess.
"""
