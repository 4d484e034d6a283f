"""One repository of a registry: manifests and blobs, by the OCI distribution specification 1.1."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode, urlsplit

import httpx

from nautiloid import bounds
from nautiloid.errors import IntegrityError, quotable
from nautiloid.net.download import Limits, ResumableBody
from nautiloid.net.errors import HttpError, LimitError
from nautiloid.oci.digest import digest_of
from nautiloid.oci.documents import json_object
from nautiloid.oci.model import DOCKER_INDEX, DOCKER_MANIFEST, INDEX, MANIFEST, Descriptor, index_entries
from nautiloid.registry.errors import NotInRegistryError, RegistryError
from nautiloid.registry.name import is_tag
from nautiloid.registry.session import Answer, Session

_ACCEPT = ", ".join((INDEX, MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST))
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}")  # RFC 6838
_OFFSET = re.compile(r"(?:bytes=)?[0-9]+-([0-9]{1,18})")
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
        digest = digest_of(data)
        promised = reference if reference.startswith("sha256:") else answer.header("Docker-Content-Digest") or digest
        if promised.startswith("sha256:") and promised != digest:
            raise IntegrityError(
                f"{self.session.registry} sent another manifest of {self.name} than the one it promised "
                f"({quotable(promised)}).",
                "Something between here and the registry changes what it carries.",
            )
        stated = json_object(data, "manifest").get("mediaType")
        media_type = str(stated or answer.header("Content-Type").partition(";")[0].strip() or MANIFEST)
        if not _MEDIA_TYPE.fullmatch(media_type):
            raise RegistryError(
                f"{self.session.registry} sent a manifest of the type {quotable(media_type)!r}, which is none.",
                "The image is damaged.",
            )
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
        stored = answer.header("Docker-Content-Digest") or digest_of(data)
        if stored != digest_of(data):
            raise RegistryError(
                f"{self.session.registry} stored {quotable(stored)} instead of {digest_of(data)}.",
                "Something between here and the registry changes what it carries.",
            )
        return bool(answer.header("OCI-Subject"))

    def tags(self) -> tuple[str, ...]:
        """List the tags, following the pages of a long list; what can be none is left out.

        Raises:
            RegistryError: The registry refuses or fails, or the pages do not end or lead elsewhere.
        """
        found: list[str] = []
        url = self._url("tags/list")
        for _ in range(bounds.REGISTRY_PAGES):
            answer = self.session.request("GET", url, scope=self._scope)
            listed = json_object(answer.content, "tag list").get("tags")
            found += [tag for tag in listed or () if isinstance(tag, str) and is_tag(tag)]
            following = answer.head.links.get("next", {}).get("url")
            if not following:
                return tuple(found)
            url = answer.leads_to(following)
            if not self.session.is_own(url):
                raise RegistryError(
                    f"{self.session.registry} continues its list of tags at {quotable(url)}, which is not its own.",
                    "Something between here and the registry may answer in its place.",
                )
        raise RegistryError(
            f"{self.session.registry} lists the tags of {self.name} on more than {bounds.REGISTRY_PAGES} pages.",
            "Name the tag that you want.",
        )

    def referrers(self, digest: str) -> tuple[Descriptor, ...]:
        """List what says something about a manifest, such as SBOMs and signatures.

        A registry that does not know the referrers API keeps the list under a tag made of the digest (the
        specification's "Referrers Tag Schema").
        """
        answer = self._request("GET", f"referrers/{digest}", headers={"Accept": INDEX}, expected=(200, 404))
        data = answer.content
        if answer.status == 404:
            try:
                data = self.manifest(digest.replace(":", "-")).data
            except NotInRegistryError:
                return ()
        return tuple(index_entries(data))

    # -- blobs -------------------------------------------------------------------------------------

    def has_blob(self, digest: str) -> bool:
        """Tell whether the blob is here."""
        return self._request("HEAD", f"blobs/{digest}", expected=(200, 404)).status == 200

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
            raise IntegrityError(
                f"{descriptor.digest} is longer than its {descriptor.size} bytes.",
                "Try again; if it stays so, the registry or something before it is at fault.",
            ) from error
        except HttpError as error:
            raise RegistryError(
                f"{self.session.registry}: {descriptor.digest} of {descriptor.size} bytes: {error.message}.",
                "Try again; if it stays so, the registry or something before it is at fault.",
            ) from error

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
        return None if answer.status == 201 else self._location(answer)

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
        done, furthest, failures = 0, 0, 0
        while done < descriptor.size:
            try:
                for piece in _pieces(read(done)):
                    where, reached = self._patch(where, done, piece)
                    moved(reached - done)
                    done = reached
                    if done > furthest:  # a registry that forgets what it has is no better than one that fails
                        furthest, failures = done, 0
            except RegistryError as error:
                failures += 1
                if failures >= _TRIES:
                    raise
                self._retry.wait(failures)
                where, reached = self._resume(where, descriptor.size, error)
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

    def _resume(self, where: str, size: int, error: Exception) -> tuple[str, int]:
        """Ask how many bytes of an upload have arrived; one that was forgotten is begun anew."""
        try:
            answer = self.session.request("GET", where, scope=self._scope, expected=(204, 200, 202))
        except NotInRegistryError:
            return self._begin_upload(), 0
        place = _OFFSET.fullmatch(answer.header("Range").strip())
        if place is None or int(place[1]) >= size:
            raise RegistryError(f"{self.session.registry} does not say how far an upload got.", "Try again.") from error
        # "0-0" is what registries say of an empty upload and of one byte; a byte sent twice is refused, so begin anew.
        reached = int(place[1])
        return (self._location(answer), reached + 1) if reached else (self._begin_upload(), 0)

    def _location(self, answer: Answer) -> str:
        location = answer.header("Location")
        if not location:
            raise RegistryError(
                f"{self.session.registry} began an upload without saying where.", "Tell whoever runs the registry."
            )
        return answer.leads_to(location)

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
    ) -> Answer:
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
