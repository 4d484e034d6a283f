"""Which AI and data packages work in a hardened image: each is built, imported and given one small piece of work.

    python benchmarks/compatibility.py [--only 'numpy,torch*'] [--jobs 2] [--records DIR]   # needs bubblewrap
    python benchmarks/compatibility.py --table [--page docs/reference/compatibility.md]    # what is recorded already

`compatibility.toml` names the packages and their work. Every one goes the way of a user: a definition of `extends`
and `requirements`, `nautiloid lock`, `nautiloid build` (with `--self-test` also that), `nautiloid run` as a user whom
no file of the image knows, with a read-only root and no network. What came of it is one JSON record for each; what is
recorded is not tried again, so that a run can be interrupted and goes on. Images are thrown away after each package,
and so are unpacked roots; downloads stay in the user's cache. Prints Markdown tables, or writes them into a page.
"""

from __future__ import annotations

import argparse
import dataclasses
import fnmatch
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nautiloid import places
from nautiloid.atomic import write_text
from nautiloid.factory.lockfile import Lock, read_lock
from nautiloid.oci.layout import Layout

HERE = Path(__file__).parent
IMAGE = "nautiloid/compatibility"
BEGIN = "<!-- benchmarks/compatibility.py --page writes what follows -->\n\n"
ANY_USER = "23456:34567"
BUILD_SECONDS, WORK_SECONDS = 1800, 300
LEAST_FREE = 6 << 30  # bytes that must be free on the disk before a build starts
SHARED = ("store", "libraries-1", "surveys-1")  # of the user's cache: what is downloaded or was looked up
KEPT = ("layers", "bytecode", "stripped")  # for the whole run: PyTorch need not be compressed thirty times


@dataclass(frozen=True)
class Trial:
    """One package, or several that are installed together.

    Attributes:
        kind: ``alone`` or ``sets``.
        base: The catalog image that is extended.
        requirements: What the definition asks for.
        work: The Python code that must run.
        by_hand: Keys of the definition beside those that everybody writes.
    """

    kind: str
    name: str
    base: str
    requirements: tuple[str, ...]
    work: str
    by_hand: Mapping[str, Any]

    @property
    def definition(self) -> dict[str, Any]:
        """The definition's content."""
        asked = {"requirements": list(self.requirements), **self.by_hand.get("python", {})}
        return {**self.by_hand, "name": "compatibility", "extends": self.base, "python": asked}


@dataclass(frozen=True)
class Record:
    """What came of a trial.

    Attributes:
        step: Where it ended: ``lock``, ``build``, ``work``; ``done`` when it works.
        version: Of the distribution that gave the trial its name.
        compressed: Bytes of the image's layers.
        unpacked: Bytes of its files.
        debs: Debian packages that its base does not have.
        libraries: What native libraries they were taken for.
        by_hand: What the definition says beside the requirements.
        said: The last of what the failing command wrote.
    """

    kind: str
    name: str
    base: str
    requirements: tuple[str, ...]
    work: str
    step: str
    version: str = ""
    compressed: int = 0
    unpacked: int = 0
    debs: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    by_hand: str = ""
    seconds: float = 0.0
    said: str = ""

    @property
    def works(self) -> bool:
        """Whether the work was done."""
        return self.step == "done"


