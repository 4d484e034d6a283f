"""Which upstream project a native library comes from, and under which names others keep advisories about it.

A library inside of a wheel has a name and a version, and no package manager. Its advisories are found by its source
repository (OSV's records with ranges of commits), by its name at OSS-Fuzz, and by its source package at Debian. Sources
of the names: each project's home page, github.com/google/oss-fuzz (``projects/``) and packages.debian.org.

The advisory database keeps records of these projects only: ``vulns.database.schema.VERSION`` grows with the table.
"""

from __future__ import annotations

from dataclasses import dataclass

from nautiloid.versions.errors import InvalidVersionError
from nautiloid.versions.upstream import version_key

UPSTREAM = "upstream"
"""Where advisories about a library are: a name of our own for all that is known of its project."""
GIT = "GIT"
"""What OSV calls records that name a repository."""
OSS_FUZZ = "OSS-Fuzz"
"""What OSV calls the findings of Google's fuzzing service."""
DEBIAN = "Debian"


@dataclass(frozen=True, slots=True)
class NativeProject:
    """One library.

    Attributes:
        library: As inspection calls it.
        repositories: Where its source is or was, without scheme.
        oss_fuzz: Its name at OSS-Fuzz; empty where it has none.
        debian: Its source package at Debian; empty where it has none, or one for each branch.
        linear: Every release holds all that those before it held. False where old branches get releases beside new
            ones: there a higher number is not always the later release.
        aliases: Other names that SBOMs give it.
        followed_by: From which version on the name means another library, and which.
        tagged_without_major: Releases from this one on are tagged without their first number.
        no_advisories: Why there is nothing to look it up in; empty for what has advisories.
    """

    library: str
    repositories: tuple[str, ...] = ()
    oss_fuzz: str = ""
    debian: str = ""
    linear: bool = False
    aliases: tuple[str, ...] = ()
    followed_by: tuple[str, str] = ("", "")
    tagged_without_major: str = ""
    no_advisories: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """What its tags may begin with (``openssl-3.0.1``), the longest first."""
        last_steps = (repository.rpartition("/")[2] for repository in self.repositories)
        names = {self.library, self.oss_fuzz, *self.aliases, *last_steps} - {""}
        return tuple(sorted(names, key=lambda name: (-len(name), name)))

    @property
    def ecosystems(self) -> tuple[str, ...]:
        """Where upstream's own advisories are, as OSV spells it."""
        return (*((GIT,) if self.repositories else ()), *((OSS_FUZZ,) if self.oss_fuzz else ()))

    def as_tagged(self, version: str) -> str:
        """Return a version as the project's tags number it.

        Raises:
            InvalidVersionError: It is no release's number.
        """
        if self.tagged_without_major and version_key(version) >= version_key(self.tagged_without_major):
            return version.partition(".")[2]
        return version


