"""The end-to-end tests use the same engines as the integration tests."""

from ..integration.conftest import docker_daemon

__all__ = ["docker_daemon"]
