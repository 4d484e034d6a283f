"""How much of a stranger's input is read: every limit of bytes, members, depth and steps, in one place.

A limit lies far above what real images hold and far below what exhausts a machine: whatever it is given (up to some
100 MB), a reader ends within a minute and half a GiB. What lies beyond is an error, or is recorded as unread; it is
never left out in silence. What reading a model may cost stands in ``nautiloid.models.limits``.
"""

from __future__ import annotations

from typing import Final

KIB: Final = 1 << 10
MIB: Final = 1 << 20
GIB: Final = 1 << 30

# -- documents: JSON, YAML, TOML ---------------------------------------------------------------------------------------
DOCUMENT_DEPTH: Final = 100
"""Levels of nesting; real documents have less than twenty."""
WRITTEN_BY_HAND: Final = 4 * MIB
"""Bytes of a definition, an ignore file, a project's settings: what people write."""
WRITTEN_BY_HAND_VALUES: Final = 100_000
"""Values in such a document, each alias counted as all that it stands for."""

DOCUMENT: Final = 128 * MIB
"""Bytes of a document that a program wrote: an SBOM, a lock, VEX; its values take ten times that in memory."""
DOCUMENT_VALUES: Final = 3_000_000
"""Values of a document, which take a hundred bytes each; counted by its brackets and commas, before any is made."""
DOCUMENT_ENTRIES: Final = 500_000
"""Components of one document; the largest images hold some ten thousand."""

JSON_RECORD: Final = 16 * MIB
"""Bytes of a package's record in JSON; conda's largest have some MB."""

# -- advisories --------------------------------------------------------------------------------------------------------
ADVISORY: Final = 64 * MIB
"""Bytes of one OSV record; the largest real ones have some MB."""
ADVISORY_LIST: Final = 256 * MIB
"""Bytes of a list for all of them (EPSS, CISA, changed records), decompressed; real ones have some 10 MB."""

# -- inspection --------------------------------------------------------------------------------------------------------
COLLECTED: Final = 8 * GIB
"""Bytes of one file that is looked into; it lies on the disk meanwhile."""
RECORD: Final = 64 * MIB
"""Bytes of one package manager's record; Debian's whole database has some 10 MB."""
RECORDS: Final = 128 * MIB
"""Bytes of all records of an image, which are kept until its last layer; large images have 30 MB."""
OS_RELEASE: Final = 64 * KIB
"""Bytes of os-release; real ones have 400."""
COMPONENTS: Final = 200_000
"""Components that an image's files list, those of package managers aside; large images have 20,000."""

# -- package records ---------------------------------------------------------------------------------------------------
ARCHIVE_ENTRIES: Final = 200_000
"""Entries of a jar or a wheel."""
ARCHIVE_MEMBER: Final = 64 * MIB
"""Bytes of one member that is read: a record, or an archive in an archive."""
ARCHIVE_MEMBERS_READ: Final = 256 * MIB
"""Bytes of all members of one outermost archive that are read."""
ARCHIVE_DEPTH: Final = 6
"""Archives in archives."""
GO_MODULES: Final = 1 * MIB
"""Bytes of a Go program's build information; the largest have some 50 kB."""
RPM_DATABASE: Final = 256 * MIB
"""Bytes of an rpm database, which SQLite wants in memory; a desktop's has 200 MB, an image's 10."""
RPM_HEADER: Final = 16 * MIB
"""Bytes of one package's header; the largest real ones have 2 MB."""
RPM_HEADERS: Final = 256 * MIB
"""Bytes of all of them."""
RPM_PACKAGES: Final = 200_000
"""Packages of one database; a whole distribution has some 60,000."""
RPM_TAGS: Final = 4096
"""Tags of one header; real ones have some hundred."""
RPM_FILES: Final = 500_000
"""Files of one package; the largest have 100,000."""
RPM_STEPS: Final = 50_000_000
"""Steps of SQLite's machine for one query."""

# -- secrets -----------------------------------------------------------------------------------------------------------
SECRETS_SECONDS: Final = 0.5
"""Seconds of work that the search of any text may take, beside what its bytes are worth."""
SECRETS_BYTES_A_SECOND: Final = 2 * MIB
"""Bytes for which it may take one more; real texts go by a hundred times as fast."""

# -- compression -------------------------------------------------------------------------------------------------------
ZSTD_WINDOW: Final = 128 * MIB
"""Bytes that a zstd stream may make its reader keep; its own tool asks before it takes more (``--long``)."""

# -- images ------------------------------------------------------------------------------------------------------------
IMAGE_DOCUMENT: Final = 16 * MIB
"""Bytes of a manifest, an index or a configuration; registries refuse more than 4 MiB."""
IMAGE_DOCUMENTS: Final = 1000
"""Manifests and indexes that one name may lead to; official images have some twenty."""
INDEX_DEPTH: Final = 4
"""Indexes within indexes; one in practice."""
ARCHIVE: Final = 256 * GIB
"""Bytes of an image's archive, once decompressed."""
ARCHIVE_MEMBERS: Final = 200_000
"""Files in an image's archive: blobs, not the files of the image."""
LAYERS: Final = 500
"""Layers of an image; Docker stops at 125, and Linux mounts 500 over each other (``OVL_MAX_STACK``)."""
LAYER_GROWTH: Final = 200
"""How many times larger than what is stored a layer may be; real ones reach ten."""
LAYER_ALWAYS: Final = 4 * GIB
"""Bytes to which any layer may grow, however small it is stored."""
LAYER_HOLES: Final = 4 * GIB
"""Bytes in one layer's sparse files that are not stored at all."""
LAYER_HEADER: Final = 4 * MIB
"""Bytes that say what one entry of a layer is: long names, PAX records, maps of sparse files."""
LAYER_EXTENSION: Final = MIB
"""Bytes of one such header; Go's ``maxSpecialFileSize``, beyond which Docker refuses a layer as well."""
LAYER_ENTRIES: Final = 600_000
"""Entries of one layer; the largest real ones have some 300,000."""
PATH: Final = 4096
"""Bytes of a path, which Linux opens no longer ones than (``PATH_MAX``)."""
FILE_NAME: Final = 255
"""Bytes of a name within a path (``NAME_MAX``)."""
PATH_DEPTH: Final = 400
"""Directories in each other; a hostile tree must not exhaust the stack of whoever walks it."""
LINKS_FOLLOWED: Final = 40
"""Symbolic links on the way to one file, as Linux has it (path_resolution(7))."""

