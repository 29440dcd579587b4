"""What a reply's headers tell about rate limits; rubbish tells nothing.

Three families are read, in this order:

- OpenAI's and what imitates it (Azure, Groq, LiteLLM, vLLM gateways): ``x-ratelimit-limit-requests``,
  ``-remaining-requests``, ``-reset-requests`` and the same with ``-tokens``; times as ``1s``, ``6m0s``, ``20ms`` or
  plain seconds (OpenAI: "Rate limits", section "Rate limits in headers");
- Azure's ``x-rate-limit-reset-tokens`` and ``x-rate-limit-reset-requests``, which come alone;
- ``ratelimit-limit``, ``-remaining``, ``-reset``, ``-policy`` of the IETF draft (draft-ietf-httpapi-ratelimit-headers,
  up to 06), with or without ``x-``: requests, in a window of ``w`` seconds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Allowance", "read_allowances"]

_MINUTE_S = 60.0
_LONGEST_WINDOW_S = 3600.0
_LONGEST_RESET_S = 90.0  # a reset later than this is that of an hour or a day, or a date
_NUMBER = re.compile(r"\s*(\d{1,15}(?:\.\d{1,9})?)\s*(?:[,;].*)?", re.DOTALL)
_WINDOW = re.compile(r";\s*w\s*=\s*(\d{1,9})")
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?", re.ASCII)
_UNITS_S = (86400.0, 3600.0, 60.0, 1.0, 0.001)
_LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True)
class Allowance:
    """Of requests or of tokens: how many a minute, how many are left now, and in how many seconds that is renewed."""

    per_minute: float | None = None
    remaining: float | None = None
    reset_s: float | None = None


def read_allowances(headers: Mapping[str, str]) -> tuple[Allowance, Allowance]:
    """Return what ``headers`` (any case) say about requests and about tokens. Never raises."""
    found: dict[str, str] = {}
    for name, value in headers.items():
        key = str(name).lower().removeprefix("x-").replace("rate-limit", "ratelimit", 1)
        if key.startswith("ratelimit-") and len(value := str(value)) <= _LONGEST_VALUE:
            found[key] = value
    if not found:
        return Allowance(), Allowance()
    requests = _allowance(found, "-requests")
    return (_draft(found) if requests == Allowance() else requests), _allowance(found, "-tokens")


def _allowance(found: Mapping[str, str], of: str) -> Allowance:
    reset = _seconds(found.get(f"ratelimit-reset{of}", ""))
    limit = _number(found.get(f"ratelimit-limit{of}", ""))
    per_minute = limit if limit and (reset is None or reset <= _LONGEST_RESET_S) else None
    return Allowance(per_minute, _number(found.get(f"ratelimit-remaining{of}", "")), _soon(reset))


def _draft(found: Mapping[str, str]) -> Allowance:
    """Read the IETF draft's fields; of several windows, the first (the one that is nearest to being reached)."""
    limit = _number(found.get("ratelimit-limit", ""))
    window = _WINDOW.search(found.get("ratelimit-limit", "") + found.get("ratelimit-policy", ""))
    if window is None:
        return _allowance(found, "")
    seconds = float(window[1])
    # Over a window of hours an even pace would be waiting, with the allowance of hours there to be used.
    per_minute = limit * _MINUTE_S / seconds if limit and 0 < seconds <= _LONGEST_WINDOW_S else None
    reset = _soon(_seconds(found.get("ratelimit-reset", "")))
    return Allowance(per_minute, _number(found.get("ratelimit-remaining", "")), reset)


def _soon(reset_s: float | None) -> float | None:
    return reset_s if reset_s is not None and reset_s <= _LONGEST_RESET_S else None


def _number(text: str) -> float | None:
    """Return a number of 0 or more; -1, which Azure sends for unknown, is none."""
    match = _NUMBER.fullmatch(text)
    return float(match[1]) if match and match[1].isascii() else None


def _seconds(text: str) -> float | None:
    """Return seconds of ``1s``, ``6m0s``, ``20ms``, ``1d2h`` or a plain number."""
    text = text.strip()
    if (plain := _number(text)) is not None:
        return plain
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        return None
    seconds = sum(float(part) * unit for part, unit in zip(match.groups(), _UNITS_S, strict=True) if part)
    return seconds if math.isfinite(seconds) else None
