"""Files of an image that run whenever Python, or any program, starts, whatever was asked for.

A ``.pth`` file in site-packages may hold lines that are executed; ``sitecustomize`` and ``usercustomize`` are imported
(documentation of the site module); ``pyvenv.cfg`` and ``python3XX.zip`` say where Python finds its library
(documentation of sys.path's initialisation); ``/etc/ld.so.preload`` names libraries that every program loads
(ld.so(8)). Whoever brings one sees and may change all that the programs do, so a definition must say that it wants it,
or take the file out with a slim rule: what is not in the image does not run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from packaging.utils import canonicalize_name

from nautiloid.errors import NautiloidError
from nautiloid.factory.definition import Definition
from nautiloid.factory.rootfs.tree import Node, NodeKind, Tree
from nautiloid.factory.slim import takes_away

_LIBRARIES = r"(?:usr/(?:local/)?|(?:home/[^/]+|root)/\.local/)lib"
_READ_BY_PYTHON = re.compile(
    rf"{_LIBRARIES}/python3[^/]*/(?P<site>(?:dist|site)-packages/|lib-dynload/)?(?P<name>[^/]+)(?P<below>/.*)?"
)
_READ_BY_ALL = re.compile(r"etc/ld\.so\.preload|usr/(?:local/)?(?:(?:bin/)?pyvenv\.cfg|lib/python3\d+\.zip)")
# A link in place of such a directory, or of one above it, makes another directory Python's.
_DIRECTORY_OF_PYTHON = re.compile(
    rf"usr/local|(?:home/[^/]+|root)/\.local|{_LIBRARIES}(?:/python3[^/]*(?:/(?:(?:dist|site)-packages|lib-dynload))?)?"
)
_MODULES = ("sitecustomize", "usercustomize")


class StartupError(NautiloidError):
    """A wheel or a package brings what runs at every start, and the definition does not allow it."""


def check_wheels(wheels: Iterable[tuple[str, Iterable[str]]], definition: Definition) -> None:
    """Refuse wheels that bring files which run at every start.

    Args:
        wheels: The name of each distribution, with the image paths of its files.
        definition: Says which may.

    Raises:
        StartupError: One of the others does; all of them are named.
    """
    _refuse({f"wheel:{name}": startup_files(paths) for name, paths in wheels}, definition)


def check_startup(tree: Tree, sources: Mapping[str, str], definition: Definition) -> None:
    """Refuse a tree in which a wheel or a Debian package has files that run at every start.

    The interpreter's own packages may have them in the directory of their standard library, which is read before any
    of them is: Debian's Python links its ``sitecustomize`` there to a file below ``/etc``. What the definition itself
    puts into the image (files, weights, links) is its word.

    Args:
        tree: With all that wheels and packages bring.
        sources: The source package of each Debian package, as the package itself says.
        definition: Says which may.

    Raises:
        StartupError: One of the others does; all of them are named.
    """
    found: dict[str, tuple[str, ...]] = {}
    for entry in tree:
        kind, _, name = entry.origin.component.partition(":")
        if kind in ("wheel", "deb") and _counts(entry) and not (kind == "deb" and _is_own(entry, sources[name])):
            found[entry.origin.component] = (*found.get(entry.origin.component, ()), entry.path)
    _refuse(found, definition)


def startup_files(paths: Iterable[str]) -> tuple[str, ...]:
    """Return those of an image's files, by canonical path, that run at every start."""
    return tuple(sorted(path for path in paths if _runs_at_start(path)))


def _counts(entry: Node) -> bool:
    if entry.kind is NodeKind.DIRECTORY:
        return False
    redirects = entry.kind is NodeKind.SYMLINK and _DIRECTORY_OF_PYTHON.fullmatch(entry.path) is not None
    return redirects or _runs_at_start(entry.path)


def _runs_at_start(path: str) -> bool:
    if _READ_BY_ALL.fullmatch(path):
        return True
    found = _READ_BY_PYTHON.fullmatch(path)
    if found is None:
        return False
    in_site = (found["site"] or "").endswith("-packages/")
    is_list = in_site and found["name"].endswith(".pth") and not found["below"]
    return is_list or found["name"].partition(".")[0] in _MODULES


def _is_own(entry: Node, source: str) -> bool:
    return re.fullmatch(r"python3\.\d+", source) is not None and entry.path.startswith(f"usr/lib/{source}/")


def _refuse(found: Mapping[str, tuple[str, ...]], definition: Definition) -> None:
    """Refuse the files of components (``wheel:torch``, ``deb:libc6``) that the definition lets in without a word."""
    python = definition.python.startup if definition.python is not None else {}
    may = {f"wheel:{canonicalize_name(name)}" for name in python} | {
        f"deb:{name}" for name in definition.debian.startup
    }
    staying = {
        component: [path for path in files if not takes_away(definition.slim, path)]
        for component, files in sorted(found.items())
    }
    refused = {component: files for component, files in staying.items() if files and component not in may}
    if not refused:
        return
    names = [(kind, name) for kind, _, name in (component.partition(":") for component in refused)]
    listed = "\n".join(
        f"  {name} ({'wheel' if kind == 'wheel' else 'Debian package'}): {', '.join(f'/{path}' for path in files)}"
        for (kind, name), files in zip(names, refused.values(), strict=True)
    )
    wanted = [
        f"{key}: {{startup: {{{', '.join(f'{name}: why' for other, name in names if other == kind)}}}}}"
        for key, kind in (("python", "wheel"), ("debian", "deb"))
        if kind in dict(names)
    ]
    raise StartupError(
        f"files that run whenever Python, or any program, starts:\n{listed}",
        f"If you have looked at them and want that: {', and '.join(wanted)} in the definition.",
    )