def main() -> None:
    """Try what is not recorded yet, and print the tables; exit 1 when something that was asked for does not work."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", default="*", help="names or globs with commas between them")
    options.add_argument("--base", default="*", help="only packages of this base")
    options.add_argument("--jobs", type=int, default=1, help="how many at once")
    options.add_argument("--records", type=Path, default=HERE.parent / "build" / "compatibility")
    options.add_argument("--again", action="store_true", help="try once more what is recorded as failed")
    options.add_argument("--self-test", action="store_true", help="build with the image's own self-test")
    options.add_argument("--table", action="store_true", help="try nothing")
    options.add_argument("--page", type=Path, help="a page whose text stays as far as the line that begins the tables")
    chosen = options.parse_args()
    wanted = [
        trial
        for trial in trials(HERE / "compatibility.toml")
        if any(fnmatch.fnmatchcase(trial.name, glob) for glob in chosen.only.split(","))
        and fnmatch.fnmatchcase(trial.base, chosen.base)
    ]
    if not wanted:
        sys.exit(f"compatibility.toml names nothing like {chosen.only}")
    chosen.records.mkdir(parents=True, exist_ok=True)
    if not chosen.table:
        _try_all(wanted, chosen.records, chosen.jobs, again=chosen.again, tests=chosen.self_test)
    known = [(trial, _recorded(trial, chosen.records)) for trial in wanted]
    made = "\n".join(tables(known)).rstrip() + "\n"
    if chosen.page:
        write_text(chosen.page, chosen.page.read_text().partition(BEGIN)[0] + BEGIN + made)
    else:
        print(made, end="")
    sys.exit(0 if all(record is not None and record.works for _, record in known) else 1)


def trials(table: Path) -> Iterator[Trial]:
    """Yield what the table names."""
    for kind, bases in tomllib.loads(table.read_text()).items():
        for base, entries in bases.items():
            for name, entry in entries.items():
                said = {"work": entry} if isinstance(entry, str) else entry
                requirements = tuple(said.get("requirements", (name,)))
                yield Trial(kind, name, base, requirements, said["work"], said.get("by_hand", {}))


def _try_all(wanted: list[Trial], records: Path, jobs: int, *, again: bool, tests: bool) -> None:
    left = []
    for trial in wanted:
        known = _recorded(trial, records)
        if known is None or (again and not known.works):
            left.append(trial)
        elif not known.works:
            sys.stderr.write(f"{trial.name}: {known.step}, not tried again\n")
    with tempfile.TemporaryDirectory(prefix="compatibility-") as scratch, ThreadPoolExecutor(jobs) as pool:
        kept, bases = Path(scratch) / "kept", {}
        for base in sorted({trial.base for trial in left}):
            with _workplace(Path(scratch), kept) as place:
                bases[base] = _names(place.lock({"name": "compatibility", "extends": base}))

        def one(trial: Trial) -> None:
            if (known := _recorded(trial, records)) is not None and known.works:
                return  # another run was quicker
            if shutil.disk_usage(scratch).free < LEAST_FREE:
                sys.stderr.write(f"{trial.name}: not tried, the disk is nearly full\n")
                return
            with _workplace(Path(scratch), kept) as place:
                record = place.attempt(trial, bases[trial.base], tests=tests)
            write_text(_place(trial, records), json.dumps(dataclasses.asdict(record), indent=1) + "\n")
            sys.stderr.write(f"{trial.name}: {record.step}, {record.seconds:.0f} s\n")

        list(pool.map(one, left))


def _place(trial: Trial, records: Path) -> Path:
    return records / f"{trial.kind}-{trial.name.replace(' ', '-').replace(',', '')}.json"


def _recorded(trial: Trial, records: Path) -> Record | None:
    """Return what is known of a trial; a record of other requirements or other work is of another trial."""
    place = _place(trial, records)
    if not place.exists():
        return None
    data = json.loads(place.read_text())
    if data.keys() != {field.name for field in dataclasses.fields(Record)}:
        return None  # of another version of this program
    for field in ("requirements", "debs", "libraries"):
        data[field] = tuple(data[field])
    record = Record(**data)
    tried = (record.base, record.requirements, record.work, record.by_hand)
    return record if tried == (trial.base, trial.requirements, trial.work, _by_hand(trial)) else None


class _Failed(Exception):  # noqa: N818 - an outcome, which goes no further than the record
    def __init__(self, step: str, said: str) -> None:
        super().__init__(said)
        self.step, self.said = step, said


@dataclass(frozen=True)
class _Workplace:
    """A definition's directory, an image store and a cache that are there for one trial."""

    directory: Path

    def attempt(self, trial: Trial, base: frozenset[str], *, tests: bool) -> Record:
        """Build the image and do the work."""
        began = time.monotonic()
        record = Record(
            trial.kind, trial.name, trial.base, trial.requirements, trial.work, "lock", by_hand=_by_hand(trial)
        )  # fmt: skip
        try:
            record = dataclasses.replace(record, **self._locked(self.lock(trial.definition), trial, base))
            self._nautiloid(
                "build", "build", "--locked", "--test" if tests else "--no-test", "--tag", IMAGE, seconds=BUILD_SECONDS
            )
            hardened = ("run", "--engine", "bubblewrap", "--user", ANY_USER, IMAGE, "-c", trial.work)
            self._nautiloid("work", *hardened, seconds=WORK_SECONDS)
            record = dataclasses.replace(record, step="done", **self._sizes())
        except _Failed as failed:
            record = dataclasses.replace(record, step=failed.step, said=failed.said[-3000:])
        return dataclasses.replace(record, seconds=round(time.monotonic() - began, 1))

    def lock(self, definition: Mapping[str, Any]) -> Lock:
        """Write the definition and lock it."""
        (self.directory / "nautiloid.yaml").write_text(yaml.safe_dump(dict(definition)))
        self._nautiloid("lock", "lock", seconds=BUILD_SECONDS)
        return read_lock(self.directory / "compatibility.lock")

    def _locked(self, lock: Lock, trial: Trial, base: frozenset[str]) -> dict[str, Any]:
        named = canonicalize_name(Requirement(trial.requirements[0]).name)
        needs = {need.soname: deb.name for deb in lock.debs for need in deb.libraries}
        return {
            "version": next((wheel.version for wheel in lock.wheels if wheel.name == named), ""),
            "debs": tuple(sorted(_names(lock) - base)),
            "libraries": tuple(f"{soname} ({deb})" for soname, deb in sorted(needs.items())),
        }

    def _sizes(self) -> dict[str, int]:
        layers = Layout(self.directory / "images").resolve(f"{IMAGE}:latest").manifest.layers
        (root,) = (self.directory / "cache" / "rootfs").iterdir()
        files = (path.lstat() for path in root.rglob("*") if path.is_file() and not path.is_symlink())
        return {"compressed": sum(layer.size for layer in layers), "unpacked": sum(file.st_size for file in files)}

    def _nautiloid(self, step: str, *arguments: str, seconds: int) -> None:
        own = {"NAUTILOID_CACHE": "cache", "NAUTILOID_IMAGES": "images", "NAUTILOID_STATE": "state"}
        environment = {
            **os.environ,
            **{name: str(self.directory / place) for name, place in own.items()},
            "NAUTILOID_ENGINE": "bubblewrap",
        }
        command = [sys.executable, "-m", "nautiloid", "--quiet", *arguments]
        try:
            done = subprocess.run(
                command,
                cwd=self.directory,
                env=environment,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=seconds,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            raise _Failed(step, f"not done within {seconds} s") from None
        if done.returncode:
            raise _Failed(step, f"{done.stdout}{done.stderr}")


class _workplace:  # noqa: N801 - a context manager reads as a function
    """Make a workplace below a scratch directory, and throw it away."""

    def __init__(self, scratch: Path, kept: Path) -> None:
        self._directory = Path(tempfile.mkdtemp(dir=scratch))
        cache, known = self._directory / "cache", places.cache_directory()
        cache.mkdir()
        for name, origin in [*((name, known) for name in SHARED), *((name, kept) for name in KEPT)]:
            (origin / name).mkdir(parents=True, exist_ok=True)
            (cache / name).symlink_to(origin / name)

    def __enter__(self) -> _Workplace:
        return _Workplace(self._directory)

    def __exit__(self, *raised: object) -> None:
        shutil.rmtree(self._directory, ignore_errors=True)


def _names(lock: Lock) -> frozenset[str]:
    return frozenset(deb.name for deb in lock.debs)


def _by_hand(trial: Trial) -> str:
    return json.dumps(trial.by_hand, sort_keys=True) if trial.by_hand else ""


def tables(known: list[tuple[Trial, Record | None]]) -> Iterator[str]:
    """Yield the lines of the tables, and before them how many were tried."""
    for kind, what in (("alone", "package"), ("sets", "set")):
        records = [record for trial, record in known if trial.kind == kind and record is not None]
        missing = [trial.name for trial, record in known if trial.kind == kind and record is None]
        if not records:
            continue
        work = [record for record in records if record.works]
        unaided = sum(not record.by_hand for record in work)
        yield f"{len(records)} tried, {len(work)} work; {unaided} of these need nothing but names in the definition."
        if missing:
            yield f"Not tried: {', '.join(missing)}."
        yield from (
            "",
            f"| {what} | base | works | image, unpacked | Debian packages that came in | what it needed, or why not |",
        )
        yield "|---|---|---|---|---|---|"
        yield from (_row(record) for record in sorted(records, key=lambda one: one.name.lower()))
        yield ""


def _row(record: Record) -> str:
    sizes = f"{record.compressed / 1e6:,.0f} MB, {record.unpacked / 1e6:,.0f} MB" if record.compressed else ""
    debs = ", ".join(record.debs) if len(record.debs) <= 4 else f"{len(record.debs)}: {', '.join(record.debs[:3])} ..."
    told = ", ".join(record.libraries[:4]) + (" ..." if len(record.libraries) > 4 else "")
    reason = f"by hand: `{record.by_hand}`" if record.by_hand and record.works else told
    note = reason if record.works else f"{record.step}: {_reason(record.said)}"
    name = (
        f"{record.name} {record.version}".strip()
        if record.kind == "alone"
        else f"{record.name}: {', '.join(record.requirements)}"
    )
    return f"| {name} | {record.base} | {'yes' if record.works else 'no'} | {sizes} | {debs} | {note} |"


def _reason(said: str) -> str:
    """Return the line that says why: the error of Nautiloid with its first fact, else the last line of a traceback."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [number for number, line in enumerate(lines) if line.startswith(("error:", "failed:"))]
    told = " ".join(lines[errors[0] : errors[0] + 2]) if errors else (lines[-1] if lines else "no word")
    return told.partition(" ")[2][:240].replace("|", "\\|") if errors else told[:240].replace("|", "\\|")


if __name__ == "__main__":
    main()
