"""Which well-known libraries are inside of a native file: by what their own texts say, or by its name.

A wheel may bring OpenSSL twice and tell nobody. Its authors' version strings survive stripping and static linking, so
they are looked for in every native file's constant data (``text``); a file that has a library's name is looked at more
closely (``named``), and where the name itself ends with the release (``liblzma.so.5.8.4``) that is taken. Rust leaves
the path of each crate in its panic messages, which names crates with their versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nautiloid import bounds
from nautiloid.elf.errors import ElfError
from nautiloid.elf.reader import Elf


@dataclass(frozen=True, slots=True)
class Clue:
    """A library that a native file seems to hold.

    Attributes:
        kind: purl type, ``generic`` or ``cargo``.
        version: Empty where only its presence is known.
        evidence: The text or name that says so, for a person.
        confidence: 0 to 1.
    """

    kind: str
    name: str
    version: str
    evidence: str
    confidence: float


@dataclass(frozen=True, slots=True)
class _Text:
    """A text that gives a library away: ``pattern`` is tried wherever ``anchor`` occurs, from ``back`` bytes before."""

    name: str
    anchor: bytes
    pattern: re.Pattern[bytes]
    back: int = 0


@dataclass(frozen=True, slots=True)
class _Named:
    """A library known by its file name.

    Attributes:
        stems: File names up to the first ``-``, ``.`` or digit-only suffix, without ``lib``.
        pattern: Finds the version in the file's texts; group 1.
        release: Turns the digits behind ``.so.`` into the release, where they tell it.
    """

    name: str
    stems: tuple[str, ...]
    pattern: re.Pattern[bytes] | None = None
    release: str = ""


_TEXTS = tuple(
    _Text(name, anchor, re.compile(pattern), back)
    for name, anchor, pattern, back in (
        ("openssl", b"OpenSSL ", rb"OpenSSL (\d+\.\d+\.\d+[a-z]{0,2})(?:-[a-z0-9]+)?  ?\d{1,2} [A-Z][a-z]{2} \d{4}", 0),
        ("boringssl", b"BoringSSL", rb"(?:Compiled with |OpenSSL \S{1,12} \(compatible; )?BoringSSL()", 0),
        ("zlib", b"flate 1.", rb"flate (1\.\d+(?:\.\d+){0,2})(?:\.f-)?[^\0]{0,16} Copyright", 0),
        ("zlib-ng", b"zlib-ng", rb"zlib-ng (\d+\.\d+\.\d+)", 0),
        ("libpng", b"libpng version ", rb"libpng version (\d+\.\d+\.\d+)", 0),
        ("libtiff", b"LIBTIFF, Version ", rb"LIBTIFF, Version (\d+\.\d+(?:\.\d+)?)", 0),
        ("libjpeg-turbo", b"libjpeg-turbo version ", rb"libjpeg-turbo version (\d+\.\d+\.\d+)", 0),
        ("openblas", b"OpenBLAS ", rb"OpenBLAS (\d+\.\d+\.\d+)", 0),
        ("expat", b"expat_2.", rb"expat_(2\.\d+\.\d+)", 0),
        ("curl", b"libcurl/", rb"libcurl/(\d+\.\d+\.\d+)", 0),
        ("onednn", b"oneDNN v", rb"oneDNN v(?:(\d+\.\d+\.\d+)|%d)", 0),
        ("protobuf", b"protobuf/src/", rb"protobuf/src/(?:v(\d+(?:\.\d+){1,2})-|google/)", 0),
        ("libarchive", b"libarchive ", rb"libarchive (\d+\.\d+\.\d+)", 0),
        ("libxml2", b"GITv2.", rb"GITv(2\.\d+\.\d+)", 0),
        ("ffmpeg", b"FFmpeg version ", rb"FFmpeg version n?(\d+\.\d+(?:\.\d+)?)", 0),
        ("nghttp2", b"nghttp2/", rb"nghttp2/(1\.\d+\.\d+)", 0),
        ("libssh2", b"libssh2_", rb"SSH-2\.0-libssh2_(\d+\.\d+\.\d+)", 8),
        ("libssh", b"libssh_", rb"SSH-2\.0-libssh_(\d+\.\d+\.\d+)", 8),
        ("grpc", b"grpc-c++/", rb"grpc-c\+\+/(\d+\.\d+\.\d+)", 0),
        ("hdf5", b"HDF5 library version ", rb"HDF5 library version (\d+\.\d+\.\d+)", 0),
        ("aom", b"AOMedia Project AV1 ", rb"AOMedia Project AV1 (?:Encoder|Decoder)()", 0),
        ("bzip2", b"1.0.", rb"(1\.0\.\d), \d{1,2}-[A-Z][a-z]{2}-\d{4}\0", 0),
    )
)

_SQLITE_ANCHOR = b"SQLite format 3"
_SQLITE_VERSION = re.compile(rb"\0(3\.\d{1,2}\.\d{1,2}(?:\.\d)?)\0")
_CRATE_ANCHOR = b"/registry/src/"
_CRATE = re.compile(rb"/registry/src/[^/\0]{1,80}/([A-Za-z0-9_-]{1,64})-(\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]{1,40}?)?)/")
_COMPILER = re.compile(rb"GCC: \([^)\0]{1,80}\) (\d+\.\d+\.\d+)")


def _alone(digits: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"\0(" + digits + rb")\0")


_NAMED = (
    _Named("openssl", ("crypto", "ssl")),
    _Named("zlib", ("z",), release="{0}.{1}.{2}"),
    _Named("libjpeg-turbo", ("jpeg", "turbojpeg")),
    _Named("libpng", ("png16", "png"), release="1.6.{1}"),
    _Named("libtiff", ("tiff",)),
    _Named("freetype", ("freetype",)),
    _Named("harfbuzz", ("harfbuzz",), _alone(rb"\d{1,2}\.\d{1,2}\.\d{1,2}")),
    _Named("xz", ("lzma",), _alone(rb"5\.\d{1,2}\.\d{1,2}"), "{0}.{1}.{2}"),
    _Named("zstd", ("zstd",), _alone(rb"1\.\d{1,2}\.\d{1,2}"), "{0}.{1}.{2}"),
    _Named("openjpeg", ("openjp2",), _alone(rb"2\.\d{1,2}\.\d{1,2}"), "{0}.{1}.{2}"),
    _Named("brotli", ("brotlicommon", "brotlidec", "brotlienc"), release="{0}.{1}.{2}"),
    _Named("libwebp", ("webp", "webpdemux", "webpmux", "sharpyuv", "webpdecoder")),
    _Named("libavif", ("avif",), _alone(rb"1\.\d{1,2}\.\d{1,2}")),
    _Named("aom", ("aom",), _alone(rb"3\.\d{1,2}\.\d{1,2}")),
    _Named("dav1d", ("dav1d",), _alone(rb"1\.\d{1,2}\.\d{1,2}")),
    _Named("lcms2", ("lcms2",)),
    _Named("libxcb", ("xcb",)),
    _Named("libxau", ("xau",)),
    _Named("bzip2", ("bz2",), release="{0}.{1}.{2}"),
    _Named("sqlite", ("sqlite3",)),
    _Named("expat", ("expat",)),
    _Named("curl", ("curl",)),
    _Named("libffi", ("ffi",)),
    _Named("libyaml", ("yaml",), release="{0}.{1}.{2}"),
    _Named("libxml2", ("xml2",), release="{0}.{1}.{2}"),
    _Named("libxslt", ("xslt", "exslt")),
    _Named("openblas", ("openblas", "openblasp", "scipy_openblas", "openblas64_", "scipy_openblas64_")),
    _Named("gcc", ("gomp", "gfortran", "quadmath", "stdc++", "gcc_s", "atomic"), None),
    _Named("llvm-openmp", ("omp", "iomp5")),
    _Named("ffmpeg", ("avcodec", "avformat", "avutil", "avfilter", "avdevice", "swscale", "swresample")),
    _Named("hdf5", ("hdf5", "hdf5_hl")),
    _Named("protobuf", ("protobuf", "protobuf-lite", "protoc")),
    _Named("onednn", ("dnnl", "mkldnn")),
    _Named("cuda-runtime", ("cudart",)),
    _Named("nvjpeg", ("nvjpeg",)),
    _Named("krb5", ("krb5", "gssapi_krb5", "k5crypto", "krb5support", "com_err")),
    _Named("libpq", ("pq",)),
    _Named("libssh2", ("ssh2",)),
    _Named("nghttp2", ("nghttp2",)),
    _Named("pcre2", ("pcre2-8",), _alone(rb"10\.\d{2}(?: \d{4}-\d\d-\d\d)?")),
    _Named("icu", ("icuuc", "icudata", "icui18n"), release="{0}.{1}"),
)
_BY_STEM = {stem: named for named in _NAMED for stem in named.stems}

_STEM_AND_HASH = re.compile(r"(?P<stem>.+?)(?:[-.][0-9a-f]{8,})*[-]?$")


def find_libraries(path: str, elf: Elf) -> tuple[Clue, ...]:
    """Return the libraries that a native file holds, each once, the surest first.

    Args:
        path: The file's path; its name is a clue.
        elf: The file.
    """
    found: dict[tuple[str, str], Clue] = {}
    try:
        clues = [*_in_texts(elf), *_by_name(path, elf)]
    except ElfError:
        clues = []
    for clue in sorted(clues, key=lambda clue: -clue.confidence):
        named = {name for kind, name in found if kind == clue.kind}
        # "zlib 1.3.1" makes a bare "zlib" needless, but two versions in one file are two facts.
        if clue.version or clue.name not in named:
            found.setdefault((clue.kind, f"{clue.name} {clue.version}" if clue.kind == "cargo" else clue.name), clue)
    return tuple(found.values())


def stem_of(file_name: str) -> str:
    """Return a shared object's name without ``lib``, versions and the hash that auditwheel puts in (``png16``)."""
    head = file_name.split(".so", 1)[0].removeprefix("lib")
    match = _STEM_AND_HASH.fullmatch(head[: bounds.FILE_NAME])
    return match["stem"].rstrip("-") if match else head