PROJECTS: tuple[NativeProject, ...] = (
    # -- compression ---------------------------------------------------------------------------------------------
    # There is no zlib 2: Pillow's SBOM says zlib, and means the zlib-ng that it has built in its place.
    NativeProject("zlib", ("github.com/madler/zlib",), "zlib", "zlib", linear=True, followed_by=("2", "zlib-ng")),
    NativeProject("zlib-ng", ("github.com/zlib-ng/zlib-ng",), "zlib-ng"),
    NativeProject("xz", ("github.com/tukaani-project/xz",), "xz", "xz-utils", aliases=("liblzma", "xz-utils")),
    NativeProject("zstd", ("github.com/facebook/zstd",), "zstd", "libzstd", linear=True, aliases=("libzstd",)),
    NativeProject("brotli", ("github.com/google/brotli",), "brotli", "brotli", linear=True),
    NativeProject("bzip2", ("gitlab.com/bzip2/bzip2", "sourceware.org/git/bzip2"), "bzip2", "bzip2", linear=True),
    NativeProject("libarchive", ("github.com/libarchive/libarchive",), "libarchive", "libarchive", linear=True),
    # -- images and fonts ----------------------------------------------------------------------------------------
    NativeProject("libpng", ("github.com/pnggroup/libpng", "github.com/glennrp/libpng"), "libpng", "libpng1.6"),
    NativeProject("libtiff", ("gitlab.com/libtiff/libtiff",), "libtiff", "tiff", linear=True, aliases=("tiff",)),
    # From 6 on, a "libjpeg" is the Independent JPEG Group's, whose numbers are of another line.
    NativeProject("libjpeg-turbo", ("github.com/libjpeg-turbo/libjpeg-turbo",), "libjpeg-turbo", "libjpeg-turbo",
                  aliases=("libjpeg",), followed_by=("6", "libjpeg-ijg")),
    NativeProject("libwebp", ("chromium.googlesource.com/webm/libwebp", "github.com/webmproject/libwebp"), "libwebp",
                  "libwebp", linear=True),
    NativeProject("openjpeg", ("github.com/uclouvain/openjpeg",), "openjpeg", "openjpeg2", linear=True,
                  aliases=("openjpeg2",)),
    NativeProject("lcms2", ("github.com/mm2/little-cms",), "lcms", "lcms2", linear=True,
                  aliases=("littlecms2", "lcms")),
    NativeProject("freetype", ("gitlab.freedesktop.org/freetype/freetype", "github.com/freetype/freetype",
                               "git.savannah.gnu.org/cgit/freetype/freetype2"), "freetype2", "freetype", linear=True,
                  aliases=("freetype2", "libfreetype")),
    NativeProject("harfbuzz", ("github.com/harfbuzz/harfbuzz",), "harfbuzz", "harfbuzz", linear=True),
    NativeProject("fribidi", ("github.com/fribidi/fribidi",), "fribidi", "fribidi", linear=True),
    NativeProject("libavif", ("github.com/aomediacodec/libavif",), "libavif", "libavif", linear=True),
    NativeProject("aom", ("aomedia.googlesource.com/aom",), "libaom", "aom", linear=True),
    NativeProject("dav1d", ("code.videolan.org/videolan/dav1d",), "dav1d", "dav1d", linear=True),
    NativeProject("libimagequant", ("github.com/imageoptim/libimagequant",), "", "libimagequant"),
    NativeProject("libxcb", ("gitlab.freedesktop.org/xorg/lib/libxcb",), "", "libxcb", linear=True),
    NativeProject("libxau", ("gitlab.freedesktop.org/xorg/lib/libxau",), "", "libxau", linear=True),
    NativeProject("ffmpeg", ("git.ffmpeg.org/ffmpeg", "github.com/ffmpeg/ffmpeg"), "ffmpeg", "ffmpeg"),
    # -- numbers and models --------------------------------------------------------------------------------------
    NativeProject("openblas", ("github.com/openmathlib/openblas", "github.com/xianyi/openblas"), "", "openblas",
                  linear=True),
    NativeProject("onednn", ("github.com/uxlfoundation/onednn", "github.com/oneapi-src/onednn"), "", "onednn"),
    NativeProject("onnx", ("github.com/onnx/onnx",), "", "onnx", linear=True),
    NativeProject("onnxruntime", ("github.com/microsoft/onnxruntime",), "", "onnxruntime", linear=True),
    # protobuf 3.21.12, 4.25.3 and 5.29.0 are tagged v21.12, v25.3 and v29.0: each language has its own first number.
    NativeProject("protobuf", ("github.com/protocolbuffers/protobuf", "github.com/google/protobuf"), "", "protobuf",
                  tagged_without_major="3.21"),
    NativeProject("flatbuffers", ("github.com/google/flatbuffers",), "flatbuffers", "flatbuffers", linear=True),
    NativeProject("abseil-cpp", ("github.com/abseil/abseil-cpp",), "abseil-cpp", "abseil"),
    NativeProject("re2", ("github.com/google/re2",), "re2", "re2", linear=True),
    NativeProject("hdf5", ("github.com/hdfgroup/hdf5",), "hdf5", "hdf5"),
    # -- the net, documents and data -----------------------------------------------------------------------------
    NativeProject("openssl", ("github.com/openssl/openssl",), "openssl", "openssl"),
    NativeProject("curl", ("github.com/curl/curl",), "curl", "curl", linear=True, aliases=("libcurl",)),
    NativeProject("nghttp2", ("github.com/nghttp2/nghttp2",), "nghttp2", "nghttp2", linear=True),
    NativeProject("libssh2", ("github.com/libssh2/libssh2",), "libssh2", "libssh2", linear=True),
    NativeProject("libssh", ("gitlab.com/libssh/libssh-mirror", "git.libssh.org/projects/libssh"), "libssh", "libssh"),
    NativeProject("krb5", ("github.com/krb5/krb5",), "krb5", "krb5"),
    NativeProject("grpc", ("github.com/grpc/grpc",), "grpc", "grpc"),
    NativeProject("libpq", ("github.com/postgres/postgres",), "postgresql"),
    NativeProject("sqlite", ("github.com/sqlite/sqlite",), "sqlite3", "sqlite3", aliases=("sqlite3",)),
    NativeProject("expat", ("github.com/libexpat/libexpat",), "expat", "expat", linear=True, aliases=("libexpat",)),
    NativeProject("libxml2", ("gitlab.gnome.org/gnome/libxml2", "github.com/gnome/libxml2"), "libxml2", "libxml2"),
    NativeProject("libxslt", ("gitlab.gnome.org/gnome/libxslt", "github.com/gnome/libxslt"), "libxslt", "libxslt",
                  linear=True),
    NativeProject("libyaml", ("github.com/yaml/libyaml",), "libyaml", "libyaml", linear=True),
    NativeProject("libffi", ("github.com/libffi/libffi",), "", "libffi", linear=True),
    NativeProject("pcre2", ("github.com/pcre2project/pcre2",), "pcre2", "pcre2", linear=True),
    NativeProject("icu", ("github.com/unicode-org/icu",), "icu", "icu"),
    # -- what nobody publishes advisories for by release ---------------------------------------------------------
    NativeProject("boringssl", no_advisories="it has no releases: only its commits could be compared"),
    NativeProject("gcc", no_advisories="its run-time libraries tell the compiler that built them, which need not be "
                  "the release they are of; advisories about GCC concern the compiler"),
    NativeProject("llvm-openmp", no_advisories="its files tell no release, and LLVM's advisories concern compilers"),
    NativeProject("cuda-runtime", no_advisories="NVIDIA's bulletins are not in OSV's format"),
    NativeProject("nvjpeg", no_advisories="NVIDIA's bulletins are not in OSV's format"),
)  # fmt: skip

