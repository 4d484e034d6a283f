"""Coverage-guided fuzzing of everything that reads strangers' bytes; not a test, as it has no end of its own.

    pip install atheris
    python tests/fuzz/fuzz_parsers.py -max_total_time=300

An input that makes a parser raise anything but its own error is written to ``crash-*`` by libFuzzer.
"""

from __future__ import annotations

import io
import sys

import atheris

with atheris.instrument_imports(include=["nautiloid"]):
    from nautiloid.elf.errors import ElfError
    from nautiloid.elf.reader import Elf
    from nautiloid.errors import UsageError
    from nautiloid.inspection.layer_listing import list_layer
    from nautiloid.inspection.native_libraries import find_libraries
    from nautiloid.inspection.ownership import owners
    from nautiloid.inspection.secrets import find_secret
    from nautiloid.models.judge import judge
    from nautiloid.oci.errors import ImageFormatError
    from nautiloid.packages.kinds import BY_PURL_TYPE, KINDS
    from nautiloid.packages.os_release import Distribution, read_distribution
    from nautiloid.packages.unreadable import UnreadableError
    from nautiloid.subjects.cyclonedx import subject_of_cyclonedx
    from nautiloid.subjects.cyclonedx_xml import read_cyclonedx_xml
    from nautiloid.subjects.spdx import subject_of_spdx
    from nautiloid.subjects.spdx_tag_value import read_tag_value


class _Nobody:
    def look(self, *_: object) -> None:
        return None


def _elf(data: bytes) -> None:
    elf = Elf(b"\x7fELF" + data)
    _ = (elf.program, elf.needed, elf.soname, elf.relro)
    find_libraries("x/libz.so.1.3.1", elf)
    for kind in KINDS:
        kind.in_native("x", elf)


def _records(data: bytes) -> None:
    home = "usr/lib/python3/dist-packages/a-1.dist-info"
    paths = ("var/lib/dpkg/status", "lib/apk/db/installed", f"{home}/METADATA", f"{home}/RECORD",
             f"{home}/sboms/a.json", "x/_vendor/vendor.txt", "etc/os-release")  # fmt: skip
    records = dict.fromkeys(paths, data)
    read_distribution(records)
    for kind in KINDS:
        list(kind.packages(records, Distribution()))
        list(kind.bundled(records))
        list(kind.unreadable(records))
    owners(records, lambda path: path)


def _layer(data: bytes) -> None:
    list_layer(io.BytesIO(data), _Nobody())


_READERS = (
    _elf,
    _records,
    _layer,
    lambda data: judge("a.pt", data),
    lambda data: judge("a.pkl", b"\x80\x04" + data),
    lambda data: judge("a.npz", b"PK\x03\x04" + data),
    lambda data: judge("a.onnx", data),
    lambda data: judge("a.h5", b"\x89HDF\r\n\x1a\n" + data),
    lambda data: judge("a.gguf", b"GGUF\x03\0\0\0" + data),
    lambda data: judge("a.npy", b"\x93NUMPY" + data),
    lambda data: find_secret("a/.env", data),
    lambda data: BY_PURL_TYPE["maven"].read("a.jar", data),
    lambda data: BY_PURL_TYPE["pypi"].read("a.whl", data),
    lambda data: BY_PURL_TYPE["npm"].read("node_modules/a/package.json", data),
    lambda data: BY_PURL_TYPE["conda"].read("conda-meta/a.json", data),
    lambda data: BY_PURL_TYPE["rpm"].read("var/lib/rpm/Packages.db", data),
    lambda data: BY_PURL_TYPE["rpm"].read("var/lib/rpm/Packages.db", b"RpmP" + data),
    lambda data: subject_of_cyclonedx(read_cyclonedx_xml(data, "a.xml"), "a.xml"),
    lambda data: subject_of_spdx(read_tag_value(data.decode("utf-8", "replace"), "a.spdx"), "a.spdx"),
)


def one_input(data: bytes) -> None:
    """Give the input to the reader that its first byte chooses."""
    if not data:
        return
    try:
        _READERS[data[0] % len(_READERS)](data[1:])
    except (UnreadableError, ElfError, ImageFormatError, UsageError, ValueError):
        return


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
