"""A host of one file: a real HTTP server that serves parts of it, refuses, stops midway or sends something else."""

from __future__ import annotations

import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["FileHost", "hosting"]


@dataclass
class FileHost:
    """What is served and how. ``stop_after``: bytes after which the connection is closed, once each time."""

    content: bytes
    url: str = ""
    status: int = 200
    takes_ranges: bool = True
    stop_after: list[int] = field(default_factory=list[int])
    ranges: list[str] = field(default_factory=list[str])


@contextmanager
def hosting(content: bytes) -> Generator[FileHost]:
    """Yield a host of ``content`` on a free loopback port."""
    host = FileHost(content)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            host.ranges.append(asked)
            if host.status != 200:
                self.send_error(host.status)
                return
            start = int(re.sub(r"\D", "", asked) or 0) if host.takes_ranges else 0
            if start >= len(host.content):
                self.send_error(416)
                return
            body = host.content[start:]
            self.send_response(206 if host.takes_ranges else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: host.stop_after.pop(0)] if host.stop_after else body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Be quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = False
        host.url = f"http://127.0.0.1:{server.server_address[1]}/model.gguf"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), name="file host")
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()
