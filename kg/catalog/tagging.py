"""Tag products by rules: the merchant's own columns first, then the words, sizes and device names in their texts.

``products.parquet`` goes in, ``tags.parquet`` comes out (id, attribute, value, source, evidence), a batch at a time:
memory does not grow with the catalogue. A first, short pass learns what is common in each product type, so that "large"
means large among its own kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import duckdb
import msgspec

from kg.catalog.devices import DeviceReader
from kg.catalog.engine import opened
from kg.catalog.size_classes import SizeClasses, quantity
from kg.catalog.sizes import find_size
from kg.catalog.tags import TagWriter
from kg.catalog.vocabulary import Attribute, Vocabulary
from kg.catalog.wording import Found, Reading, WordReader
from kg.errors import ArtefactError
from kg.model import StageCounts

__all__ = ["PRODUCT_COLUMNS", "ProductRow", "Tag", "TagReport", "Tagger", "Unknown", "product_rows", "tag_products"]

_BATCH = 10_000
_MOST_UNKNOWN = 1_000
PRODUCT_COLUMNS = "id, title, brand, category, description, type_id, attributes"
"""What tagging reads of ``products.parquet``."""
_decoder = msgspec.json.Decoder(dict[str, str])


class Tag(NamedTuple):
    """One value of one attribute of a product. ``source`` is column, rule or model; ``evidence`` the words read."""

    id: str
    attribute: str
    value: str
    source: str
    evidence: str


class ProductRow(NamedTuple):
    """What tagging sees of a product; ``attributes`` are the merchant's own columns."""

    id: str
    texts: Reading
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A merchant's value that the vocabulary does not have: kept as received, and listed with a product that has it."""

    attribute: str
    value: str
    products: int
    example: str


@dataclass(frozen=True, slots=True)
class TagReport:
    """``tags`` counts them by attribute, ``sources`` by where they come from; ``unknown`` is in falling count."""

    counts: StageCounts
    tags: dict[str, int] = field(default_factory=dict[str, int])
    sources: dict[str, int] = field(default_factory=dict[str, int])
    unknown: tuple[Unknown, ...] = ()


class Tagger:
    """Tags products one by one, with what was learnt of the whole catalogue: its brands, and sizes by type."""

    def __init__(self, vocabulary: Vocabulary, brands: Iterable[str] = (), classes: SizeClasses | None = None) -> None:
        self._attributes = list(vocabulary.attributes.values())
        self._words = WordReader(vocabulary)
        self._classes = classes or SizeClasses()
        known = tuple(brands)
        self._devices = {each.name: DeviceReader(each, known) for each in self._attributes if each.reads == "models"}
        self._given: dict[tuple[str, str], tuple[tuple[str, str, bool], ...]] = {}
        self.unknown: Counter[tuple[str, str]] = Counter()
        self.examples: dict[tuple[str, str], str] = {}

    def tags(self, product: ProductRow) -> Iterator[Tag]:
        """Yield the product's tags, in the vocabulary's order. A column's value wins, in the vocabulary or not."""
        named = self._words.read(product.texts)
        for attribute in self._attributes:
            name = attribute.name
            if stated := product.attributes.get(name):
                for value, evidence, known in self._stated(attribute, stated):
                    if not known:
                        self._note(name, evidence, product.id)
                    yield Tag(product.id, name, value, "column", evidence)
                continue
            found = named.get(name) or self._otherwise(attribute, product)
            for value, evidence in found:
                yield Tag(product.id, name, value, "rule", evidence)

    def unread(self, product: ProductRow) -> Iterator[tuple[Attribute, tuple[str, ...]]]:
        """Yield the attributes a model may be asked about and nothing was found for, with the values that apply."""
        applies = self._words.applies(product.texts.category, product.texts.type_id)
        may_ask = [each for each in self._attributes if each.asks and applies.get(each.name)]
        tagged = {tag.attribute for tag in self.tags(product)} if may_ask else set[str]()
        for attribute in may_ask:
            if attribute.name not in tagged:
                yield attribute, tuple(name for name in attribute.values if name in applies[attribute.name])

    def _otherwise(self, attribute: Attribute, product: ProductRow) -> Sequence[Found]:
        """Read what is no word of the vocabulary."""
        match attribute.reads:
            case "models":
                return self._devices[attribute.name].read(product.texts)
            case "units" if attribute.values:
                return self._classes.read(attribute, product.texts, product.attributes.get("size", ""))
            case "units":
                size = find_size(product.texts.title)
                return [Found(size, size)] if size else []
            case _:
                return []

    def _stated(self, attribute: Attribute, text: str) -> tuple[tuple[str, str, bool], ...]:
        """Return (value, as received, whether it is known) of each part of a column."""
        found = self._given.get((attribute.name, text))
        if found is None:
            parts = [part.strip() for part in text.split(";")] if attribute.several or attribute.values else [text]
            named = [(part, attribute.named(part) if attribute.values else part) for part in parts if part]
            found = tuple((name or part, part, bool(name)) for part, name in dict(named).items())
            if len(self._given) < _MOST_UNKNOWN:
                self._given[attribute.name, text] = found
        return found

    def _note(self, attribute: str, value: str, example: str) -> None:
        if (attribute, value) in self.unknown or len(self.unknown) < _MOST_UNKNOWN:
            self.unknown[attribute, value] += 1
            self.examples.setdefault((attribute, value), example)


