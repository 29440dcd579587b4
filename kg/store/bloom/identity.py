"""Ids of a perspective's parts, made from their names: the same perspective is the same file, byte for byte."""

from __future__ import annotations

import uuid

from kg.records import digest

__all__ = ["number", "unique"]

_DIGITS = 10**13  # as many as the milliseconds that Bloom makes ids from


def number(*names: str) -> str:
    """Return 13 digits for what is called ``names``."""
    return f"{int(digest(*names)[:16], 16) % _DIGITS:013d}"


def unique(*names: str) -> str:
    """Return a UUID for what is called ``names`` (version 5 of RFC 9562)."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, digest("product-kg", *names)))
