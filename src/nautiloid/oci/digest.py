"""Content digests, the names of everything in an OCI image (OCI image-spec 1.1, descriptor.md)."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath

from nautiloid.errors import quotable
from nautiloid.oci.errors import ImageFormatError

_SHA256 = re.compile(r"sha256:[0-9a-f]{64}")


def is_digest(text: str) -> bool:
    """Tell whether ``text`` is a whole sha256 digest (``sha256:`` and 64 lower-case hex digits)."""
    return _SHA256.fullmatch(text) is not None


def checked_digest(text: str) -> str:
    """Return ``text`` if it is a digest that may become part of a path.

    Raises:
        ImageFormatError: It is not, so that no image can name a file outside its own blobs.
    """
    if not is_digest(text):
        raise ImageFormatError(
            f"{quotable(text)!r} is not a sha256 digest.",
            "Only images whose content is named by sha256 digests can be read.",
        )
    return text


def digest_of(content: bytes) -> str:
    """Return the digest of ``content``."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def blob_name(digest: str) -> PurePosixPath:
    """Return where an OCI image layout keeps the blob: ``blobs/sha256/<hex>``.

    Raises:
        ImageFormatError: ``digest`` is not a sha256 digest.
    """
    algorithm, _, encoded = checked_digest(digest).partition(":")
    return PurePosixPath("blobs", algorithm, encoded)