# -- Debian's archive and its packages ---------------------------------------------------------------------------------
RELEASE: Final = 16 * MIB
"""Bytes of a signed Release; a real one has some 150 kB."""
DEB_CONTROL: Final = 64 * MIB
"""Bytes of a package's control tar; the largest real ones hold a few MB of md5sums."""
DEB_DATA: Final = 16 * GIB
"""Bytes of a package's files, decompressed."""
DEB_MEMBERS: Final = 100
"""Members of a package's outer archive; it has three."""
CHANGELOG: Final = 64 * MIB
"""Bytes of a changelog, decompressed; the largest real ones have some 5 MB."""
CONTENTS_LINE: Final = MIB
"""Bytes of one line of a Contents index; the longest real one names some hundred packages."""
CONTENTS: Final = 4 * GIB
"""Bytes of a Contents index, decompressed; a real one has 150 MB."""
SOLVER_STEPS: Final = 200_000
"""Steps of the search for a set of packages; real sets take some thousand."""
PATCHED_RECORD: Final = 32 * MIB
"""Bytes of a file of an image that patching reads, such as its dpkg status."""

# -- ELF files ---------------------------------------------------------------------------------------------------------
ELF_HEADERS: Final = 4096
"""Segments or sections of a file; the format would allow 65,535."""
ELF_DYNAMIC: Final = 10_000
"""Entries of the dynamic section; the largest real ones have some hundred."""
ELF_TEXT: Final = 4096
"""Bytes of a name in a string table."""
ELF_VERSIONS: Final = 10_000
"""Symbol versions; libstdc++ defines some 60, and a damaged chain must end."""
LIBRARY_TEXT: Final = 200
"""Bytes of a text that tells a library's version."""
LIBRARY_TEXTS: Final = 20_000
"""Such texts that are looked at in one file."""

# -- servers and registries --------------------------------------------------------------------------------------------
ANSWER: Final = 16 * MIB
"""Bytes of a document that a server sends."""
ANSWER_HEADERS: Final = MIB
"""Bytes of headers and interim answers before a body."""
REDIRECTS: Final = 10
"""Redirects on the way to one answer."""
REGISTRY_PAGES: Final = 1000
"""Pages of a list of tags."""
TRANSFER_DOCUMENTS: Final = 64 * MIB
"""Bytes of all manifests and indexes of one transfer."""

# -- projects and their sources ----------------------------------------------------------------------------------------
PROJECT_TEXT: Final = 10_000_000
"""Bytes of a project's file; notebooks and lock files with many hashes have a few million."""
PROJECT_YAML: Final = 500_000
"""Bytes of a project's YAML; the reader in Python takes about a second for them."""
ENVIRONMENT_EXAMPLE: Final = 100_000
"""Bytes of a file that shows which variables a program needs."""
PYTHON_SOURCE: Final = 2_000_000
"""Bytes of a Python file whose syntax is looked at; a tree takes a hundred times its text."""
DOCKERFILE: Final = 1_000_000
"""Bytes of a Dockerfile."""
FRONT_MATTER: Final = 20_000
"""Characters of what stands before a Space's README."""
WORKSPACE_MEMBERS: Final = 200
"""Members of a workspace."""
PROJECT_DIRECTORIES: Final = 200_000
"""Directories in which locks and requirements are looked for."""
GIT_PACK: Final = 2 * GIB
"""Bytes of a pack that a git server sends, and of the tree in it."""
BUILD_ANSWER: Final = MIB
"""Bytes of what a build in a container answers."""
BUILD_FILE: Final = 2 * GIB
"""Bytes of any file that a build in a container writes."""
SOURCE_TREE: Final = GIB
"""Bytes of a source tree that is built; what is larger holds data."""
WEIGHTS: Final = 2 * GIB
"""Bytes of weights that a definition fetches."""
WHEEL_MEMBER: Final = 16 * GIB
"""Bytes of one file of a wheel; CUDA's largest library has not one GiB."""

# -- package records ---------------------------------------------------------------------------------------------------
NESTED_COMPONENTS: Final = 20_000
"""Components of an SBOM that lies in a wheel."""
NESTED_COMPONENTS_DEPTH: Final = 20
"""How deep they are nested."""
METADATA_HEAD: Final = 16 * MIB
"""Bytes of a METADATA before its description."""
CSAF_TREE: Final = 40
"""Levels of a CSAF document's product tree."""
VEX_COMPONENTS: Final = 20
"""Levels of components in a CycloneDX VEX document."""
SBOM_XML: Final = 10_000
"""Levels of an SBOM in XML, which is read without recursion."""
VERSION: Final = 1024
"""Characters of a version that is compared."""