def _in_texts(elf: Elf) -> Iterator[Clue]:
    for text in _TEXTS:
        for match in _matches(elf, text.anchor, text.pattern, text.back):
            version = (match[1] or b"").decode("ascii")
            shown = match[0].decode("utf-8", "replace").strip()
            yield Clue("generic", text.name, version, f"text {shown!r}", 0.95 if version else 0.6)
            break
    if any(elf.content.find(_SQLITE_ANCHOR, start, end) >= 0 for start, end in elf.text_ranges()):
        for start, end in elf.text_ranges():
            versions = [match[1].decode() for match in _SQLITE_VERSION.finditer(elf.content, start, end)]
            if versions:
                yield Clue(
                    "generic", "sqlite", max(versions, key=_digits), f"text {versions[0]!r} in SQLite's data", 0.8
                )
                break
        else:
            yield Clue("generic", "sqlite", "", "text 'SQLite format 3'", 0.5)
    for match in _matches(elf, _CRATE_ANCHOR, _CRATE):
        name, version = match[1].decode(), match[2].decode()
        yield Clue("cargo", name, version, f"path of its source: {name}-{version}", 0.95)


def _matches(elf: Elf, anchor: bytes, pattern: re.Pattern[bytes], back: int = 0) -> Iterator[re.Match[bytes]]:
    for start, end in elf.text_ranges():
        at, seen = elf.content.find(anchor, start, end), 0
        while at >= 0 and seen < bounds.LIBRARY_TEXTS:
            seen += 1
            match = pattern.search(elf.content, max(start, at - back), min(at + bounds.LIBRARY_TEXT, end))
            if match is not None and match.start() <= at:
                yield match
            at = elf.content.find(anchor, at + len(anchor), end)


