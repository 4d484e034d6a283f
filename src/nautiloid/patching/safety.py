"""Whether a package can be replaced without running its maintainer scripts.

They are never run here, so a package whose scripts would do something that its files alone do not is refused, by name
and with the reason. Scripts do not matter in two cases:

* there are none that run on an upgrade (Debian Policy chapter 6);
* the image's own copy of each is byte for byte the new one, so that what it sets up (users, links, alternatives) was
  set up when the package was installed, and none makes files out of what the package brings.

In an image of the ``status.d`` form no script ever ran, so only the second half counts there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from nautiloid.debian.deb import DebFile
from nautiloid.patching.installed import SCRIPTS, DpkgDatabase, InstalledDeb

# Commands that make something out of a package's files: with new files, they would make something else.
_MAKERS = (
    "update-ca-certificates", "update-initramfs", "fc-cache", "gdk-pixbuf-query-loaders", "glib-compile-schemas",
    "gio-querymodules", "gtk-update-icon-cache", "update-icon-caches", "update-mime-database",
    "update-desktop-database", "locale-gen", "localedef", "install-info", "update-xmlcatalog", "update-catalog",
    "xmlcatalog", "depmod", "mktexlsr", "updmap", "update-texmf", "newaliases", "pam-auth-update", "ucf", "setcap",
    "update-gconf-defaults", "gconf-schemas", "dpkg-preconfigure", "makewhatis", "update-java-alternatives", "keytool",
)  # fmt: skip
# The same of commands whose names are words as well: only with an argument behind them, not in `case` or a test.
_WORDS = ("cp", "install", "mv", "tee", "tar", "rsync", "npm", "gem", "pip")
_MAKES = re.compile(
    rf"(?:^|[\s;&|(`])(?:/usr)?(?:/s?bin/)?(?P<command>{'|'.join(map(re.escape, _MAKERS))})(?=[\s;&|)]|$)"
    rf"|(?:^|[;&|(`]|\b(?:then|else|do|exec)\s)[ \t]*+(?:/usr)?(?:/s?bin/)?(?P<word>{'|'.join(_WORDS)})"
    r"\s+(?=[-/\"'$.\w])"
    r"|(?P<write>\bsed\s+-i|(?<![0-9&>])>>?\s*[\"']?\$?\{?[/A-Za-z])",
    re.MULTILINE,
)
_HARMLESS_WRITES = re.compile(r">>?\s*[\"']?(?:/dev/(?:null|stderr|stdout|tty)|&)")
_COMMENT = re.compile(r"^[ \t]*+#.*$", re.MULTILINE)
# Byte-compilation by Debian's own helpers: a module without bytecode works, and stale bytecode is taken away.
_COMPILES = re.compile(r"^.*\bpy3?(?:compile|clean)\b.*$", re.MULTILINE)
_MESSAGES = re.compile(r"^[ \t]*+(?:echo|printf)\b[^|>]*$", re.MULTILINE)

# Who is woken by new files, and can sleep on: caches of manual pages and of the loader, which finds libraries anyway.
_SLEEPERS = frozenset({"man-db", "libc-bin", "install-info", "doc-base", "menu", "dictionaries-common"})


def objections(deb: DebFile, installed: InstalledDeb | None, database: DpkgDatabase) -> tuple[str, ...]:
    """Return why a package must not be replaced without its scripts; nothing where it may be.

    Args:
        deb: The new package.
        installed: What is there of it now; None for a package that would be new.
        database: Of the image.
    """
    name = deb.control.require("Package")
    new = {script: deb.control_files[script] for script in SCRIPTS if script in deb.control_files}
    found: list[str] = []
    if installed is None:
        found += [
            f"it is new, and its {script} would have to run" for script in ("preinst", "postinst") if script in new
        ]
    else:
        found += _of_scripts(new, installed, distroless=database.distroless)
    paths = [member.path for member, _ in deb.members()]
    found += _woken(paths, name, database)
    overridden = sorted(database.overridden & set(paths))
    found += [f"an administrator has set the owner or mode of /{path}" for path in overridden[:3]]
    return tuple(found)


def _of_scripts(new: Mapping[str, bytes], installed: InstalledDeb, *, distroless: bool) -> Iterator[str]:
    for script in SCRIPTS:
        before, after = installed.scripts.get(script), new.get(script)
        if not distroless and before != after:
            how = "is new" if before is None else "is gone" if after is None else "was changed"
            yield f"its {script} {how}"
        elif after is not None and (command := makes(after.decode(errors="replace"))):
            yield f"its {script} makes something out of its files ({command})"


def makes(script: str) -> str:
    """Return what in a script makes files: the first command that does, or a redirection; empty where nothing does."""
    code = script
    for passed_over in (_COMMENT, _COMPILES, _MESSAGES):
        code = passed_over.sub("", code)
    found = list(_MAKES.finditer(_HARMLESS_WRITES.sub(" ", code)))
    command = next((match["command"] or match["word"] for match in found if not match["write"]), "")
    return command or ("it writes a file" if found else "")


def _woken(paths: Iterable[str], name: str, database: DpkgDatabase) -> Iterator[str]:
    """Yield the installed packages whose file triggers (deb-triggers(5)) the paths would set off."""
    listed = list(paths)
    for other, installed in database.debs.items():
        if other == name or other in _SLEEPERS:
            continue
        for line in installed.triggers.splitlines():
            word, _, place = line.strip().partition(" ")
            place = place.strip().strip("/")
            watched = word.startswith("interest") and line.strip().partition(" ")[2].strip().startswith("/")
            if watched and any(path == place or path.startswith(f"{place}/") for path in listed):
                yield f"its files in /{place} concern {other}"
                break
