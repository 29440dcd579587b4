"""Check a batch of raw columns: good rows become typed columns, the others rejects with field, reason and remedy."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kg.catalog.rejects import shown
from kg.catalog.tables import Batch
from kg.catalog.typed import as_text
from kg.model import Reject

__all__ = ["Checked", "category_path", "check", "in_stock", "price"]

_MONEY = re.compile(r"(?:[A-Z]{3}|[$€£¥₹])?\s*(?P<number>\d[\d.,'\s]*)\s*(?:[A-Z]{3}|[$€£¥₹])?", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[\d.'\s]*,\d{1,2}")
_SEPARATORS = (">", "|", "/")
_STOCK = {
    **dict.fromkeys(
        ("", "1", "true", "t", "yes", "y", "in stock", "instock", "available", "limited availability"), True
    ),
    **dict.fromkeys(("0", "false", "f", "no", "n", "out of stock", "outofstock", "sold out", "unavailable"), False),
    **dict.fromkeys(("preorder", "pre order", "backorder", "back order", "discontinued"), False),
}
_LISTS = {"category": " > "}
_TEXT = ("id", "title", "brand", "category", "description", "group_id")


@dataclass(frozen=True, slots=True)
class Checked:
    """Rows that passed: ``columns`` by field (text; price, in_stock, popularity typed), ``lines`` beside them."""

    lines: Sequence[int]
    columns: dict[str, Sequence[object]]
    rejects: Sequence[Reject]


def check(batch: Batch, layout: Mapping[str, str]) -> Checked:
    """Return the good rows of ``batch`` under ``layout`` (our field -> column) and a reject for every other.

    A row is refused for its first fault in the order id, text, price, stock, popularity.
    """
    size = len(batch.lines)
    raw = {field: _texts(batch, column, _LISTS.get(field, ";")) for field, column in layout.items()}
    bad: dict[int, tuple[str, str, str]] = {}
    _check_ids(raw.get("id", [""] * size), bad)
    _check_titles(raw.get("title", [""] * size), bad)
    for field, values in raw.items():
        _check_unicode(field, values, bad)
    columns: dict[str, Sequence[object]] = {**raw}
    for field in _TEXT:
        columns.setdefault(field, [""] * size)
    columns["category"] = list(map(category_path, raw["category"])) if "category" in raw else [""] * size
    for field, convert, missing, remedy in _TYPED:
        columns[field] = _convert(field, raw.get(field), size, (convert, missing, remedy), bad)
    rejects = [
        Reject(batch.file, batch.lines[at], field, shown(raw[field][at]) if field in raw else "", reason, remedy)
        for at, (field, reason, remedy) in sorted(bad.items())
    ]
    if not bad:
        return Checked(batch.lines, columns, rejects)
    good = [at for at in range(size) if at not in bad]
    kept: dict[str, Sequence[object]] = {field: [values[at] for at in good] for field, values in columns.items()}
    return Checked([batch.lines[at] for at in good], kept, rejects)


def price(text: str) -> float:
    """Return a price as a number: "12.99", "12,99 EUR", "$1,299.00" and the like.

    Raises:
        ValueError: it is not a number with at most a currency, or it is negative.
    """
    found = _MONEY.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    number = re.sub(r"['\s]", "", found["number"])
    if _DECIMAL_COMMA.fullmatch(number):
        number = number.replace(".", "").replace(",", ".")
    return float(number.replace(",", ""))


def in_stock(text: str) -> bool:
    """Return a stock flag: true/false, yes/no, "in_stock", a schema.org address, or a count.

    Raises:
        ValueError: it cannot be read as one.
    """
    flag = text.strip().casefold().rpartition("/")[2].replace("_", " ").replace("-", " ")
    if flag in _STOCK:
        return _STOCK[flag]
    return int(flag) > 0


@lru_cache(maxsize=16_384)
def category_path(text: str) -> str:
    """Return a category path joined by " > ", whichever of ">", "|", "/" parted it; a bare number is none."""
    for separator in _SEPARATORS:
        if separator in text:
            return " > ".join(filter(None, (" ".join(part.split()) for part in text.split(separator))))
    flat = " ".join(text.split())
    return "" if flat.isdecimal() else flat


@lru_cache(maxsize=4_096)
def _flag(text: str) -> bool:
    return in_stock(text)


def _popularity(text: str) -> float:
    return float(text.replace(",", ""))


def _texts(batch: Batch, column: str, separator: str) -> list[str]:
    if column not in batch.header:
        return [""] * len(batch.lines)
    values = batch.column(column)
    if batch.text:
        return list(values)  # type: ignore[arg-type]
    return [value if isinstance(value, str) else as_text(value, separator) for value in values]


def _check_ids(ids: Sequence[str], bad: dict[int, tuple[str, str, str]]) -> None:
    if all(ids) and not any(map(str.isspace, ids)):
        return
    for at, value in enumerate(ids):
        if not value.strip():
            bad[at] = ("id", "the id is empty", "give the product an id, or leave the row out")


def _check_titles(titles: Sequence[str], bad: dict[int, tuple[str, str, str]]) -> None:
    if all(titles) and not any(map(str.isspace, titles)):
        return
    for at, value in enumerate(titles):
        if not value.strip():
            bad.setdefault(at, ("title", "the title is empty", "give the product a title, or leave the row out"))


def _check_unicode(field: str, values: Sequence[str], bad: dict[int, tuple[str, str, str]]) -> None:
    """Find bytes that did not fit the encoding (they arrive as lone surrogates) and NUL characters."""
    joined = "".join(values)
    try:
        joined.encode()
        if "\0" not in joined:
            return
    except UnicodeEncodeError:
        pass
    for at, value in enumerate(values):
        try:
            value.encode()
        except UnicodeEncodeError:
            remedy = "set encoding to what the file really uses (cp1252?), or save the file as UTF-8"
            bad.setdefault(at, (field, "bytes that do not fit the encoding", remedy))
        if "\0" in value:
            bad.setdefault(at, (field, "the value holds a NUL character", "remove it from the export"))


def _convert(
    field: str,
    values: Sequence[str] | None,
    size: int,
    rule: tuple[Callable[[str], object], object, str],
    bad: dict[int, tuple[str, str, str]],
) -> list[object]:
    """Convert one column; what cannot be read is marked in ``bad``."""
    convert, missing, remedy = rule
    if values is None:
        return [missing] * size
    out: list[object] = []
    for at, value in enumerate(values):
        try:
            out.append(convert(value) if value else missing)
        except ValueError:
            out.append(missing)
            bad.setdefault(at, (field, _REASONS[field], remedy))
    return out


def _number(text: str) -> float:
    """Return a price; the plain form is tried first because it is nearly all there is."""
    value = float(text) if text.replace(".", "", 1).isdecimal() else price(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _count(text: str) -> float:
    value = _popularity(text)
    if not math.isfinite(value) or value < 0:
        raise ValueError(text)
    return value


_REASONS = {
    "price": "the price is not a number",
    "in_stock": "the stock flag cannot be read",
    "popularity": "the popularity is not a number from 0 up",
}
_TYPED: tuple[tuple[str, Callable[[str], object], object, str], ...] = (
    (
        "price",
        _number,
        None,
        "write a number, with a currency if you like: 3.49 or 3.49 EUR; leave unknown prices empty",
    ),
    ("in_stock", _flag, True, "write true or false, in_stock or out_of_stock, or a count"),
    ("popularity", _count, 0.0, "write a number such as units sold, or leave it empty"),
)
