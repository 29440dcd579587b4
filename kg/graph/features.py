"""One streaming pass over the products: their text becomes the few numbers that guards and ranking read.

Only products of the types at the ends of edges are looked at. Their attributes are the catalogue's own, with the tags
laid over them. Titles are normalised only where a model or a qualifier has to be found in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import numpy as np

from kg.catalog.sizes import parse_size
from kg.catalog.tags import TAGGED
from kg.catalog.vocabulary import PREFERRED
from kg.errors import ArtefactError
from kg.graph.fits import Fits, split_models
from kg.graph.makers import Makers, read_makers
from kg.graph.traits import Traits, default_traits
from kg.graph.type_edges import Pool
from kg.text import key

__all__ = ["LIKES", "Catalogue", "Features", "compute_features"]

_BATCH = 20_000
LIKES = tuple(f"likes_{name}" for name in PREFERRED)
"""The columns of what is preferred in a substitute: bit sets, one for each attribute of ``PREFERRED``."""
_GUARDED = ("species", "ages", "diet", "unit", "steps", "fit", "stated", "makers", "bound", "scent", "form")
_COLUMNS = ("row", "type", "brand", *_GUARDED, *LIKES)
_NO_WORDS = frozenset({"size_class"})  # "large" eggs are not the large pack of eggs
_FILL = """
CREATE TABLE given AS SELECT p.file_row_number AS row, p.id, p.type_id, p.category, p.title, p.brand,
  CASE WHEN p.attributes = '' THEN '{}' ELSE p.attributes END AS attributes
FROM read_parquet($products, file_row_number = true) p SEMI JOIN wanted w ON w.name = p.type_id"""
_LAY_OVER = f"""
CREATE OR REPLACE TABLE given AS SELECT g.* REPLACE (CASE WHEN t.tags IS NULL THEN g.attributes
  ELSE json_merge_patch(g.attributes, t.tags)::VARCHAR END AS attributes)
FROM given g LEFT JOIN (SELECT * FROM ({TAGGED}) SEMI JOIN given USING (id)) t USING (id)"""
_TABLE = f"""
CREATE TABLE trait (row BIGINT, type INTEGER, brand BIGINT, species INTEGER, ages INTEGER, diet BIGINT, unit INTEGER,
  steps INTEGER, fit INTEGER, stated BOOLEAN, makers INTEGER, bound BOOLEAN, scent BIGINT, form BIGINT,
  {", ".join(f"{name} BIGINT" for name in LIKES)})"""
_READ = "SELECT row, type_id, category, title, brand, attributes FROM given ORDER BY row"
_READ_STATED = "SELECT DISTINCT attributes FROM given WHERE contains(attributes, '\"compatible_with\"')"
_decoder = msgspec.json.Decoder(dict[str, str])


@dataclass(frozen=True)
class Catalogue:
    """The products, what they were tagged with, and what the tags mean."""

    products: Path
    tags: tuple[Path, ...] = ()
    traits: Traits = field(default_factory=default_traits)


class Features:
    """Counts that decide between pools: how many products carry all qualifiers, or at least the hard ones."""

    def __init__(self, pools: Collection[Pool], traits: Traits) -> None:
        self.numbers: dict[Pool, int] = {pool: number for number, pool in enumerate(pools)}
        self.carriers: Counter[tuple[int, bool]] = Counter()
        self._traits = traits
        self._by_type: dict[str, list[tuple[int, Pool]]] = {}
        for pool, number in self.numbers.items():
            if pool.soft or pool.hard:
                self._by_type.setdefault(pool.type_id, []).append((number, pool))

    def wants_words(self, type_id: str) -> bool:
        """Whether some edge to ``type_id`` has qualifiers."""
        return type_id in self._by_type

    def memberships(self, type_id: str, text: str, diet: int) -> Iterator[tuple[int, bool]]:
        """Yield (pool, carries all qualifiers) of a product that carries at least the hard ones."""
        for number, pool in self._by_type.get(type_id, ()):
            if not all(self._carries(term, text, diet) for term in pool.hard):
                continue
            whole = all(self._carries(term, text, diet) for term in pool.soft)
            if whole or pool.hard:
                self.carriers[number, whole] += 1
                yield number, whole

    def _carries(self, term: str, text: str, diet: int) -> bool:
        """Whether a product's words (spaces at both ends) or its diets say ``term``."""
        bit = self._traits.diet_of_term(term)
        return bool(diet & bit) or any(f" {alias} " in text for alias in self._traits.aliases(term))


