"""The catalogue stage: files in, checked products with their types out, in two passes over a spool on disk.

The first pass reads, checks and spools the rows; a query over the spool finds ids that stand twice; then the
product types are learnt from a bounded sample, every row is given its phrase, and one ordered query writes
the products. Python holds one batch at a time, and DuckDB the rest within its memory limit, so that memory does
not grow with the catalogue.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from kg.catalog.columns import require, resolve
from kg.catalog.engine import opened
from kg.catalog.fields import check
from kg.catalog.mining import Sample, learn
from kg.catalog.naming import OTHER, Group, name_types
from kg.catalog.options import CatalogOptions
from kg.catalog.readers import Source, read_batches
from kg.catalog.rejects import RejectLog
from kg.catalog.report import CatalogReport
from kg.catalog.rows import spool_columns
from kg.catalog.spool import Spool
from kg.catalog.table import Corrections, read_corrections, write_table
from kg.catalog.tables import Batch
from kg.catalog.titles import forget
from kg.errors import InputError
from kg.records import write_jsonl

__all__ = ["read_catalog"]

_log = logging.getLogger(__name__)
Progress = Callable[[int], None]


def read_catalog(
    files: Sequence[Path], options: CatalogOptions, out: Path, progress: Progress | None = None
) -> CatalogReport:
    """Read the catalogue into ``out``: products.parquet, product_types.jsonl, types_table.csv, rejects.jsonl.

    ``progress`` is called with the number of rows just read. Ids are kept exactly as received; numbers in JSON
    and Parquet become their decimal text.

    Raises:
        InputError: a file cannot be used (missing, empty, damaged, no id or title column, wrong mapping), or more
            than ``options.max_reject_share`` of the rows were refused; rejects.jsonl is written all the same.
    """
    if not files:
        raise InputError("no catalogue file is given", file="catalog.files", remedy="name at least one file")
    corrections = read_corrections(Path(options.types_table)) if options.types_table else Corrections()
    out.mkdir(parents=True, exist_ok=True)
    folder = out / ".catalog-spool"
    with _collector_paused(), RejectLog(out / "rejects.jsonl") as log, opened(folder, options.memory_mb) as engine:
        spool = Spool(engine, folder)
        sample = Sample()
        taken = 0
        for number, file in enumerate(files):
            taken += _read_file(_source(file, options), (number, spool, sample, log), progress)
        forget()
        log.add(spool.duplicates([str(file) for file in files]))
        log.check_share(taken, options.max_reject_share, str(files[0]) if len(files) == 1 else "catalogue")
        report = log.report(taken)
        if not report.counts.kept:
            raise InputError("no row could be kept", file=str(files[0]), remedy=f"see {log.path}")
        types, categories, other = _write(spool, sample, corrections, options, out)
    _log.info("catalogue: %s rows, %s rejects, %s types", taken, report.counts.dropped, types)
    return CatalogReport(report.counts, report.reasons, types, categories, other)


@contextmanager
def _collector_paused() -> Generator[None]:
    """Pause the cycle collector: batches make many containers and no cycles, and it would walk the caches each time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _source(file: Path, options: CatalogOptions) -> Source:
    return Source(file, options.format, options.delimiter, options.encoding, dict(options.columns))


def _read_file(source: Source, into: tuple[int, Spool, Sample, RejectLog], progress: Progress | None) -> int:
    """Read one file into the spool; return how many rows it had."""
    number, spool, sample, log = into
    taken = 0
    with closing(read_batches(source)) as batches:
        for batch, layout in _laid_out(source, batches):
            checked = check(batch, layout)
            log.add(sorted([*batch.rejects, *checked.rejects], key=lambda reject: reject.line))
            columns = spool_columns(checked, layout)
            sample.add(columns)
            spool.add(number, checked.lines, columns)
            rows = len(batch.lines) + len(batch.rejects)
            taken += rows
            if progress is not None:
                progress(rows)
    return taken


def _laid_out(source: Source, batches: Iterable[Batch]) -> Iterator[tuple[Batch, dict[str, str]]]:
    """Yield each batch with its layout (our field -> column), the header checked once."""
    required = False
    for batch in batches:
        if not required and batch.header:
            required = True
            require(str(source.file), batch.header, source.columns, ("id", "title"))
        layout = resolve(batch.header, source.columns)
        if layout.get("id", "") in batch.inexact:
            raise InputError(
                "the ids are floating-point numbers, which cannot hold them exactly",
                file=str(source.file),
                field=layout["id"],
                remedy="export the column as text",
            )
        yield batch, layout


def _write(
    spool: Spool, sample: Sample, corrections: Corrections, options: CatalogOptions, out: Path
) -> tuple[int, int, int]:
    """Type the products and write the artefacts; return types, categories and products of type "other"."""
    book = learn(sample, corrections, options.min_type_support)
    sample.by_category.clear()
    pairs = spool.assign(book.pick)
    counted = spool.groups()
    groups = [Group(*pairs[row.pair], row.products, row.popularity, row.example) for row in counted]
    named = name_types(groups, book, corrections, options.min_type_support)
    spool.write(
        {row.pair: type_id for row, type_id in zip(counted, named.type_ids, strict=True)}, out / "products.parquet"
    )
    write_jsonl(out / "product_types.jsonl", named.types)
    write_table(out / "types_table.csv", named.table)
    categories = len({group.category for group in groups if group.category})
    other = sum(kind.products for kind in named.types if kind.id == OTHER)
    return len(named.types), categories, other
