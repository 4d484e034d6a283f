"""From a name to a repository that can be talked to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nautiloid.registry.credentials import find_credentials
from nautiloid.registry.name import RemoteName
from nautiloid.registry.repository import Repository
from nautiloid.registry.session import Session
from nautiloid.registry.settings import SessionSettings


@contextmanager
def open_repository(name: RemoteName, settings: SessionSettings, *, push: bool = False) -> Iterator[Repository]:
    """Lend a repository, with the credentials that this user has for its registry.

    Raises:
        RegistryError: Credentials or certificates cannot be used.
    """
    session = Session(name, find_credentials(name.registry), settings)
    try:
        yield Repository(session, name.repository, push=push)
    finally:
        session.close()
