"""One repository of a registry: manifests and blobs, by the OCI distribution specification 1.1."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode, urljoin, urlsplit

import httpx

from nautiloid.errors import IntegrityError
from nautiloid.net.download import Limits, ResumableBody
from nautiloid.net.errors import HttpError, LimitError
from nautiloid.oci.digest import digest_of
from nautiloid.oci.documents import json_object, objects
from nautiloid.oci.model import DOCKER_INDEX, DOCKER_MANIFEST, INDEX, MANIFEST, Descriptor
from nautiloid.registry.errors import NotInRegistryError, RegistryError
from nautiloid.registry.session import Session

_ACCEPT = ", ".join((INDEX, MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST))
_LARGEST_MANIFEST = 4 << 20  # bytes; the specification lets registries refuse larger ones
_PIECE = 16 << 20  # bytes of one PATCH: what is lost when a connection breaks
_TRIES = 5

Reader = Callable[[int], Iterator[bytes]]
"""Gives a blob's bytes from an offset on; may be asked again."""


@dataclass(frozen=True)
class Document:
    """A manifest or an index as the registry sent it.

    Attributes:
        digest: Of its very bytes.
    """

    media_type: str
    digest: str
    data: bytes

    @property
    def descriptor(self) -> Descriptor:
        """What points at it."""
        return Descriptor(self.media_type, self.digest, len(self.data))


