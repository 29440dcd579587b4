"""Engines that could find candidates by words, side by side: time to index, size, speed, what is found.

Run with ``python -m bench.candidate_engines [--quick] [--json]``. Every engine indexes the same normalised titles and
is asked the same planted mentions (:mod:`bench.scale_catalogue`), an OR of their words, for 20 products, in one thread.
``found``: share of mentions whose product is among them. ``ms`` is CPU for one title-like mention, ``short_ms`` for one
of one to three words. Ours is the index of :mod:`linkers.products` (words, first letters and model numbers; the time to
index includes all that linking needs beside).
"""

from __future__ import annotations

import importlib
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.measure import arguments, publish
from bench.scale_catalogue import Mention, items, make, mentions
from kg.text import normalise
from linkers.products.analyse import Text
from linkers.products.candidates import Search, read_batch
from linkers.products.index import Item, ProductIndex, build_index, read_items

__all__ = ["main"]

FULL = {"products": 200_000, "planted": 1_000}
QUICK = {"products": 20_000, "planted": 200}
LIMIT = 20
Ask = Callable[[Sequence[str]], list[set[str]]]


def main() -> None:
    """Measure and print."""
    given = arguments(__doc__ or "")
    sizes = QUICK if given.quick else FULL
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        products = list(items(make(folder, sizes["products"], sizes["planted"])))
        long, short = mentions(sizes["planted"], sizes["products"])
        for engine, index in ENGINES.items():
            figures |= {
                f"{engine}_{key}": value for key, value in _engine(index, folder, products, long, short).items()
            }
    publish("candidate_engines", sizes, figures, as_json=given.json)


def _engine(
    index: Callable[[Path, list[Item]], Ask], folder: Path, products: list[Item], long: list[Mention], short: list[str]
) -> dict[str, float]:
    place = folder / "engine"
    place.mkdir()
    started = time.process_time()
    ask = index(place, products)
    indexed = time.process_time() - started
    size = sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
    started = time.process_time()
    found = ask([mention.text for mention in long])
    took = time.process_time() - started
    started = time.process_time()
    ask(short)
    took_short = time.process_time() - started
    place.rename(folder / f"done-{time.monotonic_ns()}")
    return {
        "index_s": round(indexed, 1),
        "disk_mb": round(size / 1e6, 1),
        "ms": round(took * 1000 / len(long), 3),
        "short_ms": round(took_short * 1000 / len(short), 3),
        "found": round(sum(mention.meant in ids for mention, ids in zip(long, found, strict=True)) / len(long), 4),
    }


def _ours(folder: Path, products: list[Item]) -> Ask:
    index: ProductIndex = build_index(folder / "index", products)
    search = Search(shared=LIMIT, nearest=0)

    def ask(texts: Sequence[str]) -> list[set[str]]:
        out: list[set[str]] = [set() for _ in texts]
        for start in range(0, len(texts), 256):
            part = [Item(str(at), Text(text)) for at, text in enumerate(texts[start : start + 256])]
            pairs = search.pairs(index, read_batch(index, read_items(part)))
            for mention, product in zip(pairs.mentions, pairs.products, strict=True):
                out[start + int(mention)].add(index.id(int(product)))
        return out

    return ask


def _tantivy(folder: Path, products: list[Item]) -> Ask:
    library: Any = importlib.import_module("tantivy")
    builder = library.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    builder.add_text_field("title", stored=False, tokenizer_name="whitespace")
    index = library.Index(builder.build(), path=str(folder))
    writer = index.writer(heap_size=256_000_000, num_threads=1)
    for item in products:
        writer.add_document(library.Document(id=item.id, title=normalise(item.text.title)))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def one(text: str) -> set[str]:
        words = normalise(text).split()
        terms = [library.Query.term_query(index.schema, "title", word) for word in words]
        query = library.Query.boolean_query([(library.Occur.Should, term) for term in terms])
        return {searcher.doc(address)["id"][0] for _, address in searcher.search(query, LIMIT).hits}

    return lambda texts: [one(text) for text in texts]


def _sqlite(folder: Path, products: list[Item]) -> Ask:
    connection = sqlite3.connect(folder / "fts.sqlite")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5(id UNINDEXED, title)")
    rows = ((item.id, normalise(item.text.title)) for item in products)
    connection.executemany("INSERT INTO t VALUES (?, ?)", rows)
    connection.commit()

    def one(text: str) -> set[str]:
        query = " OR ".join(f'"{word}"' for word in normalise(text).split()) or '""'
        found = connection.execute("SELECT id FROM t WHERE t MATCH ? ORDER BY rank LIMIT ?", (query, LIMIT))
        return {row[0] for row in found}

    return lambda texts: [one(text) for text in texts]


def _bm25s(folder: Path, products: list[Item]) -> Ask:
    library: Any = importlib.import_module("bm25s")
    model = library.BM25()
    model.index([normalise(item.text.title).split() for item in products], show_progress=False)
    model.save(str(folder))

    def ask(texts: Sequence[str]) -> list[set[str]]:
        words = [normalise(text).split() for text in texts]
        rows: Any = model.retrieve(words, k=LIMIT, show_progress=False, n_threads=0).documents
        return [{products[int(row)].id for row in np.asarray(each)} for each in rows]

    return ask


ENGINES: dict[str, Callable[[Path, list[Item]], Ask]] = {
    "ours": _ours,
    "tantivy": _tantivy,
    "sqlite_fts5": _sqlite,
    "bm25s": _bm25s,
}


if __name__ == "__main__":
    main()
