"""What a definition lets through is said when it is locked, by name."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nautiloid.factory.cautions import cautions
from nautiloid.factory.definition_file import LoadedDefinition, load_definition
from nautiloid.factory.locked_files import lock_files
from nautiloid.factory.lockfile import LibraryNeed, Lock, LockedDeb, LockedWeights, LockedWheel
from nautiloid.net.store import Store

SITE = "/usr/local/lib/python3.11/dist-packages"


def _loaded(place: Path, text: str, outside: list[Path] | None = None) -> LoadedDefinition:
    (place / "x.yaml").write_text(f"name: x\n{text}", encoding="utf-8")
    return load_definition(str(place / "x.yaml"), outside=outside or [])


def _cautions(place: Path, loaded: LoadedDefinition, **parts: object) -> list[str]:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    lock = Lock(tool="t", timestamp=moment, definition=loaded.definition, files=lock_files(loaded))
    return cautions(lock.model_copy(update=parts), loaded, Store(place / "store"))


def _deb(name: str, area: str) -> LockedDeb:
    return LockedDeb(
        name=name, version="1", architecture="amd64", source=name, source_version="1", archive="debian",
        path=f"pool/{area}/x/{name}.deb", size=1, sha256="0" * 64, wanted_by="", relation="",
    )  # fmt: skip


def _wheel(place: Path, name: str, *members: str) -> LockedWheel:
    path = place / f"{name}-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member in (*members, f"{name}-1.dist-info/METADATA"):
            archive.writestr(member, "")
    stored = Store(place / "store").put([path.read_bytes()])
    return LockedWheel(name=name, version="1", filename=path.name, size=stored.size, sha256=stored.sha256)


def test_nothing_is_said_of_what_is_as_it_should_be(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("")
    loaded = _loaded(tmp_path, "extends: pytorch\nfiles: [{from: app.py, to: /app.py}]")
    debs = (_deb("libc6", "main"), _deb("libssl3", "updates/main"))
    assert _cautions(tmp_path, loaded, debs=debs, wheels=(_wheel(tmp_path, "demo", "demo.py"),)) == []


def test_what_enters_although_it_is_not_wanted_is_named_with_the_reasons(tmp_path: Path) -> None:
    loaded = _loaded(tmp_path, "extends: static\ndebian: {packages: [openssl], never: {libtinfo6: no terminals}}")
    need = LibraryNeed(soname="libtinfo.so.6", component="deb:openssl", path="/usr/bin/openssl")
    terminals = _deb("libtinfo6", "main").model_copy(update={"libraries": (need,)})
    assert _cautions(tmp_path, loaded, debs=(terminals, _deb("openssl", "main"))) == [
        "libtinfo6 enters although 'debian.never' holds it (no terminals): openssl 1 needs libtinfo.so.6",
        "openssl enters although 'debian.never' holds it (a command-line program): 'debian.packages' asks for it",
    ]


def test_what_may_run_at_every_start_is_named_with_the_reason(tmp_path: Path) -> None:
    loaded = _loaded(
        tmp_path,
        "debian: {startup: {libdemo: I read it, libother: never mind}}\n"
        "python: {startup: {Demo: it patches nothing, quiet: just in case}}\n",
    )
    wheels = (_wheel(tmp_path, "demo", "demo.py", "demo.pth"), _wheel(tmp_path, "quiet", "quiet.py"))
    assert _cautions(tmp_path, loaded, wheels=wheels, debs=(_deb("libdemo", "main"), _deb("libx", "main"))) == [
        "demo.pth of demo may run code whenever Python starts: it patches nothing",
        "the Debian package libdemo may run code whenever Python, or any program, starts: I read it",
    ]


def test_a_wheel_that_is_not_here_is_not_looked_into(tmp_path: Path) -> None:
    loaded = _loaded(tmp_path, "python: {startup: {demo: it patches nothing}}")
    gone = LockedWheel(name="demo", version="1", filename="demo-1-py3-none-any.whl", size=1, sha256="0" * 64)
    assert _cautions(tmp_path, loaded, wheels=(gone,)) == []


def test_so_is_what_the_definition_itself_puts_there(tmp_path: Path) -> None:
    (tmp_path / "hook").write_text("")
    text = f"files: [{{from: hook, to: {SITE}/hook.pth}}]\nlinks: {{/etc/ld.so.preload: /hook}}"
    assert _cautions(tmp_path, _loaded(tmp_path, text)) == [
        f"/{path}, which the definition adds, may run code whenever Python, or any program, starts"
        for path in ("etc/ld.so.preload", f"{SITE[1:]}/hook.pth")
    ]


def test_files_from_elsewhere_are_named(tmp_path: Path) -> None:
    project, secret = tmp_path / "project", tmp_path / "secret.txt"
    (project / "tree").mkdir(parents=True)
    secret.write_text("a key")
    (project / "tree/link").symlink_to(secret)
    (tmp_path / "two").mkdir()
    (tmp_path / "two/a").write_text("")
    (tmp_path / "two/b").write_text("")
    text = "files: [{from: ../secret.txt, to: /s}, {from: tree, to: /t}, {from: ../two, to: /u}]"
    assert _cautions(tmp_path, _loaded(project, text, [tmp_path])) == [
        "takes ../secret.txt from outside of its directory",
        f"takes tree/link -> {secret.resolve()} from outside of its directory",
        "takes ../two (2 files) from outside of its directory",
    ]


def test_what_nobody_signed_or_supports_is_named(tmp_path: Path) -> None:
    loaded = _loaded(tmp_path, "debian: {pockets: release}")
    weights = LockedWeights(
        name="m", to="/m", size=1, sha256="0" * 64, license="MIT", url="https://models.example/m.bin?key=secret"
    )
    debs = (_deb("a", "contrib"), _deb("b", "main"), _deb("c", "contrib"), _deb("d", "updates/non-free"))
    assert _cautions(tmp_path, loaded, weights=(weights,), debs=debs) == [
        "weights m are what https://models.example/m.bin gave when they were locked: nobody has signed them",
        "from Debian's contrib, which its security team does not support: a, c",
        "from Debian's non-free, which its security team does not support: d",
        "Debian's security fixes do not enter (debian.pockets: release)",
    ]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('user: "0:0"', "its programs run as root (image.user: 0:0)"),
        ("user: root", "its programs run as root (image.user: root)"),
        ("setuid: keep", "setuid and setgid bits stay (image.setuid: keep)"),
        ("env: {LD_PRELOAD: /x.so}", "LD_PRELOAD=/x.so says what programs load first (image.env)"),
    ],
)
def test_settings_that_weaken_an_image_are_named(tmp_path: Path, settings: str, said: str) -> None:
    assert _cautions(tmp_path, _loaded(tmp_path, f"image: {{{settings}}}")) == [said]