def _by_name(path: str, elf: Elf) -> Iterable[Clue]:
    file_name = path.rpartition("/")[2]
    named = _BY_STEM.get(stem_of(file_name).lower())
    if named is None or ".so" not in file_name:
        return ()
    version, evidence = "", f"file name {file_name}"
    if named.name == "gcc":
        version = _compiler_version(elf)
        evidence = f"{evidence}, built by GCC {version}" if version else evidence
    elif named.pattern is not None:
        version = _best(named.pattern, elf)
        evidence = f"{evidence}, text {version!r}" if version else evidence
    if not version and named.release:
        version = _release(named.release, file_name)
    return (Clue("generic", named.name, version, evidence, 0.8 if version else 0.5),)


def _compiler_version(elf: Elf) -> str:
    start, size = elf.sections.get(".comment", (0, 0))
    match = _COMPILER.search(bytes(elf.content[start : start + min(size, 4096)]))
    return match[1].decode() if match else ""


def _best(pattern: re.Pattern[bytes], elf: Elf) -> str:
    for start, end in elf.text_ranges():
        if match := pattern.search(elf.content, start, end):
            return match[1].decode()
    return ""


def _release(form: str, file_name: str) -> str:
    digits = file_name.partition(".so.")[2].split(".")
    return form.format(*digits) if len(digits) >= 3 and all(digit.isdigit() for digit in digits) else ""


def _digits(version: str) -> tuple[int, ...]:
    return tuple(int(step) for step in version.split("."))
