"""How much of a stranger's input is read: every limit of bytes, members, depth and steps, in one place.

A limit lies far above what real images hold and far below what exhausts a machine: whatever it is given (up to some
100 MB), a reader ends within a minute and half a GiB. What lies beyond is an error, or is recorded as unread; it is
never left out in silence.
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
LAYER_ENTRIES: Final = 1_000_000
"""Entries of one layer; the largest real ones have some 300,000."""
PATH_DEPTH: Final = 400
"""Directories in each other; a hostile tree must not exhaust the stack of whoever walks it."""
LINKS_FOLLOWED: Final = 40
"""Symbolic links on the way to one file, as Linux has it (path_resolution(7))."""
