"""Requests to the stand-in provider: plain ones, and the client library that its API belongs to."""

from __future__ import annotations

import http.client
import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import openai

__all__ = ["LISTED", "NAMES", "body", "closed", "post", "said", "sdk_client"]


def closed(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an object with exactly these properties."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


_ITEMS: dict[str, Any] = {"items": {"type": "array", "items": {"type": "string"}, "maxItems": 12}}
NAMES = {
    **closed(_ITEMS),
    "title": "Names",
}
LISTED = closed(
    {"answers": {"type": "array", "items": closed({"id": {"type": "integer"}, **_ITEMS})}},
)


def body(text: str, schema: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return a chat request; without a schema it asks for a word and its odds."""
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]
    asks: dict[str, Any] = {"logprobs": True, "top_logprobs": 2}
    if schema is not None:
        asks = {"response_format": {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}}
    return {"model": "large", "messages": messages, "temperature": 0, **asks, **more}


def post(base_url: str, sent: dict[str, Any] | str, path: str = "/v1/chat/completions", timeout: float = 5) -> Any:
    """Return status, headers and text of the answer to one request over a connection of its own."""
    connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=timeout)
    try:
        connection.request("POST", path, sent if isinstance(sent, str) else json.dumps(sent))
        response = connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read().decode()
    finally:
        connection.close()


def said(base_url: str, sent: dict[str, Any]) -> Any:
    """Return the content of the answer to one request, read as JSON."""
    return json.loads(json.loads(post(base_url, sent)[2])["choices"][0]["message"]["content"])


@contextmanager
def sdk_client(base_url: str) -> Generator[openai.OpenAI]:
    """Yield the API's own client, which repeats nothing and uses no proxy."""
    with openai.DefaultHttpxClient(trust_env=False) as connections:
        yield openai.OpenAI(base_url=base_url, api_key="k", max_retries=0, http_client=connections)
