"""Replacing a package in an overlay, held against what dpkg itself would leave behind."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import subprocess
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from nautiloid.debian.deb import DebFile, read_deb
from nautiloid.inspection.file_tree import FileTree, TreeFile
from nautiloid.inspection.layer_listing import KeepWanted, list_layer
from nautiloid.oci.digest import digest_of
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import LAYER_GZIP, Descriptor, ImageConfig, Platform
from nautiloid.oci.source import open_image
from nautiloid.patching.contents import Contents, read_contents
from nautiloid.patching.debs import DebPatcher, PlacementError
from nautiloid.patching.installed import read_database
from nautiloid.patching.overlay import Overlay
from nautiloid.patching.safety import objections

pytestmark = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg is not installed")


def _deb(place: Path, version: str, files: dict[str, str], **control: str) -> DebFile:
    """Build a real package with dpkg-deb; names without a slash are control files."""
    root = place / f"build-{version}"
    (root / "DEBIAN").mkdir(parents=True)
    fields = {"Package": "demo", "Version": version, "Architecture": "amd64", "Maintainer": "T <t@example.org>",
              "Description": "a package"}  # fmt: skip
    (root / "DEBIAN/control").write_text("".join(f"{name}: {value}\n" for name, value in (fields | control).items()))
    sums = ""
    for path, content in files.items():
        target = root / path if "/" in path else root / "DEBIAN" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if content.startswith("-> "):
            target.symlink_to(content[3:])
            continue
        target.write_text(content)
        if "/" not in path and path != "conffiles":
            target.chmod(0o755)
        if "/" in path:
            sums += f"{hashlib.md5(content.encode()).hexdigest()}  {path}\n"
    (root / "DEBIAN/md5sums").write_text(sums)
    package = place / f"demo_{version}.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", root, package], check=True, capture_output=True)
    return read_deb(package)


def _image(place: Path, *packages: DebFile, **more: str) -> Contents:
    """An image on which dpkg itself has installed the packages; ``more`` are files written afterwards."""
    root = place / "root"
    for directory in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "usr/lib", "etc/dpkg/dpkg.cfg.d"):
        (root / directory).mkdir(parents=True)
    (root / "lib").symlink_to("usr/lib")
    (root / "var/lib/dpkg/status").write_text("")
    for package in packages:
        command = ["dpkg", f"--root={root}", "--force-not-root", "--force-script-chrootless", "--force-depends", "-i"]
        subprocess.run([*command, package.path], check=True, capture_output=True)
    for path, content in more.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if content == "GONE":
            target.unlink()
        else:
            target.write_text(content)
    with tarfile.open(place / "root.tar", "w") as tar:
        tar.add(root, ".", filter=_as_root)
    content = (place / "root.tar").read_bytes()
    layout = Layout(place / "store")
    blob = layout.write_blob([gzip.compress(content)])
    config = ImageConfig(Platform("linux", "amd64"), diff_ids=(digest_of(content),))
    layout.add_image(config, [Descriptor(LAYER_GZIP, blob.digest, blob.size)], "image:latest")
    with open_image("image:latest", layout) as source:
        return read_contents(source)


def _as_root(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    return info


def _patched(contents: Contents, deb: DebFile) -> tuple[dict[str, TreeFile], tuple[str, ...]]:
    """Return the files of the patched image, and the configuration files that stayed as edited."""
    import io

    database = read_database(contents, "amd64")
    with closing(Overlay(contents, 0)) as overlay:
        patcher = DebPatcher(contents, database, overlay)
        patcher.check(deb)
        done = patcher.replace(deb)
        patcher.write_status({"demo": done.stanza})
        layer = b"".join(overlay.tar())
        assert layer == b"".join(overlay.tar())
    tree = FileTree()
    keep = KeepWanted(lambda *_: True)
    below = [file.entry for file in contents.files.values() if file.entry is not None]
    tree.apply(below)
    tree.apply(list_layer(io.BytesIO(layer), keep))
    return tree.files(), done.kept


def _text(files: dict[str, TreeFile], path: str) -> str:
    entry = files[path].entry
    assert entry is not None
    assert isinstance(entry.facts, bytes), f"{path} was not put"
    return entry.facts.decode()


OLD = {"lib/libdemo.so.1.0": "old", "usr/bin/demo": "old", "usr/share/doc/demo/changelog": "old",
       "etc/demo.conf": "delivered\n", "etc/other.conf": "delivered\n",
       "conffiles": "/etc/demo.conf\n/etc/other.conf\n", "usr/lib/py/gone.py": "x",
       "usr/lib/py/kept.py": "x"}  # fmt: skip
NEW = {"lib/libdemo.so.1.1": "new", "lib/libdemo.so.1": "-> libdemo.so.1.1", "usr/bin/demo": "new",
       "usr/share/doc/demo/changelog": "new", "etc/demo.conf": "newer\n", "etc/other.conf": "newer\n",
       "conffiles": "/etc/demo.conf\n/etc/other.conf\n", "usr/lib/py/kept.py": "y"}  # fmt: skip


def test_files_are_replaced_removed_and_recorded_as_dpkg_would(tmp_path: Path) -> None:
    old, new = _deb(tmp_path, "1.0", OLD), _deb(tmp_path, "1.1", NEW)
    contents = _image(
        tmp_path, old,
        **{"etc/demo.conf": "edited\n", "usr/lib/py/__pycache__/gone.cpython-311.pyc": "p",
           "usr/lib/py/__pycache__/kept.cpython-311.pyc": "p"},
    )  # fmt: skip
    files, kept = _patched(contents, new)
    # The link /lib -> usr/lib is followed, not replaced.
    assert _text(files, "usr/lib/libdemo.so.1.1") == "new"
    assert "lib/libdemo.so.1.1" not in files
    for gone in ("usr/lib/libdemo.so.1.0", "usr/lib/py/gone.py", "usr/lib/py/__pycache__/gone.cpython-311.pyc",
                 "usr/lib/py/__pycache__/kept.cpython-311.pyc"):  # fmt: skip
        assert gone not in files
    assert kept == ("/etc/demo.conf",)
    assert _text(files, "etc/other.conf") == "newer\n"
    entry = files["etc/demo.conf"].entry
    assert entry is not None
    assert entry.sha256 == hashlib.sha256(b"edited\n").hexdigest()
    # dpkg, asked about a root made of the result, finds nothing wrong.
    root = tmp_path / "result/var/lib/dpkg"
    (root / "info").mkdir(parents=True)
    (root / "updates").mkdir()
    for path in [path for path in files if path.startswith("var/lib/dpkg/")]:
        file = files[path].entry
        if file is not None and isinstance(file.facts, bytes):
            (tmp_path / "result" / path).write_bytes(file.facts)
    query = ["dpkg-query", f"--admindir={root}", "-W", "-f", "${Package} ${Version} ${db:Status-Status}\\n"]
    assert subprocess.run(query, capture_output=True, text=True, check=True).stdout == "demo 1.1 installed\n"
    listed = subprocess.run(
        ["dpkg-query", f"--admindir={root}", "-L", "demo"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "/lib/libdemo.so.1.1" in listed
    assert "/lib/libdemo.so.1.0" not in listed
    assert (
        subprocess.run(["dpkg", f"--admindir={root}", "--audit"], capture_output=True, text=True, check=True).stdout
        == ""
    )
    delivered = hashlib.md5(b"newer\n").hexdigest()
    assert f" /etc/demo.conf {delivered}" in _text(files, "var/lib/dpkg/status")


def test_a_deleted_configuration_file_stays_away_and_filtered_paths_stay_out(tmp_path: Path) -> None:
    old, new = _deb(tmp_path, "1.0", OLD), _deb(tmp_path, "1.1", NEW)
    rules = "path-exclude /usr/share/doc/*\npath-include=/usr/share/doc/*/copyright\n"
    more = {"etc/demo.conf": "GONE", "usr/share/doc/demo/changelog": "GONE", "etc/dpkg/dpkg.cfg.d/docker": rules}
    files, kept = _patched(_image(tmp_path, old, **more), new)
    assert kept == ("/etc/demo.conf",)
    assert "etc/demo.conf" not in files
    assert "usr/share/doc/demo/changelog" not in files


def test_a_diverted_path_goes_where_it_was_diverted_to(tmp_path: Path) -> None:
    old, new = _deb(tmp_path, "1.0", OLD), _deb(tmp_path, "1.1", NEW)
    diverted = "/usr/bin/demo\n/usr/bin/demo.distrib\nother\n"
    more = {"var/lib/dpkg/diversions": diverted, "usr/bin/demo.distrib": "old", "usr/bin/demo": "another's"}
    files, _ = _patched(_image(tmp_path, old, **more), new)
    assert _text(files, "usr/bin/demo.distrib") == "new"
    entry = files["usr/bin/demo"].entry
    assert entry is not None
    assert entry.sha256 == hashlib.sha256(b"another's").hexdigest()


def test_a_file_where_the_image_has_a_directory_is_refused(tmp_path: Path) -> None:
    old, new = _deb(tmp_path, "1.0", {"usr/x/y": "a"}), _deb(tmp_path, "1.1", {"usr/x": "a"})
    contents = _image(tmp_path, old)
    with closing(Overlay(contents, 0)) as overlay, pytest.raises(PlacementError, match="/usr/x is a directory"):
        DebPatcher(contents, read_database(contents, "amd64"), overlay).check(new)


SCRIPT = "#!/bin/sh\nset -e\nldconfig >/dev/null 2>&1 || true\n"


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ({}, {}, ""), ({"postinst": SCRIPT}, {"postinst": SCRIPT}, ""),
        ({}, {"postinst": SCRIPT}, "its postinst is new"), ({"prerm": SCRIPT}, {}, "its prerm is gone"),
        ({"postrm": SCRIPT}, {"postrm": SCRIPT + "x\n"}, "its postrm was changed"),
        ({"postinst": SCRIPT + "if false; then cp /a /b; fi\n"},
         {"postinst": SCRIPT + "if false; then cp /a /b; fi\n"}, "makes something out of its files (cp)"),
    ],
)  # fmt: skip
def test_scripts_are_refused_unless_they_have_done_their_work(
    tmp_path: Path, before: dict[str, str], after: dict[str, str], reason: str
) -> None:
    old = _deb(tmp_path, "1.0", {"usr/share/x/a": "a", **before})
    new = _deb(tmp_path, "1.1", {"usr/share/x/a": "b", **after})
    contents = _image(tmp_path, old)
    database = read_database(contents, "amd64")
    told = objections(new, database.debs["demo"], database)
    assert (told == ()) if not reason else (reason in told[0])


def test_a_package_that_others_watch_is_refused(tmp_path: Path) -> None:
    old = _deb(tmp_path, "1.0", {"usr/share/icons/a": "a"})
    new = _deb(tmp_path, "1.1", {"usr/share/icons/a": "b"})
    (tmp_path / "w").mkdir()
    watcher = _deb(tmp_path / "w", "1", {"triggers": "interest-noawait /usr/share/icons\n"}, Package="watcher")
    contents = _image(tmp_path, old, watcher)
    database = read_database(contents, "amd64")
    assert objections(new, database.debs["demo"], database) == ("its files in /usr/share/icons concern watcher",)
    overridden = "root root 4755 /usr/share/icons/a\n"
    (tmp_path / "again").mkdir()
    contents = _image(tmp_path / "again", old, **{"var/lib/dpkg/statoverride": overridden})
    database = read_database(contents, "amd64")
    assert "an administrator has set" in objections(new, database.debs["demo"], database)[0]