def tag_products(
    products: Path, vocabulary: Vocabulary, out: Path, memory_mb: int, progress: Callable[[int], None] | None = None
) -> TagReport:
    """Write ``tags.parquet`` into ``out``, in the order of the products and the vocabulary.

    ``progress`` is called with the number of products just tagged.

    Raises:
        ArtefactError: the products are missing or are not what the catalogue stage writes.
        ConfigError: ``memory_mb`` is too little.
    """
    if not products.is_file():
        raise ArtefactError(f"{products} is missing", remedy="run the catalog stage again")
    tags: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    taken = 0
    with opened(out / ".tags-spool", memory_mb) as engine:
        tagger = Tagger(vocabulary, _brands(engine, products), _learnt(engine, products))
        writer = TagWriter(engine, out / ".tags-spool")
        for batch in _batches(engine, products):
            found = [tag for product in batch for tag in tagger.tags(product)]
            tags.update(tag.attribute for tag in found)
            sources.update(tag.source for tag in found)
            writer.add(found)
            taken += len(batch)
            if progress is not None:
                progress(len(batch))
        writer.write(out / "tags.parquet")
    counts = StageCounts(taken, kept=taken)
    return TagReport(counts, dict(sorted(tags.items())), dict(sorted(sources.items())), _unknown(tagger))


def product_rows(rows: Iterable[tuple[str, ...]], products: Path) -> Iterator[ProductRow]:
    """Yield rows of ``PRODUCT_COLUMNS`` as tagging takes them.

    Raises:
        ArtefactError: attributes are no JSON object of strings.
    """
    for name, title, brand, category, description, type_id, attributes in rows:
        given = {} if attributes == "{}" else _attributes(attributes, products, name)
        yield ProductRow(name, Reading(title, brand, category, description, type_id), given)


def _batches(engine: duckdb.DuckDBPyConnection, products: Path) -> Iterator[list[ProductRow]]:
    reader = engine.cursor().execute(
        f"SELECT {PRODUCT_COLUMNS} FROM read_parquet($products)", {"products": str(products)}
    )
    while rows := reader.fetchmany(_BATCH):
        yield list(product_rows(rows, products))


def _brands(engine: duckdb.DuckDBPyConnection, products: Path) -> list[str]:
    query = "SELECT DISTINCT brand FROM read_parquet($products) WHERE brand != '' ORDER BY brand"
    return [brand for (brand,) in engine.execute(query, {"products": str(products)}).fetchall()]


def _learnt(engine: duckdb.DuckDBPyConnection, products: Path) -> SizeClasses:
    """Return what sizes are common, type by type."""
    classes = SizeClasses()
    query = "SELECT type_id, title, json_extract_string(attributes, '$.size') FROM read_parquet($products)"
    reader = engine.cursor().execute(query, {"products": str(products)})
    while rows := reader.fetchmany(_BATCH):
        for type_id, title, size in rows:
            classes.add(type_id, quantity(size or "", title))
    return classes


def _attributes(text: str, products: Path, name: str) -> dict[str, str]:
    try:
        return _decoder.decode(text) if text else {}
    except msgspec.DecodeError as error:
        raise ArtefactError(
            f"{products}: product {name!r}: attributes is no JSON object of strings: {error}",
            remedy="run the catalog stage again",
        ) from error


def _unknown(tagger: Tagger) -> tuple[Unknown, ...]:
    rows = [Unknown(*name, count, tagger.examples[name]) for name, count in tagger.unknown.items()]
    return tuple(sorted(rows, key=lambda row: (-row.products, row.attribute, row.value)))
