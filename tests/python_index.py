"""Python indexes of the tests' own: distributions written by hand, and a server that asks who one is."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

from packaging.utils import canonicalize_name


def wheel_of(
    name: str, version: str, *requires_dist: str, tag: str = "py3-none-any", code: str = ""
) -> tuple[str, bytes]:
    """Return a wheel's file name and bytes; its one module has the distribution's name."""
    info = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {line}\n" for line in requires_dist)
    files = {
        f"{name}.py": code or f"version = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = ""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path), text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record += f"{path},sha256={digest},{len(text)}\n"
        archive.writestr(zipfile.ZipInfo(f"{info}/RECORD"), f"{record}{info}/RECORD,,\n")
    return f"{name}-{version}-{tag}.whl", buffer.getvalue()


def sdist_of(name: str, version: str, files: Mapping[str, str]) -> tuple[str, bytes]:
    """Return a source distribution's file name and bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, text in files.items():
            member = tarfile.TarInfo(f"{name}-{version}/{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return f"{name}-{version}.tar.gz", buffer.getvalue()


@dataclass
class PythonIndex:
    """An index on this machine (simple repository API, PEP 503 and PEP 691).

    Attributes:
        form: What it answers in.
        credentials: Who may ask, as ``user:password``; empty: anybody.
        broken: Status of all its answers; 0: it works.
        asked: The distributions that it was asked for.
    """

    form: Literal["html", "json"] = "html"
    credentials: str = ""
    broken: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def add(self, file: tuple[str, bytes]) -> None:
        """Offer a file."""
        self.files[file[0]] = file[1]

    def __enter__(self) -> PythonIndex:
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index._answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/simple"

    @property
    def url_with_credentials(self) -> str:
        return f"http://{self.credentials}@{self.host}/simple"

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        wanted = "Basic " + base64.b64encode(self.credentials.encode()).decode()
        if self.credentials and request.headers.get("Authorization") != wanted:
            request.send_response(401)
            request.send_header("WWW-Authenticate", 'Basic realm="index"')
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        kind, _, name = request.path.strip("/").partition("/")
        if kind == "simple":
            self.asked.append(name)
        body, media = self._page(name) if kind == "simple" else (self.files.get(name, b""), "application/octet-stream")
        request.send_response(self.broken or (200 if body else 404))
        request.send_header("Content-Type", media)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _page(self, name: str) -> tuple[bytes, str]:
        found = {
            file: hashlib.sha256(data).hexdigest()
            for file, data in self.files.items()
            if canonicalize_name(file.split("-")[0]) == name
        }
        if not found:
            return b"", "text/html"
        if self.form == "json":
            files = [
                {"filename": file, "url": f"/files/{file}", "hashes": {"sha256": sha}} for file, sha in found.items()
            ]
            page = {"meta": {"api-version": "1.0"}, "name": name, "files": files}
            return json.dumps(page).encode(), "application/vnd.pypi.simple.v1+json"
        links = "".join(f'<a href="/files/{html.escape(file)}#sha256={sha}">{file}</a>' for file, sha in found.items())
        return f"<!DOCTYPE html><html><body>{links}</body></html>".encode(), "text/html"
