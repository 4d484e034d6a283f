"""What tests of patching work with: real packages, a signed archive in a directory, images and advisories."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import tarfile
from collections.abc import Collection, Mapping
from pathlib import Path

from nautiloid import labels
from nautiloid.debian.deb import DebFile
from nautiloid.debian.mirrors import Mirrors
from nautiloid.net.fetch import Fetcher
from nautiloid.net.store import Store
from nautiloid.oci.digest import digest_of
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import LAYER_GZIP, Descriptor, ImageConfig, Platform
from nautiloid.oci.source import open_image
from nautiloid.patching.contents import read_contents
from nautiloid.patching.fixing import Fixing
from nautiloid.patching.installed import read_database
from nautiloid.patching.result import PatchResult
from nautiloid.progress import SILENT
from nautiloid.vulns.database.files import import_file
from nautiloid.workflows.assess import Criteria, open_assessor
from nautiloid.workflows.image_patching import Patching
from nautiloid.workflows.workspace import Workspace

from ..debian.conftest import ArchiveDirectory, Signer
from ..inspection.images import File
from ..vulns.exports_server import record
from .test_debs import _deb

BOOKWORM = 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
POCKETS = ("bookworm", "bookworm-updates", "bookworm-security")
# dpkg runs the scripts of what it installs, here and now: they must do nothing.
SCRIPT = "#!/bin/sh\nexit 0\n"
MAKES_FILES = "#!/bin/sh\nif false; then update-ca-certificates; fi\n"


class Debs:
    """Real packages with one file each, which tells name and version; the same one is built once."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._built: dict[str, DebFile] = {}

    def __call__(self, name: str, version: str, scripts: Mapping[str, str] | None = None, **control: str) -> DebFile:
        files = {f"usr/share/{name}/data": f"{name} {version}\n", **(scripts or {})}
        key = json.dumps([name, version, files, control])
        if key not in self._built:
            place = self._place / str(len(self._built))
            place.mkdir()
            self._built[key] = _deb(place, version, files, Package=name, **control)
        return self._built[key]


class Workshop:
    """A store of images, a signed archive, advisories, and a way to patch; all of it in one directory."""

    def __init__(self, place: Path, signer: Signer, debs: Debs) -> None:
        self.place = place
        self.deb = debs
        self.store = Layout(place / "images")
        self.archive = ArchiveDirectory(place / "archive", signer)
        self.database = place / "advisories.db"

    def image(
        self,
        *debs: DebFile,
        os_release: str = BOOKWORM,
        files: Collection[File] = (),
        lock: str = "",
        reference: str = "image:1",
    ) -> None:
        """Make an image: a root in which dpkg itself has installed the packages, and more files."""
        root = self.place / reference.replace(":", "-")
        for directory in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "etc"):
            (root / directory).mkdir(parents=True)
        if debs:
            (root / "var/lib/dpkg/status").write_text("")
            options = ["--force-not-root", "--force-script-chrootless", "--force-depends", "--force-unsafe-io"]
            command = ["dpkg", f"--root={root}", *options, "-i", *(str(deb.path) for deb in debs)]
            subprocess.run(command, check=True, capture_output=True)
        if os_release:
            (root / "etc/os-release").write_text(os_release)
        for file in files:
            (root / file.path).parent.mkdir(parents=True, exist_ok=True)
            (root / file.path).write_bytes(file.content)
        with tarfile.open(self.place / "root.tar", "w") as tar:
            tar.add(root, ".")
        content = (self.place / "root.tar").read_bytes()
        blob = self.store.write_blob([gzip.compress(content, mtime=0)])
        config = ImageConfig(Platform("linux", "amd64"), "2026-01-02T03:04:05Z", diff_ids=(digest_of(content),))
        annotations = {"org.example": "theirs", **({labels.LOCK: lock} if lock else {})}
        self.store.add_image(config, [Descriptor(LAYER_GZIP, blob.digest, blob.size)], reference, annotations)

    def publish(self, *debs: DebFile) -> None:
        """Offer packages as the release's security fixes."""
        stanzas = []
        for deb in debs:
            content = deb.path.read_bytes()
            target = self.archive.root / "pool" / f"{deb.control['Package']}_{deb.control['Version']}.deb"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            stanzas.append(
                f"{deb.control.text.strip()}\nFilename: pool/{target.name}\nSize: {len(content)}\n"
                f"SHA256: {hashlib.sha256(content).hexdigest()}\n"
            )
        for suite in POCKETS:
            self.archive.publish(suite, "\n".join(stanzas) if suite.endswith("-security") else "")

    def advise(self, **fixed: str) -> None:
        """State that each of Debian's source packages is vulnerable below a version."""
        self.state(*(
            record(f"DEBIAN-CVE-2026-{name}", name, fixed=version, ecosystem="Debian:12")
            for name, version in fixed.items()
        ))  # fmt: skip

    def state(self, *advisories: Mapping[str, object]) -> None:
        for one in advisories:
            (self.place / "one.json").write_text(json.dumps(one))
            import_file(self.database, self.place / "one.json", str(one["id"]))

    def patch(self, reference: str = "image:2", *, write: bool = True, allowed: Collection[str] = ()) -> PatchResult:
        mirrors = Mirrors(self.archive.base, self.archive.base)
        with (
            Fetcher(Store(self.place / "downloads"), SILENT, offline=True) as fetcher,
            open_assessor(self.database, Criteria(), self.store) as assessor,
            open_image("image:1", self.store) as source,
        ):
            fixing = Fixing(fetcher, mirrors, allowed)
            patching = Patching(Workspace(self.store, self.place), fixing, assessor)
            return patching.patch(source, "image:1", reference, write=write)

    def texts(self, reference: str) -> dict[str, str]:
        """Return what an image's package databases and configuration files hold."""
        with open_image(reference, self.store) as source:
            return {path: content.decode() for path, content in read_contents(source).texts.items()}

    def versions(self, reference: str) -> dict[str, str]:
        """Return which packages an image's dpkg database says are installed."""
        with open_image(reference, self.store) as source:
            debs = read_database(read_contents(source), "amd64").debs
        return {name: installed.package.version for name, installed in debs.items()}

    def hash_of(self, reference: str, path: str) -> str:
        with open_image(reference, self.store) as source:
            entry = read_contents(source).files[path].entry
        assert entry is not None
        return entry.sha256

    def stored(self) -> dict[str, bytes]:
        """Return every file of the store."""
        root = self.store.directory
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
