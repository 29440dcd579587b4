"""One streaming pass over the products: their text becomes the few numbers that guards and ranking read.

Only products of the types at the ends of edges are looked at. Titles are normalised only where a model or a
qualifier has to be found in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import numpy as np

from kg.errors import ArtefactError
from kg.graph.fits import Fits, split_models
from kg.graph.sizes import parse_size
from kg.graph.traits import aliases, audience_bits, diet_bits, diet_bits_of_term
from kg.graph.type_edges import Pool
from kg.text import key

__all__ = ["Features", "compute_features"]

_BATCH = 20_000
_COLUMNS = ("row", "type", "brand", "species", "ages", "diet", "unit", "steps", "fit", "stated")
_READ = """
SELECT p.file_row_number, p.type_id, p.title, p.brand, p.attributes
FROM read_parquet($products, file_row_number = true) p SEMI JOIN wanted w ON w.name = p.type_id"""
_READ_STATED = """
SELECT DISTINCT p.attributes FROM read_parquet($products) p SEMI JOIN wanted w ON w.name = p.type_id
WHERE contains(p.attributes, '"compatible_with"')"""
_decoder = msgspec.json.Decoder(dict[str, str])


class Features:
    """Counts that decide between pools: how many products carry all qualifiers, or at least the hard ones."""

    def __init__(self, pools: Collection[Pool]) -> None:
        self.numbers: dict[Pool, int] = {pool: number for number, pool in enumerate(pools)}
        self.carriers: Counter[tuple[int, bool]] = Counter()
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
            if not all(_carries(term, text, diet) for term in pool.hard):
                continue
            whole = all(_carries(term, text, diet) for term in pool.soft)
            if whole or pool.hard:
                self.carriers[number, whole] += 1
                yield number, whole


def compute_features(
    engine: duckdb.DuckDBPyConnection, products: Path, types: Mapping[str, int], pools: Sequence[Pool]
) -> Features:
    """Fill the tables ``trait``, ``member`` and ``fit_model`` from ``products``; return what the pools hold.

    Raises:
        ArtefactError: a row's attributes are not a JSON object of strings; names file and row.
    """
    engine.execute("CREATE TABLE trait (row BIGINT, type INTEGER, brand BIGINT, species INTEGER, ages INTEGER, "
                   "diet INTEGER, unit INTEGER, steps INTEGER, fit INTEGER, stated BOOLEAN)")  # fmt: skip
    engine.execute("CREATE TABLE member (pool INTEGER, whole BOOLEAN, row BIGINT)")
    fits = Fits(_stated_models(engine, products))
    features = Features(pools)
    reader = engine.cursor().execute(_READ, {"products": str(products)})
    while batch := reader.fetchmany(_BATCH):
        traits: list[tuple[int, ...]] = []
        members: list[tuple[int, bool, int]] = []
        for row, type_id, title, brand, attributes in batch:
            given = _attributes(attributes, products, row)
            numbers = _numbers(given)
            text = ""
            if fits or features.wants_words(type_id):
                text = key(title) if brand.casefold() in title.casefold() else key(f"{brand} {title}")
            fit, stated = fits.number(given.get("compatible_with", ""), text) if fits else (0, False)
            traits.append((row, types[type_id], _brand(brand), *numbers, fit, stated))
            if features.wants_words(type_id):
                words = f" {text} {key(' ; '.join(given.values()))} "
                found = features.memberships(type_id, words, numbers[2])
                members.extend((pool, whole, row) for pool, whole in found)
        _insert(engine, "INSERT INTO trait SELECT * FROM batch", _COLUMNS, traits)
        _insert(engine, "INSERT INTO member SELECT * FROM batch", ("pool", "whole", "row"), members)
    engine.execute("CREATE TABLE fit_model (fit INTEGER, model INTEGER)")
    _insert(engine, "INSERT INTO fit_model SELECT * FROM batch", ("fit", "model"), list(fits.members()))
    return features


def _stated_models(engine: duckdb.DuckDBPyConnection, products: Path) -> set[tuple[str, ...]]:
    reader = engine.cursor().execute(_READ_STATED, {"products": str(products)})
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


def _numbers(given: Mapping[str, str]) -> tuple[int, int, int, int, int]:
    """Return species, ages, diet, unit and steps."""
    species, ages = audience_bits(given.get("audience", ""))
    unit, steps = parse_size(given.get("size", ""))
    return species, ages, diet_bits(given.get("diet", "")), unit, steps


@lru_cache(maxsize=65_536)
def _brand(text: str) -> int:
    """Return a number that equal brands share; 0: no brand. Stable, unlike :func:`hash`."""
    name = key(text)
    return int.from_bytes(blake2b(name.encode(), digest_size=7).digest()) if name else 0


def _carries(term: str, text: str, diet: int) -> bool:
    """Whether a product's words (spaces at both ends) or its diets say ``term``."""
    bit = diet_bits_of_term(term)
    return bool(diet & bit) or any(f" {alias} " in text for alias in aliases(term))


def _insert(engine: duckdb.DuckDBPyConnection, sql: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    engine.register(
        "batch", {name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    )
    engine.execute(sql)
    engine.unregister("batch")
