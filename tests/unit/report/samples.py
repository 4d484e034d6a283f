"""What reports are made of in tests: an image of everyday size, with the long and the hostile names that there are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from nautiloid.factory.definition import Definition
from nautiloid.factory.lockfile import Lock
from nautiloid.inspection.comparison import Comparison, compare
from nautiloid.inspection.inventory import Executable, Inspection, LayerFacts, ModelFile, Risk, Surface, Usage, Weakness
from nautiloid.models.verdict import Verdict
from nautiloid.oci.model import MANIFEST, Descriptor
from nautiloid.packages.component import Component, Found
from nautiloid.patching.result import Patched, PatchResult, Refused
from nautiloid.updating.changelogs import ChangelogFixes
from nautiloid.updating.changes import LockChange, Vulnerability
from nautiloid.updating.lock_update import LockUpdate
from nautiloid.updating.update import Update
from nautiloid.vulns.severity import Severity

from .test_scan_table import LONG_VERSION, RESULT

WIDTHS = (40, 60, 80, 100, 120, 160, 200, None)
"""Terminals from very narrow to very wide, and a pipe."""

HOSTILE = "\x1b[31mred\n\u202e"
LONG_NAME = "registry.example.com:5000/deep-sea-research/octopus-detector-inference-server"


def digest(number: int) -> str:
    """Return a digest that no other number has."""
    return f"sha256:{number:02x}{'0123456789abcdef' * 4}"[:71]


# Name, version, bytes.
_DEBS = [
    ("chromium", LONG_VERSION, 312_400_000), ("libllvm15", "1:15.0.6-4+b1", 107_000_000),
    ("gcc-12", "12.2.0-14+deb12u1", 48_300_000), ("libpython3.11-stdlib", "3.11.2-6+deb12u6", 9_100_000),
    ("libc6", "2.36-9+deb12u10", 12_900_000), ("openssl", "3.0.16-1~deb12u1", 2_300_000),
    ("perl-base", "5.36.0-7+deb12u2", 7_600_000), ("bash", "5.2.15-2+b8", 7_200_000),
    ("coreutils", "9.1-1", 18_000_000), ("dpkg", "1.21.22", 6_500_000), ("apt", "2.6.1", 4_200_000),
    ("linux-libc-dev", "6.1.140-1", 7_700_000), ("libgomp1", "12.2.0-14+deb12u1", 330_000),
    ("zlib1g", "1:1.2.13.dfsg-1", 170_000), ("tzdata", "2025b-0+deb12u1", 3_800_000), (HOSTILE, "1.0\x07", 0),
]  # fmt: skip
_WHEELS = [
    ("torch", "2.13.0+cpu", 742_000_000), ("nvidia-cudnn-cu12", "9.10.2.21", 1_214_000_000),
    ("pillow", "11.3.0", 6_700_000), ("numpy", "2.3.2", 61_000_000), ("pip", "23.0.1", 9_800_000),
]  # fmt: skip
_BUNDLED = [
    ("generic", "openblas", "0.3.29", "pkg:pypi/numpy@2.3.2"), ("generic", "libwebp", "", "pkg:pypi/pillow@11.3.0"),
    ("pypi", "urllib3", "1.26.5", "pkg:pypi/pip@23.0.1"),
    ("generic", "libjpeg-turbo", "3.1.1", "pkg:pypi/pillow@11.3.0?file_name=pillow-11.3.0-cp311-manylinux.whl"),
]  # fmt: skip
_WEAK = [
    (Risk.HIGH, "A secret in a file", "/app/config/credentials.json", "holds what looks like a private key (PEM)"),
    (Risk.MEDIUM, "Runs as root", "configuration: User", "no USER is set, so that whoever breaks into the program is "
     "root in the container"),
    (Risk.MEDIUM, "Gives rights", "/usr/bin/su", "is setuid root; it belongs to util-linux"),
    (Risk.MEDIUM, "Runs code when it is loaded", "/usr/local/lib/python3.11/dist-packages/octopus_detector/weights/"
     "resnet18-octopus-whale-penguin-20260714-final.pt", "its pickle imports posix.system and builtins.eval"),
    (Risk.LOW, "No stack protector", "/usr/local/bin/octopus", "built without -fstack-protector"),
    (Risk.LOW, "Writable by all", f"/tmp/{HOSTILE}", "mode 0777"),
    (Risk.INFO, "Runs at start-up", "/usr/lib/python3/dist-packages/distutils-precedence.pth", "a .pth file"),
]  # fmt: skip


def _component(kind: str, name: str, version: str, size: int = 0, within: str = "") -> Component:
    how = {"deb": Found.DPKG, "pypi": Found.VENDORED if within else Found.DIST_INFO, "generic": Found.NATIVE,
           "maven": Found.JAR, "npm": Found.NPM}[kind]  # fmt: skip
    space = "debian/" if kind == "deb" else ""
    purl = f"pkg:{kind}/{space}{quote(name, safe='/')}" + (f"@{quote(version)}" if version else "")
    return Component(kind, name, version, purl, how, f"var/lib/{kind}", within=within, size=size)


_PROGRAMS = tuple(
    Executable(f"usr/bin/{name}", "ELF", 0, 120_000, "", "coreutils")
    for name in ("apt", "bash", "cat", "chmod", "chown", "cp", "curl", "dash", "dd", "df", "dpkg", "gcc-12", "ls", "mv",
                 "perl", "pip3", "python3.11", "rm", "su", "tar", "x86_64-linux-gnu-gold-with-a-long-name", HOSTILE)
)  # fmt: skip

INSPECTION = Inspection(
    name=LONG_NAME + ":1.4",
    digest=digest(1),
    platform="linux/amd64",
    created="2026-07-14T04:00:00Z",
    distribution="Debian GNU/Linux 12 (bookworm)",
    distribution_id="debian",
    distribution_version="12",
    config={"User": "", "Entrypoint": "python3.11", "Env": "PATH, LANG"},
    layers=(LayerFacts(0, digest(2), digest(3), "debian", 48_000_000, 131_000_000, 130_000_000, 9_412),),
    components=(
        *(_component("deb", *row) for row in _DEBS), *(_component("pypi", *row) for row in _WHEELS),
        *(_component(kind, name, version, within=within) for kind, name, version, within in _BUNDLED),
        _component("maven", "org.apache.logging.log4j:log4j-core", "2.24.3", 1_900_000),
        _component("npm", "@img/sharp-linux-x64", "0.34.3", 44_700_000),
    ),
    files=12_345,
    size=2_612_000_000,
    compressed=987_654_321,
    surface=Surface(
        executables=_PROGRAMS, shared_objects=612, shells=("usr/bin/bash", "usr/bin/dash"),
        interpreters=("usr/bin/perl", "usr/bin/python3.11"), package_managers=("usr/bin/apt", "usr/bin/dpkg"),
        compilers=("usr/bin/gcc-12",), network_clients=("usr/bin/curl",), setuid=("usr/bin/su",),
        models=(ModelFile("app/model.pt", "PyTorch checkpoint", 44_700_000, 0, "a" * 64, Verdict.RUNS_CODE,
                          imports=("posix.system",)),),
    ),
    findings=tuple(Weakness(title.lower().replace(" ", "-"), risk, title, where, detail, "Take it out.")
                   for risk, title, where, detail in _WEAK),
    skipped=(),
    usage=Usage("all", 2, (Usage("debian", 2, (Usage("/usr/bin/su", 2),)),)),
    tool="nautiloid 1.0",
)  # fmt: skip
"""An image that was built without care."""

SMALL = replace(
    INSPECTION,
    name="nautiloid/octopus-detector:latest",
    digest=digest(4),
    components=(
        _component("deb", "libc6", "2.36-9+deb12u13", 12_900_000), _component("deb", "chromium", f"{LONG_VERSION}.1"),
        _component("deb", "libstdc++6", "12.2.0-14+deb12u1", 2_300_000),
        _component("pypi", "torch", "2.13.0+cpu", 742_000_000),
        _component("npm", "@img/sharp-linux-x64", "0.34.3", 44_700_000),
    ),
    files=2_101, size=801_000_000, compressed=212_000_000,
    surface=Surface(executables=(Executable("usr/bin/python3.11", "ELF", 0, 6_800_000),), shared_objects=88,
                    interpreters=("usr/bin/python3.11",)),
    findings=(),
)  # fmt: skip
"""The same work with less around it."""

COMPARISON: Comparison = compare([INSPECTION, replace(INSPECTION, name="python:3.11-slim", findings=()), SMALL])


def _vulnerability(identity: str, severity: Severity = Severity.MEDIUM) -> Vulnerability:
    return Vulnerability(identity, severity)


CHANGES = (
    LockChange("deb", "chromium", LONG_VERSION, LONG_VERSION.replace("140.0.7339.185", "141.0.7390.122"), "chromium",
           fixes=tuple(_vulnerability(f"CVE-2026-70{number:02}", Severity.HIGH) for number in range(1, 15)),
           brings=(_vulnerability("CVE-2026-7999"),)),
    LockChange("deb", "libpython3.11-stdlib", "3.11.2-6+deb12u5", "3.11.2-6+deb12u6", "python3.11",
           fixes=(_vulnerability("CVE-2025-0938"), _vulnerability("CVE-2025-1795", Severity.LOW))),
    LockChange("deb", "libssl3", "3.0.16-1~deb12u1", "3.0.19-1~deb12u1", "openssl",
           fixes=(_vulnerability("CVE-2026-0464", Severity.CRITICAL),)),
    LockChange("deb", "libzstd1", "", "1.5.4+dfsg2-5"),
    LockChange("deb", "tzdata", "2025b-0+deb12u1", "2026a-0+deb12u1"),
    LockChange("deb", "libgcrypt20", "1.10.1-3", ""),
    LockChange("deb", f"hostile{HOSTILE}", "1\x07", "2\x07"),
    LockChange("wheel", "pillow", "11.3.0", "12.0.0",
               fixes=(_vulnerability("GHSA-3f63-hfp8-52jq", Severity.CRITICAL),)),
    LockChange("wheel", "opentelemetry-instrumentation-system-metrics", "0.58b0", "0.59b0"),
    LockChange("weights", "resnet18", "f37072fd47e8", "5c106cde386e"),
    LockChange("files", "/usr/local/share/octopus-detector/configuration/thresholds.yaml",
               "0123456789ab", "ba9876543210"),
)  # fmt: skip


def lock(at: datetime) -> Lock:
    """Return the lock of an image on one day."""
    return Lock(tool="nautiloid 1.0", timestamp=at, definition=Definition(name="octopus-detector", summary="Detects."))


UPDATE = LockUpdate(
    Path("octopus-detector.lock"),
    Update(
        lock(datetime(2026, 7, 1, tzinfo=UTC)), lock(datetime(2026, 7, 14, tzinfo=UTC)), CHANGES, RESULT, RESULT,
        ("had to move along: libpython3.11-minimal",),
    ),
    (
        ChangelogFixes("chromium", LONG_VERSION, "141.0.7390.122-1~deb12u1",
                       tuple(f"CVE-2026-70{number:02}" for number in range(1, 15)), 3),
        ChangelogFixes("openssl", "3.0.16-1~deb12u1", "3.0.19-1~deb12u1", ("CVE-2026-0464",), 2),
    ),
)  # fmt: skip

PATCHED = (
    Patched("deb", "chromium", LONG_VERSION, LONG_VERSION.replace("140.0.7339.185", "141.0.7390.122"),
            ("/etc/chromium.d/default-flags", "/etc/chromium.d/apikeys", "/etc/chromium/master_preferences")),
    Patched("deb", "libpython3.11-stdlib", "3.11.2-6+deb12u5", "3.11.2-6+deb12u6"),
    Patched("deb", "libssl3", "3.0.16-1~deb12u1", "3.0.19-1~deb12u1", ("/etc/ssl/openssl.cnf",)),
    Patched("deb", "openssl", "3.0.16-1~deb12u1", "3.0.19-1~deb12u1"),
    Patched("deb", "libzstd1", "", "1.5.4+dfsg2-5"),
    Patched("deb", f"hostile{HOSTILE}", "1\x07", "2\x07"),
    Patched("wheel", "pillow", "9.4.0", "10.3.0"),
)  # fmt: skip
REFUSED = (
    Refused("deb", "glibc", "2.36-9+deb12u9", "2.36-9+deb12u13",
            ("libc6: its postinst would restart services", "libc-bin: its trigger runs ldconfig")),
    Refused("deb", "linux", "6.1.140-1", "", ("linux-libc-dev: no archive offers the fixed version",)),
    Refused("wheel", "urllib3", "1.26.5", "1.26.19", (f"bundled in pip{HOSTILE}",)),
)  # fmt: skip
AFTER = replace(RESULT, findings=tuple(one for one in RESULT.findings if one.package in ("linux", "urllib3")))
PATCH = PatchResult(
    f"{LONG_NAME}:1.4-patched", PATCHED, REFUSED, RESULT, AFTER, Descriptor(MANIFEST, digest(5), 1_234), 104_300_000,
    ("the archive's keys were taken from the image",),
)  # fmt: skip
