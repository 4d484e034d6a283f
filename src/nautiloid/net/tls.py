"""Whom an HTTPS client trusts."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable
from pathlib import Path

import httpx

_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def certificate_authorities(more: Iterable[Path] = ()) -> ssl.SSLContext:
    """Return what verifies servers: the bundle that the environment names, else the system's and certifi's.

    Args:
        more: Files of certificate authorities to trust as well (PEM).

    Raises:
        OSError: One of them cannot be read; ``ssl.SSLError`` when it holds no certificate.
    """
    bundle = next((name for variable in _BUNDLES if (name := os.environ.get(variable)) and Path(name).is_file()), None)
    if bundle:
        context = ssl.create_default_context(cafile=bundle)
    else:
        context = httpx.create_ssl_context()
        context.load_default_certs()
    for path in more:
        context.load_verify_locations(cafile=path)
    return context