def compute_features(
    engine: duckdb.DuckDBPyConnection, catalogue: Catalogue, types: Mapping[str, int], pools: Sequence[Pool]
) -> Features:
    """Fill the tables ``trait``, ``member``, ``fit_model`` and ``maker_brand``; return what the pools hold.

    Raises:
        ArtefactError: a row's attributes are not a JSON object of strings; names file and row.
    """
    _gather(engine, catalogue)
    engine.execute(_TABLE)
    engine.execute("CREATE TABLE member (pool INTEGER, whole BOOLEAN, row BIGINT)")
    fits = Fits(_stated_models(engine, catalogue.products))
    makers = read_makers(engine.cursor(), catalogue.products, catalogue.traits)
    reading = _Reading(catalogue, fits, makers, Features(pools, catalogue.traits))
    reader = engine.cursor().execute(_READ)
    while batch := reader.fetchmany(_BATCH):
        traits: list[tuple[int, ...]] = []
        members: list[tuple[int, bool, int]] = []
        for row, type_id, category, title, brand, attributes in batch:
            given = _attributes(attributes, catalogue.products, row)
            numbers, pooled = reading.product((category, type_id), title, brand, given)
            traits.append((row, types[type_id], _brand(brand), *numbers))
            members.extend((pool, whole, row) for pool, whole in pooled)
        _insert(engine, "INSERT INTO trait SELECT * FROM batch", _COLUMNS, traits)
        _insert(engine, "INSERT INTO member SELECT * FROM batch", ("pool", "whole", "row"), members)
    engine.execute("DROP TABLE given")
    engine.execute("CREATE TABLE fit_model (fit INTEGER, model INTEGER)")
    _insert(engine, "INSERT INTO fit_model SELECT * FROM batch", ("fit", "model"), list(fits.members()))
    engine.execute("CREATE TABLE maker_brand (makers INTEGER, brand INTEGER)")
    _insert(engine, "INSERT INTO maker_brand SELECT * FROM batch", ("makers", "brand"), list(makers.members()))
    return reading.features


@dataclass(frozen=True)
class _Reading:
    """Turns one product after the other into numbers."""

    catalogue: Catalogue
    fits: Fits
    makers: Makers
    features: Features

    def product(
        self, kind: tuple[str, str], title: str, brand: str, given: Mapping[str, str]
    ) -> tuple[tuple[int, ...], list[tuple[int, bool]]]:
        """Return the trait columns after the brand, and the pools with whether all qualifiers are carried.

        ``kind`` is category and type.
        """
        type_id = kind[1]
        traits, wants_words = self.catalogue.traits, self.features.wants_words(type_id)
        text = ""
        if self.fits or wants_words:
            text = key(title) if brand.casefold() in title.casefold() else key(f"{brand} {title}")
        fit = self.fits.number(given.get("compatible_with", ""), text) if self.fits else (0, False)
        makers = self.makers.number(title, brand, given.get("compatible_with", "")) if self.makers else (0, False)
        diet = traits.kept("diet", given.get("diet", ""))
        numbers = (
            *traits.audience(given.get("audience", "")),
            diet,
            *parse_size(given.get("size", "")),
            *fit,
            *makers,
            traits.scent(given.get("scent", ""), given.get("skin_type", "")) | traits.scentless(*kind),
            traits.kept("form", given.get("form", "")),
            *(traits.preferred(name, given.get(name, "")) for name in PREFERRED),
        )
        if not wants_words:
            return numbers, []
        stated = key(" ; ".join(value for name, value in given.items() if name not in _NO_WORDS))
        return numbers, list(self.features.memberships(type_id, f" {text} {stated} ", diet))


def _gather(engine: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> None:
    """Create the table ``given``: the products that count, their tags laid over their attributes."""
    engine.execute(_FILL, {"products": str(catalogue.products)})
    if catalogue.tags:
        bad = engine.execute("SELECT min(row) FROM given WHERE NOT json_valid(attributes)").fetchone()
        if bad and bad[0] is not None:
            row = engine.execute("SELECT attributes FROM given WHERE row = $row", {"row": bad[0]}).fetchone()
            _attributes(row[0] if row else "", catalogue.products, bad[0])
        engine.execute(_LAY_OVER, {"tags": [str(path) for path in catalogue.tags]})


def _stated_models(engine: duckdb.DuckDBPyConnection, products: Path) -> set[tuple[str, ...]]:
    reader = engine.cursor().execute(_READ_STATED)
    models: set[tuple[str, ...]] = set()
    while batch := reader.fetchmany(_BATCH):
        for (attributes,) in batch:
            models.update(split_models(_attributes(attributes, products, 0).get("compatible_with", "")))
    return models


def _attributes(text: str, products: Path, row: int) -> dict[str, str]:
    try:
        return _decoder.decode(text) if text else {}
    except msgspec.DecodeError as error:
        raise ArtefactError(
            f"{products}: row {row + 1}: attributes is no JSON object of strings: {error}",
            remedy="run the catalog stage again",
        ) from error


@lru_cache(maxsize=65_536)
def _brand(text: str) -> int:
    """Return a number that equal brands share; 0: no brand. Stable, unlike :func:`hash`."""
    name = key(text)
    return int.from_bytes(blake2b(name.encode(), digest_size=7).digest()) if name else 0


def _insert(engine: duckdb.DuckDBPyConnection, sql: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    engine.register(
        "batch", {name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    )
    engine.execute(sql)
    engine.unregister("batch")
