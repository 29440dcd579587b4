"""Labelled sets on disk: a catalogue with mentions and what they mean, or pairs of titles.

A folder of mentions holds three tables, each ``.csv``, ``.csv.gz``, ``.tsv``, ``.jsonl`` or ``.parquet``::

    catalog    id, title (or name); if known brand (or manufacturer), description, category, price
    mentions   the same columns: what is to be linked
    gold       mention_id, catalog_id; several rows of a mention are all right, a mention without a row is not sold

A file of pairs has the columns title_a, title_b and match (1 or 0). Ids and titles are kept as received.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kg.catalog.fields import price
from kg.catalog.readers import Source, read_batches
from kg.catalog.typed import as_text
from kg.errors import InputError
from linkers.products.analyse import Text
from linkers.products.index import Item

__all__ = ["LinkingSet", "PairSet", "draw", "in_fitting_half", "pair_files", "read_linking", "read_pairs"]

_ENDINGS = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".jsonl", ".jsonl.gz", ".parquet")
_TITLE, _BRAND = ("title", "name"), ("brand", "manufacturer")
_YES, _NO = frozenset({"1", "true", "yes"}), frozenset({"0", "false", "no"})
_LAYOUT = "a folder needs catalog.csv, mentions.csv and gold.csv, or files of pairs (title_a, title_b, match)"


@dataclass(frozen=True, slots=True)
class LinkingSet:
    """``gold`` maps the id of a mention to those of the products it may mean; one that is not there means none."""

    name: str
    products: tuple[Item, ...]
    mentions: tuple[Item, ...]
    gold: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class PairSet:
    """Pairs of titles: ``same`` says which are one product."""

    name: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    same: tuple[bool, ...]


def draw(seed: int, what: str, name: str, parts: int) -> int:
    """Return a number below ``parts`` for a name: always the same one, by hash, whatever else there is."""
    data = f"{seed}\x00{what}\x00{name}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest()) % parts


def in_fitting_half(seed: int, name: str) -> bool:
    """Return whether a mention is one to fit on; all others are for reporting."""
    return draw(seed, "half", name, 2) == 0


def read_linking(folder: Path) -> LinkingSet:
    """Return the labelled mentions in a folder.

    Raises:
        InputError: a file or column is missing, a row cannot be read, an id is doubled or unknown, or all is empty.
    """
    products = _items(_Table.read(_find(folder, "catalog")))
    mentions = _items(_Table.read(_find(folder, "mentions")))
    gold = _gold(_Table.read(_find(folder, "gold")), _ids(mentions), _ids(products))
    return LinkingSet(folder.resolve().name, tuple(products), tuple(mentions), gold)


def pair_files(path: Path) -> list[Path]:
    """Return the files of pairs that ``path`` is or holds; none in a folder of mentions.

    Raises:
        InputError: there is nothing there, or neither pairs nor a catalogue.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise InputError("there is no such folder or file", file=str(path), remedy=_LAYOUT)
    if any((path / f"catalog{ending}").exists() for ending in _ENDINGS):
        return []
    files = sorted(file for file in path.iterdir() if file.name.endswith(_ENDINGS) and _has_pairs(file))
    if not files:
        raise InputError("neither a catalogue nor pairs are in it", file=str(path), remedy=_LAYOUT)
    return files


def read_pairs(file: Path) -> PairSet:
    """Return the labelled pairs in a file.

    Raises:
        InputError: a column is missing, or a row cannot be read.
    """
    table = _Table.read(file)
    left, right, match = (table.needed(name) for name in ("title_a", "title_b", "match"))
    same: list[bool] = []
    for at, value in enumerate(match):
        said = value.strip().casefold()
        if said not in _YES | _NO:
            raise table.error(at, "match", f"{value[:40]!r} is neither 1 nor 0", "write 1 for the same product, else 0")
        same.append(said in _YES)
    return PairSet(file.name.partition(".")[0], tuple(left), tuple(right), tuple(same))


