"""A catalogue of any size for linking: real titles, generated variants of them, and products that are planted.

The rows are those of the open scale set's generator. A planted product is a real title none of whose variants is in the
catalogue: a mention made from it (:mod:`bench.planting`) means it and no other, so what is found can be counted.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from bench.planting import careless
from linkers.products.analyse import Text
from linkers.products.index import Item

__all__ = ["DATA", "MARK", "Mention", "items", "make", "mentions", "read"]

DATA = Path(__file__).parents[2] / "shared" / "data" / "scale"
_REAL = 77_891
_SAID = 0.6  # of a title's words at least: with fewer, a mention means many products
_JOINED, _WORDS = "completejourney", 6
_SPARE = 1.05  # rows to make beyond those asked for, as variants of what is planted are left out


@dataclass(frozen=True, slots=True)
class Mention:
    """A planted mention, and the id of the product it means."""

    text: str
    meant: str


def make(folder: Path, size: int, planted: int) -> Path:
    """Write a catalogue of ``size`` products as Parquet, with ``planted`` products without variants, and return it.

    Raises:
        SystemExit: the scale set is not there.
    """
    if not DATA.is_dir():
        sys.exit(f"the scale set is missing: it is expected in {DATA}")
    out, raw = folder / f"catalogue-{size}.parquet", folder / "raw.csv.gz"
    wanted = max(size, _REAL)
    script, base = DATA / "make_scale_catalog.py", DATA / "base_titles_open.parquet"
    rows = str(int(wanted * _SPARE))
    subprocess.run([sys.executable, str(script), str(base), str(raw), rows], check=True, stdout=subprocess.DEVNULL)
    plants = ",".join(map(str, _planted(planted, min(size, _REAL))))
    duckdb.execute(
        f"""COPY (
            SELECT product_id AS id, title, brand, category_path AS detail FROM read_csv(?, all_varchar = true)
            WHERE is_variant = '0' OR base_row::INTEGER NOT IN ({plants}) ORDER BY product_id LIMIT ?
        ) TO '{out}' (FORMAT parquet)""",
        [str(raw), size],
    )
    raw.unlink()
    return out


MARK = "md5_number_lower(concat_ws(chr(31), title, brand, detail))"
"""A number that changes when anything of a row does."""


def items(catalogue: Path) -> Iterator[Item]:
    """Yield the products of a catalogue, in order of their ids."""
    return read("SELECT * FROM read_parquet(?)", str(catalogue))


def read(query: str, value: object) -> Iterator[Item]:
    """Yield the products that a query with one parameter selects, in order of their ids, marked."""
    columns = f"id, title, coalesce(brand, ''), coalesce(detail, ''), {MARK}"
    rows = duckdb.connect().execute(f"SELECT {columns} FROM ({query}) ORDER BY id", [value])
    while chunk := rows.fetchmany(50_000):
        for id_, title, brand, detail, mark in chunk:
            yield Item(id_, Text(title, brand, detail), mark=mark)


def mentions(planted: int, size: int) -> tuple[list[Mention], list[str]]:
    """Return one title-like mention of each planted product, and as many short ones of one to three words."""
    chance = random.Random(7)
    titles = _real_titles()
    rows = _planted(planted, min(size, _REAL))
    long = [Mention(careless(titles[row], chance, _SAID), f"S{row:08d}") for row in rows]
    short = [_few_words(titles[row], chance) for row in rows]
    return long, short


def _few_words(title: str, chance: random.Random) -> str:
    words = title.split()
    return " ".join(chance.sample(words, min(len(words), chance.randint(1, 3))))


def _planted(count: int, among: int) -> list[int]:
    """Choose titles that mean one product: of six words or more, and written by a shop (not joined from fields)."""
    query = "SELECT title, source FROM read_parquet(?)"
    rows = duckdb.execute(query, [str(DATA / "base_titles_open.parquet")]).fetchmany(among)
    fit = [at for at, (title, source) in enumerate(rows) if source != _JOINED and len((title or "").split()) >= _WORDS]
    return sorted(random.Random(3).sample(fit, count))


def _real_titles() -> list[str]:
    table = duckdb.execute("SELECT title FROM read_parquet(?)", [str(DATA / "base_titles_open.parquet")]).fetchall()
    return [title or "" for (title,) in table]
