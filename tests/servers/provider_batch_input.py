"""The input of a batch: what its lines must be, and the provider's words about those that are not."""

from __future__ import annotations

import json
from typing import Any, cast

import msgspec

from tests.servers.provider_chance import Faults
from tests.servers.provider_tokens import prompt_tokens

__all__ = ["BatchLine", "BatchPlan", "mistakes", "read_lines", "waiting_tokens"]

_MOST_MISTAKES = 50


class BatchPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How batches go. Seconds are spent in each status; a change applies to batches that are under way, too.

    A batch that is not through ``expire_after_s`` seconds after it was made expires with what is done by then. The
    output is ``shuffled`` by the seed, else as the input. ``faults`` strike single lines: one that closes the
    connection leaves its line out of both files. A file for a batch may have ``max_bytes``, any file ``upload_bytes``.
    ``enqueued_tokens`` is the most that may wait for one model.
    """

    validating_s: float = 0.0
    progress_s: float = 0.0
    finalizing_s: float = 0.0
    cancelling_s: float = 0.0
    expire_after_s: float | None = None
    shuffled: bool = True
    faults: Faults | None = None
    max_requests: int = 50_000
    max_bytes: int = 200 * 1024 * 1024
    upload_bytes: int = 512 * 1024 * 1024
    enqueued_tokens: int | None = None


BatchLine = dict[str, Any]


def read_lines(content: bytes) -> tuple[list[BatchLine], list[dict[str, Any]]]:
    """Return the lines of an input file that are JSON objects, and what is wrong with the others."""
    lines: list[BatchLine] = []
    wrong: list[dict[str, Any]] = []
    for number, text in enumerate(content.splitlines(), 1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
        except ValueError:
            line = None
        if isinstance(line, dict):
            lines.append({**line, "line": number})
        else:
            wrong.append(_mistake("invalid_json_line", "This line is not parseable as valid JSON.", number))
    return lines, wrong[:_MOST_MISTAKES]


def mistakes(lines: list[BatchLine], size: int, endpoint: str, plan: BatchPlan) -> list[dict[str, Any]]:
    """Return why a batch of these lines, from a file of ``size`` bytes, fails as a whole; nothing: it may run."""
    if not lines:
        return [_mistake("empty_file", "The batch input file is empty.")]
    if len(lines) > plan.max_requests:
        text = f"The batch input file contains too many requests: {len(lines)}, at most {plan.max_requests}."
        return [_mistake("too_many_tasks", text)]
    if size > plan.max_bytes:
        text = (
            f"The batch input file is larger than the {plan.max_bytes} maximum. Please try again with a smaller batch."
        )
        return [_mistake("max_bytes_exceeded", text)]
    seen: set[str] = set()
    found: list[dict[str, Any]] = []
    for line in lines:
        if found_here := _of_line(line, endpoint, lines[0], seen):
            found.append(found_here)
        seen.add(str(line.get("custom_id")))
    return found[:_MOST_MISTAKES]


def waiting_tokens(lines: list[BatchLine]) -> int:
    """Return the prompt tokens of the lines, which count against the limit on enqueued tokens."""
    return sum(prompt_tokens(line["body"].get("messages", [])) for line in lines)


def _of_line(line: BatchLine, endpoint: str, first: BatchLine, seen: set[str]) -> dict[str, Any] | None:
    """Return the first mistake of a line, if it has one."""
    if "custom_id" not in line:
        found = ("missing_required_parameter", "Missing required parameter: 'custom_id'.", "custom_id")
    elif line["custom_id"] in seen:
        found = ("duplicate_custom_id", "The custom_id is a duplicate of that of another request.", "custom_id")
    elif not isinstance(line.get("body"), dict):
        found = ("missing_required_parameter", "Missing required parameter: 'body'.", "body")
    elif line.get("method") != "POST":
        found = ("invalid_method", "The HTTP method for this request is not supported.", "method")
    elif line.get("url") != endpoint:
        found = ("mismatched_endpoint", "The URL for this request does not match the batch endpoint.", "url")
    elif _model(line) != _model(first):
        found = ("mismatched_model", "All requests of a batch must be for one model.", "body.model")
    else:
        return None
    code, message, param = found
    return _mistake(code, message, line["line"], param)


def _model(line: BatchLine) -> object:
    body = line.get("body")
    return cast("dict[str, Any]", body).get("model") if isinstance(body, dict) else None


def _mistake(code: str, message: str, line: int | None = None, param: str | None = None) -> dict[str, Any]:
    return {"code": code, "message": message, "line": line, "param": param}
