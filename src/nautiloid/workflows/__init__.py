"""What a person asks for, whole: build, test, scan, patch, update, slim, suggest, the lab.

Each is a function (or a small class) over a ``Workspace``; the command line parses, calls one, and renders.
"""