class Repository:
    """Requests about one repository.

    Args:
        session: The registry.
        name: Path of the repository.
        push: Whether to ask for the right to write.
    """

    def __init__(self, session: Session, name: str, *, push: bool = False) -> None:
        self.session = session
        self.name = name
        self._scope = f"repository:{name}:{'pull,push' if push else 'pull'}"
        self._retry = replace(session.retry, tries=_TRIES)

    # -- manifests ---------------------------------------------------------------------------------

    def manifest(self, reference: str) -> Document:
        """Fetch a manifest or index by tag or digest, and check it.

        Raises:
            NotInRegistryError: There is none.
            IntegrityError: It is not what its digest says.
            RegistryError: The registry refuses or fails.
        """
        answer = self._request("GET", f"manifests/{reference}", headers={"Accept": _ACCEPT})
        data = answer.content
        if len(data) > _LARGEST_MANIFEST:
            raise RegistryError(f"The manifest {self.name}:{reference} has {len(data)} bytes.")
        digest = digest_of(data)
        promised = reference if reference.startswith("sha256:") else answer.headers.get("Docker-Content-Digest", digest)
        if promised.startswith("sha256:") and promised != digest:
            raise IntegrityError(
                f"{self.session.registry} sent another manifest of {self.name} than the one it promised ({promised}).",
                "Something between here and the registry changes what it carries.",
            )
        stated = json_object(data, "manifest").get("mediaType")
        media_type = str(stated or answer.headers.get("Content-Type", "").partition(";")[0] or MANIFEST)
        return Document(media_type, digest, data)

    def put_manifest(self, reference: str, media_type: str, data: bytes) -> bool:
        """Store a manifest or index under a tag or its digest; what it names must be here already.

        Returns:
            Whether the registry has listed it among the referrers of its subject.

        Raises:
            RegistryError: The registry refuses, or stored something else.
        """
        headers = {"Content-Type": media_type}
        answer = self._request("PUT", f"manifests/{reference}", content=data, headers=headers, expected=(201,))
        stored = answer.headers.get("Docker-Content-Digest", digest_of(data))
        if stored != digest_of(data):
            raise RegistryError(f"{self.session.registry} stored {stored} instead of {digest_of(data)}.")
        return "OCI-Subject" in answer.headers

    def tags(self) -> tuple[str, ...]:
        """List the tags, following the pages of a long list."""
        found: list[str] = []
        url = self._url("tags/list")
        while url:
            answer = self.session.request("GET", url, scope=self._scope)
            listed = json_object(answer.content, "tag list").get("tags")
            found += [str(tag) for tag in listed or []]
            following = answer.links.get("next", {}).get("url")
            url = urljoin(str(answer.url), following) if following else ""
        return tuple(found)

    def referrers(self, digest: str) -> tuple[Descriptor, ...]:
        """List what says something about a manifest, such as SBOMs and signatures.

        A registry that does not know the referrers API keeps the list under a tag made of the digest (the
        specification's "Referrers Tag Schema").
        """
        answer = self._request("GET", f"referrers/{digest}", headers={"Accept": INDEX}, expected=(200, 404))
        data = answer.content
        if answer.status_code == 404:
            try:
                data = self.manifest(digest.replace(":", "-")).data
            except NotInRegistryError:
                return ()
        return tuple(Descriptor.from_dict(entry) for entry in objects(json_object(data, "index").get("manifests")))

    # -- blobs -------------------------------------------------------------------------------------

    def has_blob(self, digest: str) -> bool:
        """Tell whether the blob is here."""
        return self._request("HEAD", f"blobs/{digest}", expected=(200, 404)).status_code == 200

    def read_blob(self, descriptor: Descriptor, start: int = 0) -> Iterator[bytes]:
        """Yield a blob's bytes from ``start`` on, taking up again where a connection broke.

        The bytes are not hashed here: whoever stores them does.

        Raises:
            RegistryError: It cannot be had, or has another size.
        """
        url = self._url(f"blobs/{descriptor.digest}")

        @contextmanager
        def open_at(headers: Mapping[str, str]) -> Iterator[httpx.Response]:
            with self.session.stream("GET", url, scope=self._scope, headers=headers, expected=(200, 206)) as answer:
                yield answer

        if start >= descriptor.size:
            return
        try:
            with ResumableBody(open_at, self._retry, Limits(size=descriptor.size), start) as body:
                yield from body
        except LimitError as error:
            raise IntegrityError(f"{descriptor.digest} is longer than its {descriptor.size} bytes.") from error
        except HttpError as error:
            raise RegistryError(f"{descriptor.digest} of {descriptor.size} bytes {error.message}.") from error

    def mount_blob(self, digest: str, source: str) -> str | None:
        """Ask for a blob of another repository of this registry.

        Returns:
            None when it is here now; else the address of an upload that the registry began instead.
        """
        scope = f"{self._scope} repository:{source}:pull"
        query = urlencode({"mount": digest, "from": source})
        answer = self.session.request(
            "POST", self._url(f"blobs/uploads/?{query}"), scope=scope, content=b"", expected=(201, 202)
        )
        return None if answer.status_code == 201 else self._location(answer)

    def upload_blob(
        self, descriptor: Descriptor, read: Reader, moved: Callable[[int], None], upload: str | None = None
    ) -> None:
        """Upload a blob in pieces; after a failure the registry is asked how far it got.

        Args:
            descriptor: What it is.
            read: Gives its bytes.
            moved: Told how many bytes have arrived.
            upload: Address of an upload that was begun already.

        Raises:
            RegistryError: The registry refuses, or its failures do not end.
        """
        where = upload or self._begin_upload()
        done, failures = 0, 0
        while done < descriptor.size:
            try:
                for piece in _pieces(read(done)):
                    where, reached = self._patch(where, done, piece)
                    moved(reached - done)
                    done, failures = reached, 0
            except (RegistryError, httpx.TransportError) as error:
                failures += 1
                if failures >= _TRIES:
                    raise
                self._retry.wait(failures)
                where, reached = self._resume(where, error)
                moved(reached - done)
                done = reached
            else:
                if done < descriptor.size:
                    raise IntegrityError(f"{descriptor.digest} ended after {done} of {descriptor.size} bytes.")
        closing = f"{where}{'&' if urlsplit(where).query else '?'}{urlencode({'digest': descriptor.digest})}"
        self.session.request("PUT", closing, scope=self._scope, content=b"", expected=(201,))

    def _begin_upload(self) -> str:
        return self._location(self._request("POST", "blobs/uploads/", content=b"", expected=(202,)))

    def _patch(self, where: str, start: int, piece: bytes) -> tuple[str, int]:
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Range": f"{start}-{start + len(piece) - 1}",
        }
        answer = self.session.request(
            "PATCH", where, scope=self._scope, content=piece, headers=headers, expected=(202,), tries=1
        )
        return self._location(answer), start + len(piece)

    def _resume(self, where: str, error: Exception) -> tuple[str, int]:
        """Ask how many bytes of an upload have arrived; one that was forgotten is begun anew."""
        try:
            answer = self.session.request("GET", where, scope=self._scope, expected=(204, 200, 202))
        except NotInRegistryError:
            return self._begin_upload(), 0
        reached = answer.headers.get("Range", "").rpartition("-")[2]
        if not reached.isdigit():
            raise RegistryError(f"{self.session.registry} does not say how far an upload got.") from error
        # "0-0" is what registries say of an empty upload and of one byte; a byte sent twice is refused, so begin anew.
        return (self._begin_upload(), 0) if reached == "0" else (self._location(answer), int(reached) + 1)

    def _location(self, answer: httpx.Response) -> str:
        location: str = answer.headers.get("Location", "")
        if not location:
            raise RegistryError(f"{self.session.registry} began an upload without saying where.")
        return urljoin(str(answer.url), location)

    def _url(self, rest: str) -> str:
        return f"/v2/{quote(self.name)}/{rest}"

    def _request(
        self,
        method: str,
        rest: str,
        *,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
        expected: tuple[int, ...] = (200,),
    ) -> httpx.Response:
        return self.session.request(
            method, self._url(rest), scope=self._scope, content=content, headers=headers, expected=expected
        )


def _pieces(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Gather chunks into pieces of one PATCH each."""
    gathered = bytearray()
    for chunk in chunks:
        gathered += chunk
        while len(gathered) >= _PIECE:
            yield bytes(gathered[:_PIECE])
            del gathered[:_PIECE]
    if gathered:
        yield bytes(gathered)
