"""A real HTTP server that serves a directory as OSV's bucket does: ETags, x-goog-hash, 304, and faults on demand."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import zipfile
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import google_crc32c


class ExportsServer:
    """Serves ``root``; ``tamper`` may change what goes over the wire, behind the stated checksums."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[str] = []
        self.tamper: Callable[[str, bytes], bytes] = lambda _, content: content
        self.busy = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                file = outer.root / self.path.lstrip("/")
                if outer.busy:
                    outer.busy -= 1
                    self._answer(503, b"busy", {})
                elif not file.is_file():
                    self._answer(404, b"no such object", {})
                else:
                    self._object(file.read_bytes())

            def _object(self, content: bytes) -> None:
                etag = f'"{hashlib.md5(content).hexdigest()}"'
                if self.headers.get("If-None-Match") == etag:
                    self._answer(304, b"", {})
                    return
                crc = base64.b64encode(google_crc32c.value(content).to_bytes(4, "big")).decode()
                md5 = base64.b64encode(hashlib.md5(content).digest()).decode()
                stated = {"ETag": etag, "x-goog-hash": f"crc32c={crc},md5={md5}", "Content-Length": str(len(content)),
                          "Last-Modified": "Mon, 23 Nov 2026 10:00:00 GMT"}  # fmt: skip
                self._answer(200, outer.tamper(self.path, content), stated)

            def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def publish(self, ecosystem: str, records: list[dict[str, Any]], *, changes: bool = True) -> None:
        """Lay out an ecosystem as OSV does."""
        place = self.root / ecosystem
        place.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(place / "all.zip", "w") as archive:
            for number, record in enumerate(records):
                archive.writestr(f"{record.get('id', number)}.json", json.dumps(record))
                (place / f"{record.get('id', number)}.json").write_text(json.dumps(record))
        lines = sorted(f"{record['modified']},{record['id']}" for record in records if "id" in record)
        if changes:
            (place / "modified_id.csv").write_text("\n".join(reversed(lines)) + "\n")


def record(
    identity: str, name: str = "demo", fixed: str | None = "2.0", ecosystem: str = "PyPI", **more: Any
) -> dict[str, Any]:
    """Return an OSV record."""
    events = [{"introduced": "0"}] + ([{"fixed": fixed}] if fixed else [])
    ranges = [{"type": "ECOSYSTEM", "events": events}]
    affected = [{"package": {"ecosystem": ecosystem, "name": name}, "ranges": ranges}]
    return {
        "id": identity,
        "modified": "2026-11-20T00:00:00Z",
        "affected": affected,
        "summary": f"About {name}.",
        **more,
    }
