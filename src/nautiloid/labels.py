"""The image contract: labels and annotations by which Nautiloid's images, and what is attached to them, speak.

Labels travel in an image's configuration, where every engine shows them; annotations in manifests and indexes. Whoever
writes or reads one takes its name from here.
"""

from __future__ import annotations

RUN_TMPFS = "org.nautiloid.run.tmpfs"
"""Label: the paths that must be writable when the image runs, with commas between them."""

SELFTEST = "org.nautiloid.test"
"""Label: how the image is tested, as JSON (a definition's ``test`` section)."""

APP = "org.nautiloid.app"
"""Label: what the definition adds to an image of the catalog, as JSON: requirements and modules for the self-test."""

CONTAINER = "org.nautiloid.container"
"""Label of a container: Nautiloid started it, and lists it."""

BUILT_BY = "org.nautiloid.version"
"""Label: the version of Nautiloid that built the image."""

LOCK = "org.nautiloid.lock"
"""Annotation of a manifest: sha256 of the lock that the image was built from."""

PATCHED_FROM = "org.nautiloid.patched.from"
"""Annotation of a patched image's manifest: the digest of the image that it was made from."""

ATTACHED_TO = "org.nautiloid.subject"
"""Annotation of an attachment's entry in a layout's index: digest of the image that it is about."""

ATTACHED_TYPE = "org.nautiloid.type"
"""Annotation of the same entry: what kind of document it is, so that finding it needs no reading of blobs."""

LAYER = "org.nautiloid.layer"
"""Annotation of a layer: what it holds, in a word."""

TITLE = "org.opencontainers.image.title"
DESCRIPTION = "org.opencontainers.image.description"
CREATED = "org.opencontainers.image.created"
BASE_NAME = "org.opencontainers.image.base.name"
REF_NAME = "org.opencontainers.image.ref.name"
