"""Embeddings of a stand-in provider: unit vectors made of a text's words and letter triples, alike for alike texts."""

from __future__ import annotations

import base64
import math
import re
import struct
from binascii import crc32
from typing import Any

import msgspec

from tests.servers.provider_tokens import count
from tests.servers.provider_wire import Asked, Reply, error, json_reply

__all__ = ["embed", "vector"]

_DIMENSIONS = 256
_MOST_TEXTS = 2048


def embed(asked: Asked) -> Reply:
    """Return the reply to a request for embeddings, as numbers or base64."""
    given: Any = asked.body.get("input")
    try:
        texts = msgspec.convert([given] if isinstance(given, str) else given, list[str])
    except msgspec.ValidationError:
        texts = []
    if not texts or "" in texts:
        return error(400, "invalid_request_error", "'$.input' is invalid: strings that are not empty")
    if len(texts) > _MOST_TEXTS:
        return error(400, "invalid_request_error", f"'$.input' is too long: at most {_MOST_TEXTS}")
    dimensions = asked.body.get("dimensions") or _DIMENSIONS
    packed = asked.body.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": at, "embedding": _written(vector(text, dimensions, asked.seed), packed=packed)}
        for at, text in enumerate(texts)
    ]
    tokens = sum(count(text) for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    body = {"object": "list", "data": data, "model": asked.model, "usage": usage}
    return Reply(raw=json_reply(body).raw, usage=(tokens, 0))


def vector(text: str, dimensions: int = _DIMENSIONS, seed: int = 0) -> list[float]:
    """Return a unit vector of ``dimensions`` numbers: signed, hashed counts of the text's words and letter triples."""
    sums = [0.0] * dimensions
    for word in re.findall(r"\w+", text.lower()) or [text]:
        marked = f"^{word}$"
        for feature in (word, *(marked[at : at + 3] for at in range(len(marked) - 2))):
            place = crc32(feature.encode(), seed)
            sums[place % dimensions] += 1.0 if place & 0x8000_0000 else -1.0
    length = math.sqrt(sum(each * each for each in sums))
    return [each / length for each in sums] if length else [1.0, *sums[1:]]


def _written(numbers: list[float], *, packed: bool) -> Any:
    if not packed:
        return numbers
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
