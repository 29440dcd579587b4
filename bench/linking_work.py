"""One step of :mod:`bench.linking` in a process of its own, so that its time and memory are its own.

Run with ``python -m bench.linking_work STEP JSON``; prints one JSON object.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from bench.scale_catalogue import MARK, items, mentions, read
from kg.catalog.engine import arrays
from linkers.products.index import Item, build_index, open_index, update_index
from linkers.products.linker import ProductLinker
from linkers.products.registry import build_product_linker
from linkers.products.rows import Array

__all__ = ["main"]

_KEPT = 10
_PASSES = 4


def main() -> None:
    """Do the step and print what it took."""
    steps: dict[str, Callable[..., dict[str, float]]] = {"build": _build, "update": _update, "link": _link}
    print(json.dumps(steps[sys.argv[1]](**json.loads(sys.argv[2]))))


def _build(catalogue: str, index: str, workers: int) -> dict[str, float]:
    started = time.perf_counter()
    with ProcessPoolExecutor(workers) as pool:
        size = len(build_index(Path(index), items(Path(catalogue)), map_=pool.map))
    return {"seconds": time.perf_counter() - started, "products": size, "rss_mb": _peak()}


def _update(catalogue: str, index: str, to: str) -> dict[str, float]:
    changed = _Changed(_changed(Path(catalogue)))
    started = time.perf_counter()
    _, found = update_index(Path(to), Path(index), changed)  # too few to read for other processes
    return {"seconds": time.perf_counter() - started, "changed": found.changed, "gone": found.gone}


class _Changed:
    """A catalogue that tells what changed by the marks of its rows."""

    def __init__(self, catalogue: Path) -> None:
        self._file = str(catalogue)

    def marks(self) -> Iterator[tuple[Array, Array]]:
        """See :class:`Source`."""
        query = f"SELECT id, {MARK} AS mark FROM read_parquet(?) ORDER BY id"
        rows = arrays(duckdb.connect().execute(query, [self._file]))
        yield np.asarray(rows["id"]), np.asarray(rows["mark"])

    def items(self, ids: Collection[str]) -> Iterator[Item]:
        """See :class:`Source`."""
        return read(f"SELECT * FROM read_parquet('{self._file}') WHERE id IN (SELECT unnest(?))", list(ids))


def _changed(catalogue: Path) -> Path:
    """Write the catalogue with one row in a hundred changed: another title, gone, or new beside it."""
    out = catalogue.with_name(f"changed-{catalogue.name}")
    query = _CHANGED.replace("$file", f"'{catalogue}'")
    duckdb.execute(f"COPY ({query}) TO '{out}' (FORMAT parquet)")
    return out


_CHANGED = """
SELECT id, CASE WHEN number % 300 = 0 THEN title || ', new edition' ELSE title END AS title, brand, detail
FROM (SELECT *, row_number() OVER (ORDER BY id) - 1 AS number FROM read_parquet($file)) WHERE number % 300 != 100
UNION ALL
SELECT id || '-new', title || ' refill', brand, detail
FROM (SELECT *, row_number() OVER (ORDER BY id) - 1 AS number FROM read_parquet($file)) WHERE number % 300 = 200
"""


def _link(index: str, planted: int, size: int, linker: str) -> dict[str, float]:
    """Link title-like and short mentions: CPU for one of each, peak memory, and how many are among the first ten."""
    opened = open_index(Path(index))
    found: Any = build_product_linker(linker, {"explain": _KEPT}, opened)
    quick = build_product_linker(linker, {"explain": 1}, opened)
    long, short = mentions(planted, size)
    took: dict[str, float] = {}
    for name, texts in (("title", [mention.text for mention in long]), ("short", short)):
        passes = [_pass(quick, texts) for _ in range(_PASSES)]  # in the first one, pages of the index are fetched
        took[f"{name}_ms"] = min(passes)
        took[f"{name}_first_ms"] = passes[0]
    links = found.link_all([mention.text for mention in long])
    among = [mention.meant in {each.id for each in link.candidates} for link, mention in zip(links, long, strict=True)]
    first = [
        bool(link.candidates) and link.candidates[0].id == mention.meant
        for link, mention in zip(links, long, strict=True)
    ]
    return {**took, "recall": sum(among) / len(among), "first": sum(first) / len(first), "rss_mb": _peak()}


def _pass(linker: ProductLinker, texts: Sequence[str]) -> float:
    """Return the milliseconds of CPU for one mention."""
    started = time.process_time()
    linker.link_all(texts)
    return (time.process_time() - started) * 1000 / len(texts)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)


if __name__ == "__main__":
    main()
