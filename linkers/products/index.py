"""The index of a catalogue's products: made once for a version of the catalogue, kept up to date, opened by many."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from kg.errors import ArtefactError, ConfigError
from kg.text import key
from linkers.embeddings import load_embedder
from linkers.products.analyse import Analyser, Text
from linkers.products.columns import Columns, columns_of, merged, ordered, places_of, woven
from linkers.products.files import FORMAT, PARTITION, Manifest, load, read_manifest, save
from linkers.products.neighbours import Known, Neighbours, open_neighbours
from linkers.products.postings import Postings
from linkers.products.rows import Array
from linkers.products.terms import WORD, term
from linkers.products.vectors import Encoder, WordAverage, as_bytes

__all__ = [
    "Item", "Map", "ProductIndex", "Source", "Updated", "build_index", "check_vectors", "default_encoder",
    "index_version", "open_index", "update_index",
]  # fmt: skip

_CHUNK = 20_000
_MARK = (1 << 64) - 1
_LEARN_AGAIN = 1.3  # the partition is learned again when there are so many times the products it was learned for
Map = Callable[[Callable[[Sequence["Item"]], Columns], Iterable[Sequence["Item"]]], Iterable[Columns]]
"""Applies a function to chunks of products, in order: ``map``, or that of a pool."""


class Item(NamedTuple):
    """A product to be indexed. ``type_name`` may be empty; ids and titles are kept as received.

    ``mark`` is a number that changes when anything of the product does; 0: it is worked out of the text.
    """

    id: str
    text: Text
    type_name: str = ""
    mark: int = 0


@runtime_checkable
class Source(Protocol):
    """A catalogue that can tell which of its products changed without handing them all over."""

    def marks(self) -> Iterable[tuple[Sequence[str] | Array, Sequence[int] | Array]]:
        """Yield the ids of some products with their marks (below 2**64), until all were there.

        Arrays are quicker than lists, and ids in ascending order than others.
        """
        ...

    def items(self, ids: Collection[str]) -> Iterable[Item]:
        """Yield the products with these ids, marked."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class ProductIndex:
    """An opened index. Its arrays are memory-mapped: several processes share one copy.

    ``encoder`` is what its titles were read with; mentions are to be read with the same.
    """

    folder: Path
    manifest: Manifest
    columns: Columns
    postings: Postings
    neighbours: Neighbours
    encoder: Encoder

    def __len__(self) -> int:
        return len(self.columns)

    def id(self, row: int) -> str:
        """Return the catalogue's id of a product."""
        return self.columns.text("ids", row)

    def title(self, row: int) -> str:
        """Return the title of a product, as received."""
        return self.columns.text("titles", row)


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update found: products that were new or other than before, gone, and as they were."""

    changed: int
    gone: int
    kept: int


@lru_cache(maxsize=1)
def default_encoder() -> Encoder:
    """Return the encoder of an index when none is given: static embeddings, once a process."""
    return WordAverage(load_embedder())


def build_index(
    folder: Path, items: Iterable[Item], *, map_: Map = map, encoder: Encoder | None = None
) -> ProductIndex:
    """Make the index of ``items``, in whatever order they come, and open it.

    Args:
        folder: where; an index that is there is replaced.
        items: the products.
        map_: applies a function to chunks, in order; a pool's ``map`` uses all cores.
        encoder: makes vectors of titles (``None``: the static embeddings); a pool pickles it.

    Raises:
        ConfigError: two products share an id, or the embedding table is not installed.
        KgError: what the encoder raises.
    """
    parts = list(map_(partial(read_items, encoder=encoder), _chunks(items)))
    columns = merged(parts) if parts else read_items((), encoder)
    order, twice = ordered(columns)
    if twice is not None:
        raise _twice(twice)
    if not np.array_equal(order, np.arange(len(order))):
        columns = columns.take(order)
    save(folder, columns, _versions(encoder))
    return open_index(folder, encoder)


def update_index(
    folder: Path, old: Path, items: Iterable[Item] | Source, *, map_: Map = map, encoder: Encoder | None = None
) -> tuple[ProductIndex, Updated]:
    """Make the index of ``items`` from the one in ``old``, reading only products that are new or changed.

    Raises:
        ConfigError: two products share an id.
        ArtefactError: the old index is damaged, or texts are read otherwise by now: make it anew.
        KgError: what the encoder raises.
    """
    index = open_index(old, encoder)
    ids = index.columns.texts("ids")
    kept, changed, gone = _compared(index.columns.hashes, ids, items)
    there = index.columns
    if not len(kept):
        there, ids = there.take(kept), []
    read = list(map_(partial(read_items, encoder=encoder), _chunks(changed)))
    check_vectors(old, there, *read)
    rows, twice = woven(ids, kept, [id_ for part in read for id_ in part.texts("ids")])
    if twice is not None:
        raise _twice(twice)
    known = None
    if len(rows) <= index.manifest.learned_for * _LEARN_AGAIN:
        known = Known(old / PARTITION, index.manifest.learned_for, np.where(rows < len(ids), rows, -1))
    save(folder, merged([there, *read], rows), _versions(encoder), known)
    return open_index(folder, encoder), Updated(sum(map(len, read)), gone, len(kept))


def _compared(hashes: Array, ids: Sequence[str], items: Iterable[Item] | Source) -> tuple[Array, Iterable[Item], int]:
    """Return the rows that are as they were, ascending, the products that are not, and how many rows are gone."""
    given = items if isinstance(items, Source) else _Given(items)
    told = list(given.marks())
    names: list[str] = [id_ for some, _ in told for id_ in some]
    marks = np.concatenate([np.zeros(0, dtype=np.uint64), *(np.asarray(each, dtype=np.uint64) for _, each in told)])
    at = places_of(names, ids)
    same = at >= 0
    known = int(same.sum())
    same[same] = hashes[at[same]] == marks[same]
    changed = list(itertools.compress(names, ~same))
    return np.sort(at[same]), given.items(changed) if changed else (), len(ids) - known


class _Given:
    """Products that are all at hand, as a source."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = list(items)

    def marks(self) -> Iterator[tuple[Sequence[str], Sequence[int]]]:
        """See :class:`Source`."""
        if self._items:
            yield [item.id for item in self._items], [_hash(item) for item in self._items]

    def items(self, ids: Collection[str]) -> Iterator[Item]:
        """See :class:`Source`."""
        wanted = frozenset(ids)
        return (item for item in self._items if item.id in wanted)


