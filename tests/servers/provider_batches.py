"""Batches of a stand-in provider: made, advanced by the clock, cancelled, and their results written to files.

Nothing runs in the background: whoever looks at a batch, or at the ledger, first moves every batch to where it has
come by then. A batch's lines are answered and billed at the end of its progress.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.servers.provider_answers import unit
from tests.servers.provider_batch_input import BatchLine, BatchPlan, mistakes, read_lines, waiting_tokens
from tests.servers.provider_files import Shelf, listed
from tests.servers.provider_wire import Asked, Reply, error, json_reply

__all__ = ["Batch", "Batches"]

_DAY_S = 86_400
_ENDED = {"completed", "failed", "expired", "cancelled"}
_UNDONE = {
    "expired": ("batch_expired", "This request could not be executed before the completion window expired."),
    "cancelled": ("batch_cancelled", "This request was not executed: the batch was cancelled."),
}


@dataclass
class Batch:
    """One batch. ``entered_s``: when it came to its status; ``stamps``: the same for every status, as Unix times."""

    id: str
    made_by: Asked
    created_s: float
    entered_s: float
    status: str = "validating"
    lines: list[BatchLine] = field(default_factory=list[BatchLine])
    stamps: dict[str, int] = field(default_factory=dict[str, int])
    errors: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    files: dict[str, str] = field(default_factory=dict[str, str])
    share: float = 0.0
    completed: int = 0
    failed: int = 0
    tokens: tuple[int, int] = (0, 0)

    def enter(self, status: str, at_s: float) -> None:
        """Come to a status."""
        self.status, self.entered_s = status, at_s
        self.stamps[f"{status}_at"] = int(time.time())

    def described(self) -> dict[str, Any]:
        """Return the batch as the API describes it."""
        body = self.made_by.body
        sent, received = self.tokens
        return {
            "id": self.id,
            "object": "batch",
            "endpoint": body["endpoint"],
            "errors": {"object": "list", "data": self.errors} if self.errors else None,
            "input_file_id": body["input_file_id"],
            "completion_window": body.get("completion_window", "24h"),
            "status": self.status,
            "output_file_id": self.files.get("output"),
            "error_file_id": self.files.get("error"),
            **dict.fromkeys(f"{status}_at" for status in ("in_progress", "finalizing", *_ENDED, "cancelling")),
            **self.stamps,
            "request_counts": {"total": len(self.lines), "completed": self.completed, "failed": self.failed},
            "usage": {
                "input_tokens": sent,
                "input_tokens_details": {"cached_tokens": 0},
                "output_tokens": received,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": sent + received,
            },
            "metadata": body.get("metadata"),
        }


class Batches:
    """All batches. ``answer_line`` answers and bills one line; ``clock`` is the monotonic one."""

    def __init__(
        self,
        shelf: Shelf,
        answer_line: Callable[[Asked], tuple[Reply, str, tuple[int, int]]],
        clock: Callable[[], float],
    ) -> None:
        self.shelf = shelf
        self.answer_line = answer_line
        self.clock = clock
        self.plan = BatchPlan()
        self.batches: dict[str, Batch] = {}
        self._steps = {
            "validating": self._validate,
            "in_progress": self._progress,
            "finalizing": self._finalize,
            "cancelling": self._cancelled,
        }

    def advance(self) -> None:
        """Move every batch to where it has come by now."""
        now_s = self.clock()
        for batch in self.batches.values():
            while (step := self._steps.get(batch.status)) is not None and step(batch, now_s):
                pass

    def answer(self, asked: Asked, parts: list[str]) -> Reply | None:
        """Return the reply to a request for ``batches/`` and ``parts``; ``None`` if the API has no such request."""
        match asked.method, parts:
            case "POST", []:
                return self._make(asked)
            case "GET", []:
                return listed(asked, [batch.described() for batch in self.batches.values()])
            case _, [name, *_] if name not in self.batches:
                return error(404, "not_found", f"No batch found with id '{name}'.")
            case "GET", [name]:
                return json_reply(self.batches[name].described())
            case "POST", [name, "cancel"]:
                return self._cancel(self.batches[name])
            case _:
                return None

    def _make(self, asked: Asked) -> Reply:
        file_id = asked.body.get("input_file_id")
        if file_id not in self.shelf.files:
            return error(404, "not_found", f"No such File object: {file_id}")
        if self.shelf.files[file_id].purpose != "batch" or "endpoint" not in asked.body:
            return error(400, "invalid_request_error", "a batch needs an endpoint and a file of the purpose 'batch'")
        now_s, now = self.clock(), int(time.time())
        batch = Batch(f"batch_{len(self.batches) + 1:08d}", asked, now_s, now_s)
        batch.stamps = {"created_at": now, "expires_at": now + _DAY_S}
        self.batches[batch.id] = batch
        return json_reply(batch.described())

    def _cancel(self, batch: Batch) -> Reply:
        if batch.status in _ENDED:
            return error(409, "invalid_request_error", f"Cannot cancel a batch with status '{batch.status}'.")
        batch.share = self._share(batch, self.clock())
        batch.enter("cancelling", self.clock())
        return json_reply(batch.described())

    def _validate(self, batch: Batch, now_s: float) -> bool:
        due_s = batch.entered_s + self.plan.validating_s
        if now_s < due_s:
            return False
        file = self.shelf.files.get(batch.made_by.body["input_file_id"])
        content = file.content if file else b""
        lines, batch.errors = read_lines(content)
        batch.errors = batch.errors or mistakes(lines, len(content), batch.made_by.body["endpoint"], self.plan)
        if not batch.errors:
            batch.errors = self._too_much(lines)
        batch.lines = [] if batch.errors else lines
        batch.enter("failed" if batch.errors else "in_progress", due_s)
        return True

    def _too_much(self, lines: list[BatchLine]) -> list[dict[str, Any]]:
        """Return the error of a batch with which more tokens would wait than may."""
        most, model = self.plan.enqueued_tokens, lines[0]["body"]["model"]
        others = [b.lines for b in self.batches.values() if b.status not in _ENDED and b.lines]
        queue = sum(waiting_tokens(each) for each in others if each[0]["body"]["model"] == model)
        if most is None or queue + waiting_tokens(lines) <= most:
            return []
        text = (
            f"Enqueued token limit reached for {model}. Limit: {most:,} enqueued tokens. "
            "Please try again once some in_progress batches have been completed."
        )
        return [{"code": "token_limit_exceeded", "message": text, "line": None, "param": None}]

    def _share(self, batch: Batch, now_s: float) -> float:
        """Return the share of the lines that are done by now."""
        if batch.status != "in_progress":
            return 1.0 if batch.status == "finalizing" else 0.0
        return min(1.0, max(0.0, now_s - batch.entered_s) / self.plan.progress_s) if self.plan.progress_s else 1.0

    def _progress(self, batch: Batch, now_s: float) -> bool:
        due_s = batch.entered_s + self.plan.progress_s
        expiry_s = due_s if self.plan.expire_after_s is None else batch.created_s + self.plan.expire_after_s
        if now_s >= expiry_s and expiry_s < due_s:
            self._finish(batch, "expired", self._share(batch, expiry_s), expiry_s)
            return True
        batch.completed = int(self._share(batch, now_s) * len(batch.lines))
        if now_s >= due_s:
            batch.enter("finalizing", due_s)
            return True
        return False

    def _finalize(self, batch: Batch, now_s: float) -> bool:
        due_s = batch.entered_s + self.plan.finalizing_s
        if now_s >= due_s:
            self._finish(batch, "completed", 1.0, due_s)
        return now_s >= due_s

    def _cancelled(self, batch: Batch, now_s: float) -> bool:
        due_s = batch.entered_s + self.plan.cancelling_s
        if now_s >= due_s:
            self._finish(batch, "cancelled", batch.share, due_s)
        return now_s >= due_s

    def _finish(self, batch: Batch, status: str, share: float, at_s: float) -> None:
        """Answer the first ``share`` of the lines, write the results, and end."""
        order = list(range(len(batch.lines)))
        if self.plan.shuffled:
            order.sort(key=lambda at: unit(batch.made_by.seed, batch.id, at))
        done = int(share * len(order))
        good: list[str] = []
        bad: list[str] = []
        for place, at in enumerate(order):
            line = batch.lines[at]
            name = f"batch_req_{batch.id[-4:]}{at:06d}"
            if place < done:
                self._answer_line(batch, line, name, (good, bad))
            else:
                code, message = _UNDONE[status]
                bad.append(_result(name, line, None, {"code": code, "message": message}))
        batch.completed, batch.failed = len(good), len(order) - len(good)
        for kind, lines in (("output", good), ("error", bad)):
            if lines:
                content = "".join(f"{each}\n" for each in lines).encode("utf-8", "surrogateescape")
                batch.files[kind] = self.shelf.put(f"{batch.id}_{kind}.jsonl", "batch_output", content).id
        batch.enter(status, at_s)

    def _answer_line(self, batch: Batch, line: BatchLine, name: str, results: tuple[list[str], list[str]]) -> None:
        by = batch.made_by
        asked = Asked(line["body"], by.api_key, by.seed, "batch", "POST", line["url"])
        reply, text, (sent, received) = self.answer_line(asked)
        batch.tokens = (batch.tokens[0] + sent, batch.tokens[1] + received)
        if reply.cut is not None:
            return
        try:
            body: Any = json.loads(text)
        except ValueError:
            body = text
        response = {"status_code": reply.status, "request_id": f"req_{name}", "body": body}
        results[reply.status != 200].append(_result(name, line, response, None))


def _result(name: str, line: BatchLine, response: dict[str, Any] | None, fault: dict[str, str] | None) -> str:
    return json.dumps({"id": name, "custom_id": line["custom_id"], "response": response, "error": fault})
