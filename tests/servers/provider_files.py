"""Files of a stand-in provider: uploaded as forms, listed, read and deleted; kept as long as the server runs."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.servers.provider_wire import Asked, Reply, error, json_reply

__all__ = ["File", "Shelf", "listed"]


@dataclass(frozen=True, slots=True)
class File:
    """One file, of somebody's or of ours."""

    id: str
    name: str
    purpose: str
    content: bytes
    created_at: int

    def described(self) -> dict[str, Any]:
        """Return the file as the API describes it."""
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.content),
            "created_at": self.created_at,
            "filename": self.name,
            "purpose": self.purpose,
            "status": "processed",
            "status_details": None,
        }


@dataclass
class Shelf:
    """All files. ``most_bytes`` is the largest one that is taken."""

    files: dict[str, File] = field(default_factory=dict[str, File])
    most_bytes: int = 512 * 1024 * 1024
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def put(self, name: str, purpose: str, content: bytes) -> File:
        """Keep a file and return it."""
        file = File(f"file-{next(self._numbers):08d}", name, purpose, content, int(time.time()))
        self.files[file.id] = file
        return file

    def answer(self, asked: Asked, parts: list[str]) -> Reply | None:
        """Return the reply to a request for ``files/`` and ``parts``; ``None`` if the API has no such request."""
        match asked.method, parts:
            case "POST", []:
                return self._upload(asked)
            case "GET", []:
                wanted = asked.query.get("purpose")
                chosen = [f.described() for f in self.files.values() if wanted in {None, f.purpose}]
                return listed(asked, chosen)
            case (("GET" | "DELETE"), [name, *_]) if name not in self.files:
                return error(404, "not_found", f"No such File object: {name}")
            case "GET", [name]:
                return json_reply(self.files[name].described())
            case "GET", [name, "content"]:
                text = self.files[name].content.decode("utf-8", "surrogateescape")
                return Reply(raw=text, headers={"Content-Type": "application/octet-stream"})
            case "DELETE", [name]:
                del self.files[name]
                return json_reply({"id": name, "object": "file", "deleted": True})
            case _:
                return None

    def _upload(self, asked: Asked) -> Reply:
        fields = _form(asked)
        if "file" not in fields or "purpose" not in fields:
            return error(400, "invalid_request_error", "a form with 'file' and 'purpose' is required")
        name, content = fields["file"]
        if len(content) > self.most_bytes:
            return error(413, "file_too_large", f"File is too large: {len(content)} bytes, at most {self.most_bytes}")
        purpose = fields["purpose"][1].decode()
        if purpose == "batch" and not name.endswith(".jsonl"):
            return error(400, "invalid_request_error", f"Invalid file format for Batch API: {name}. Must be .jsonl")
        return json_reply(self.put(name, purpose, content).described())


def listed(asked: Asked, items: list[dict[str, Any]]) -> Reply:
    """Return one page of a list, the newest first, as ``after`` and ``limit`` of the query ask for it."""
    newest = items[::-1]
    if after := asked.query.get("after"):
        at = next((at for at, item in enumerate(newest) if item["id"] == after), len(newest))
        newest = newest[at + 1 :]
    page = newest[: int(asked.query.get("limit", 20))]
    ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else {"first_id": None, "last_id": None}
    return json_reply({"object": "list", "data": page, **ends, "has_more": len(newest) > len(page)})


def _form(asked: Asked) -> dict[str, tuple[str, bytes]]:
    """Return the fields of a multipart form: for each its file name (or nothing) and content."""
    boundary = re.search(r'boundary="?([^";]+)', asked.content_type)
    if boundary is None:
        return {}
    fields: dict[str, tuple[str, bytes]] = {}
    for part in asked.data.split(b"--" + boundary[1].encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        named = dict(re.findall(r'(\w+)="([^"]*)"', head.decode()))
        if "name" in named:
            fields[named["name"]] = (named.get("filename", ""), content.removesuffix(b"\r\n"))
    return fields