def open_index(folder: Path, encoder: Encoder | None = None) -> ProductIndex:
    """Return the index in ``folder``, which ``encoder`` (``None``: the static embeddings) was used for.

    Raises:
        ArtefactError: it is damaged, was made with another encoder, or by a version that reads texts otherwise.
    """
    manifest = read_manifest(folder)
    if (manifest.reading, manifest.encoder) != _versions(encoder):
        raise ArtefactError(
            f"{folder}: the index was made by another version or encoder", remedy="delete the folder; it is made again"
        )
    columns, postings = load(folder, manifest)
    neighbours = open_neighbours(columns.vectors, folder / PARTITION)
    return ProductIndex(folder, manifest, columns, postings, neighbours, encoder or default_encoder())


def check_vectors(folder: Path, *parts: Columns) -> None:
    """Check that vectors can be compared; ``folder`` is the index that some are of.

    Raises:
        ArtefactError: the encoder gives vectors of another length than it did: another model has its name now.
    """
    if len({part.vectors.shape[1] for part in parts if len(part)}) > 1:
        raise ArtefactError(
            f"{folder}: the encoder gives vectors of another length by now",
            remedy="delete the folder; it is made again",
        )


def index_version(encoder: Encoder | None = None) -> str:
    """Return what names the format of an index and how texts are read into it: another one needs another index."""
    return "/".join((str(FORMAT), *_versions(encoder)))


def read_items(items: Sequence[Item], encoder: Encoder | None = None) -> Columns:
    """Return the columns of some products, their titles read by ``encoder`` (``None``: the static embeddings)."""
    analyser, encoder = _analyser(), encoder or default_encoder()
    readings = [analyser.read(item.text) for item in items]
    return columns_of(
        [item.id for item in items],
        [item.text for item in items],
        readings,
        as_bytes(encoder.encode([reading.names for reading in readings])),
        [head_of(item.type_name) for item in items],
        [_hash(item) for item in items],
    )


def head_of(type_name: str) -> int:
    """Return the last word of a product type's name as a term; 0 without one."""
    words = key(type_name).split()
    return term(WORD, words[-1]) if words else 0


@lru_cache(maxsize=1)
def _analyser() -> Analyser:
    return Analyser()


def _versions(encoder: Encoder | None) -> tuple[str, str]:
    return _analyser().version, (encoder or default_encoder()).version


def _twice(id_: str) -> ConfigError:
    return ConfigError(f"two products have the id {id_!r}", remedy="give every product its own id")


def _hash(item: Item) -> int:
    if item.mark:
        return item.mark & _MARK
    text = item.text
    parts = repr((text.title, text.brand, text.detail, text.price, item.type_name))
    return int.from_bytes(hashlib.blake2b(parts.encode(), digest_size=8).digest())


class _Chunk(list[Item]):
    """Some products, handed to another process column by column: a third of the work that one by one would be."""

    def __reduce__(self) -> tuple[Any, ...]:
        """See :func:`pickle.dumps`."""
        ids, texts, types, marks = zip(*self, strict=True)
        return _unpacked, (ids, *zip(*texts, strict=True), types, marks)


def _unpacked(*columns: tuple[Any, ...]) -> _Chunk:
    ids, titles, brands, details, prices, types, marks = columns
    return _Chunk(map(Item, ids, map(Text, titles, brands, details, prices), types, marks))


def _chunks(items: Iterable[Item]) -> Iterator[_Chunk]:
    rest = iter(items)
    while chunk := _Chunk(itertools.islice(rest, _CHUNK)):
        yield chunk