@dataclass(frozen=True, slots=True)
class _Table:
    """A whole file as text: ``columns`` by name, and the line of each row."""

    file: Path
    lines: Sequence[int]
    columns: Mapping[str, Sequence[str]]

    @classmethod
    def read(cls, file: Path) -> _Table:
        lines: list[int] = []
        columns: dict[str, list[str]] = {}
        for batch in read_batches(Source(file)):
            if batch.rejects:
                first = batch.rejects[0]
                raise InputError(first.reason, file=str(file), line=first.line, remedy=first.remedy)
            for name in batch.header:
                values = (as_text(value, ";") for value in batch.column(name))
                columns.setdefault(name, [""] * len(lines)).extend(values)
            lines.extend(batch.lines)
            for values in columns.values():
                values.extend([""] * (len(lines) - len(values)))
        table = cls(file, lines, columns)
        table._check_text()
        return table

    def needed(self, *names: str) -> Sequence[str]:
        """Return the first of the columns ``names`` that is there."""
        found = self.optional(*names)
        if found is None:
            raise InputError(
                f"there is no column {' or '.join(names)}",
                file=str(self.file),
                line=1,
                field=names[0],
                remedy=f"the columns are {', '.join(self.columns)}",
            )
        return found

    def optional(self, *names: str) -> Sequence[str] | None:
        """Return the first of the columns ``names`` that is there, if one is."""
        return next((self.columns[name] for name in names if name in self.columns), None)

    def error(self, row: int, field: str, reason: str, remedy: str) -> InputError:
        """Return an error about a field of a row."""
        return InputError(reason, file=str(self.file), line=self.lines[row], field=field, remedy=remedy)

    def _check_text(self) -> None:
        for name, values in self.columns.items():
            for at, value in enumerate(values):
                if not value.isascii() and any("\ud800" <= mark <= "\udfff" for mark in value):
                    raise self.error(at, name, "there are bytes that are not UTF-8", "save the file as UTF-8")


def _items(table: _Table) -> list[Item]:
    ids, titles = table.needed("id"), table.needed(*_TITLE)
    empty = [""] * len(ids)
    brands, details, paths, prices = (
        table.optional(*names) or empty for names in (_BRAND, ("description",), ("category",), ("price",))
    )
    seen: set[str] = set()
    out: list[Item] = []
    for at, (id_, title, brand, detail, path) in enumerate(zip(ids, titles, brands, details, paths, strict=True)):
        if not id_ or id_ in seen:
            reason = f"the id {id_!r} is there twice" if id_ else "a row has no id"
            raise table.error(at, "id", reason, "give every row its own id")
        seen.add(id_)
        text = Text(title, brand, f"{path} {detail}".strip(), _price(table, at, prices[at]))
        out.append(Item(id_, text, path.rpartition(">")[2].strip()))
    return out


def _price(table: _Table, row: int, value: str) -> float:
    """Return a price without its currency; 0 where there is none."""
    if not value.strip():
        return 0.0
    try:
        return price(value)
    except ValueError as error:
        raise table.error(row, "price", f"{value[:40]!r} is no price", 'write "12.99", "$12.99" or nothing') from error


def _gold(table: _Table, mentions: frozenset[str], products: frozenset[str]) -> dict[str, frozenset[str]]:
    out: dict[str, set[str]] = {}
    said, meant = table.needed("mention_id"), table.needed("catalog_id")
    for at, (mention, product) in enumerate(zip(said, meant, strict=True)):
        for field, id_, known, where in (
            ("mention_id", mention, mentions, "mentions"),
            ("catalog_id", product, products, "catalog"),
        ):
            if id_ not in known:
                raise table.error(at, field, f"no row of {where} has the id {id_!r}", "write ids as they stand there")
        out.setdefault(mention, set()).add(product)
    return {mention: frozenset(right) for mention, right in out.items()}


def _find(folder: Path, stem: str) -> Path:
    for ending in _ENDINGS:
        if (folder / f"{stem}{ending}").exists():
            return folder / f"{stem}{ending}"
    raise InputError("there is no such file", file=str(folder / f"{stem}.csv"), remedy=_LAYOUT)


def _has_pairs(file: Path) -> bool:
    batches = read_batches(Source(file))
    try:
        return "title_a" in next(batches).header
    finally:
        batches.close()


def _ids(items: Sequence[Item]) -> frozenset[str]:
    return frozenset(item.id for item in items)
