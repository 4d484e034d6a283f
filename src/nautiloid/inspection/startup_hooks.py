"""Files that run whenever Python, or any program, starts, whatever it was started for.

Sources: the documentation of Python's site module (``.pth`` files, ``sitecustomize``, ``usercustomize``), whose lines
are told apart as Python 3.13 does, by ``str.splitlines``; ld.so(8) for ``/etc/ld.so.preload``; Python's documentation,
"Command line and environment", and the like of other languages for the variables.
"""

from __future__ import annotations

import re

from nautiloid.buffer import Buffer
from nautiloid.inspection.facts import StartupHook

PYTHON, LOADER, VARIABLE = "python-startup-hook", "loader-startup-hook", "startup-variable"

PRELOAD = "etc/ld.so.preload"
_MODULE = re.compile(r"(?:^|/)(?:sitecustomize|usercustomize)(?:/__init__)?(?:\.[A-Za-z0-9_-]+)*\.(?:pyc?|so)$")
_BYTECODE_OF_SOURCE = "/__pycache__/"
_SITE = re.compile(r"(?:^|/)(?:site|dist)-packages/[^/]+$")
_LINE_ENDS = rb"[\n\r\x0b\x0c\x1c-\x1e]|\xc2\x85|\xe2\x80[\xa8\xa9]"
_IMPORT = re.compile(
    rb"(?:\A(?:\xef\xbb\xbf)?|" + _LINE_ENDS + rb")(?P<line>import[ \t][^\n\r\x0b\x0c\x1c-\x1e]{0,200})"
)
_LIBRARY = re.compile(rb"[^\s:#\0][^\s:\0]*")
_SHOWN = 200
_VARIABLES = {
    "LD_PRELOAD": "every program loads it",
    "LD_AUDIT": "every program loads it",
    "PYTHONSTARTUP": "Python runs it when it is used by hand",
    "PYTHONBREAKPOINT": "Python calls it where a program stops",
    "PYTHONINSPECT": "Python asks for more to run when a program has ended",
    "BASH_ENV": "bash runs it before each script",
    "ENV": "shells run it at their start",
    "PERL5OPT": "Perl obeys it at each start",
    "PERL5DB": "Perl runs it in its debugger",
    "RUBYOPT": "Ruby obeys it at each start",
    "NODE_OPTIONS": "Node.js obeys it at each start",
    "JAVA_TOOL_OPTIONS": "Java obeys it at each start",
    "_JAVA_OPTIONS": "Java obeys it at each start",
    "JDK_JAVA_OPTIONS": "Java obeys it at each start",
}


def may_be_hook(path: str) -> bool:
    """Tell from a path whether a file may run at each start."""
    if path.endswith(".pth") or path == PRELOAD:
        return True
    return _MODULE.search(path) is not None and _BYTECODE_OF_SOURCE not in path


def stands_in_site(path: str) -> bool:
    """Tell whether a file lies where Python reads ``.pth`` files."""
    return _SITE.search(path) is not None


def read_hook(path: str, content: Buffer) -> StartupHook | None:
    """Return what a file does at each start; None where it does nothing.

    Args:
        path: One that ``may_be_hook`` takes.
        content: All of it, of whatever size and bytes.
    """
    if path == PRELOAD:
        names = [match[0].decode("utf-8", "replace") for match in _LIBRARY.finditer(content)]
        return StartupHook(LOADER, f"every program loads {', '.join(names)[:_SHOWN]}") if names else None
    if not path.endswith(".pth"):
        return StartupHook(PYTHON, "a module that Python imports by itself")
    match = _IMPORT.search(content)
    return StartupHook(PYTHON, repr(match["line"].decode("utf-8", "replace")[:_SHOWN])) if match else None


def startup_variables(env: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the variables (``NAME=value``) that make programs load or run something, each with what they do."""
    pairs = [assignment.partition("=") for assignment in env]
    return [(name, _VARIABLES[name]) for name, _, value in pairs if name in _VARIABLES and value]