_BY_NAME = {name: project for project in PROJECTS for name in (project.library, *project.aliases)}
REPOSITORIES = frozenset(repository for project in PROJECTS for repository in project.repositories)
OSS_FUZZ_NAMES = frozenset(project.oss_fuzz for project in PROJECTS) - {""}


def library_name(name: str) -> str:
    """Spell a library's name as inspection does: SBOMs write ``FreeType`` and ``freetype2`` for one library."""
    plain = name.lower().replace("_", "-").rpartition("/")[2].strip()
    project = _BY_NAME.get(plain)
    return project.library if project else plain


def project_of(name: str, version: str = "") -> NativeProject | None:
    """Return the project of a library; None where the table has none.

    Args:
        name: The library's, as any SBOM spells it.
        version: Its version, which tells two libraries of one name apart; empty if unknown.
    """
    project = _BY_NAME.get(library_name(name))
    if project is None or not version or not project.followed_by[0]:
        return project
    first, other = project.followed_by
    try:
        return _BY_NAME.get(other) if version_key(version) >= version_key(first) else project
    except InvalidVersionError:
        return project


def repository_name(url: str) -> str:
    """Return a repository's URL in the one form that is compared: no scheme, no user, no ``.git``, lower case."""
    plain = url.strip().lower().removeprefix("git+").partition("://")[2] or url.strip().lower()
    host, slash, path = plain.partition("/")
    return f"{host.rpartition('@')[2].removeprefix('www.')}{slash}{path}".rstrip("/").removesuffix(".git").rstrip("/")
