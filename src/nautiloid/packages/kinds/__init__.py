"""All kinds of package that are known; a new one is a class in a module of its own, and a line here."""

from __future__ import annotations

from nautiloid.packages.kind import PackageKind
from nautiloid.packages.kinds.apk import Apk
from nautiloid.packages.kinds.cargo import Cargo
from nautiloid.packages.kinds.conda import Conda
from nautiloid.packages.kinds.deb import Deb
from nautiloid.packages.kinds.golang import Golang
from nautiloid.packages.kinds.maven import Maven
from nautiloid.packages.kinds.native import Native
from nautiloid.packages.kinds.npm import Npm
from nautiloid.packages.kinds.pypi import Pypi
from nautiloid.packages.kinds.rpm import Rpm

KINDS: tuple[PackageKind, ...] = (Deb(), Apk(), Npm(), Conda(), Maven(), Pypi(), Rpm(), Golang(), Cargo(), Native())
"""In the order in which they look at a file; at most one takes it."""

BY_PURL_TYPE = {purl_type: kind for kind in KINDS for purl_type in kind.purl_types}
BY_ECOSYSTEM = {ecosystem: kind for kind in KINDS for ecosystem in kind.ecosystems}
