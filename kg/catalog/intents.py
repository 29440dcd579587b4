"""Read intents: what shoppers want to do, checked and ordered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from kg.catalog.listed import plain_name, read_listed
from kg.catalog.rejects import RejectLog, shown
from kg.catalog.report import InputReport
from kg.catalog.tables import Batch
from kg.catalog.typed import as_text
from kg.model import Intent, IntentId, IntentKind, Reject
from kg.records import write_jsonl
from kg.text import clean

__all__ = ["read_intents"]

_COLUMNS = ("id", "name", "kind", "description", "popularity")


def read_intents(file: Path, out: Path, max_reject_share: float = 0.05) -> InputReport:
    """Read intents (id, name, kind; optionally description, popularity) into intents.jsonl, most popular first.

    Refused rows go to intents_rejects.jsonl. An intent list is small (thousands): it is held in memory.

    Raises:
        InputError: the file cannot be used, or more than ``max_reject_share`` of its rows were refused.
    """
    kept: dict[str, Intent] = {}
    out.mkdir(parents=True, exist_ok=True)
    with RejectLog(out / "intents_rejects.jsonl") as log:
        remedy = f"the columns are {', '.join(_COLUMNS)}; the last two may be left out"
        taken = read_listed(file, _COLUMNS[:3], remedy, log, lambda batch: _read(batch, kept))
        log.check_share(taken, max_reject_share, str(file))
        ordered = sorted(kept.values(), key=lambda intent: (-intent.popularity, intent.id))
        write_jsonl(out / "intents.jsonl", ordered)
        return log.report(taken)


def _read(batch: Batch, kept: dict[str, Intent]) -> Iterator[Reject]:
    """Add the batch's good intents to ``kept``; yield a reject for every other row."""
    columns = {plain_name(name): name for name in batch.header}
    values = {
        field: batch.column(columns[field]) if field in columns else [""] * len(batch.lines) for field in _COLUMNS
    }
    for at, line in enumerate(batch.lines):
        row = {field: as_text(values[field][at], ", ") for field in _COLUMNS}
        fault = _fault(row, kept)
        if fault:
            field, reason, remedy = fault
            yield Reject(batch.file, line, field, shown(row[field]), reason, remedy)
        else:
            kept[row["id"]] = Intent(
                IntentId(row["id"]),
                clean(row["name"]),
                IntentKind(row["kind"].strip().lower()),
                clean(row["description"]),
                float(row["popularity"] or 0),
            )


def _fault(row: Mapping[str, str], kept: Mapping[str, Intent]) -> tuple[str, str, str] | None:
    """Return (field, reason, remedy) of the row's first fault."""
    broken = next((field for field, value in row.items() if _broken(value)), None)
    if broken is not None:
        return broken, "bytes that do not fit the encoding", "save the file as UTF-8"
    if not row["id"].strip() or row["id"] in kept:
        reason = "the id stands twice" if row["id"].strip() else "the id is empty"
        return "id", reason, "give the intent an id of its own, or remove the row"
    if not clean(row["name"]):
        return "name", "the name is empty", "write what the shopper wants, for example: game-day party"
    if row["kind"].strip().lower() not in set(IntentKind):
        return "kind", "the kind is not one we know", f"use one of {', '.join(IntentKind)}"
    if not _is_count(row["popularity"]):
        return "popularity", "the popularity is not a number from 0 up", "write a number, or leave it empty"
    return None


def _broken(value: str) -> bool:
    return not value.isascii() and any("\ud800" <= ch <= "\udfff" for ch in value)


def _is_count(text: str) -> bool:
    try:
        return not text or 0 <= float(text) < float("inf")
    except ValueError:
        return False
