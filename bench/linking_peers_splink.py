"""Splink as a linker of products: two tables, trained without labels, links of each mention for itself.

Its string comparisons are made for names and dates; titles are bags of words. So what its documentation advises for
such data is done: features are prepared beforehand and compared by levels of its own library.

- ``vector``: TF-IDF of three letters within words (brand before the title), projected at random to 512 numbers, since
  Splink compares vectors of a fixed size: ``CosineSimilarityAtThresholds``.
- ``codes``: what looks like a model number: one in common, or two alike (Jaro-Winkler).
- ``numbers``: numbers that stand alone, such as versions: the same, some of them, one in common.
- ``price``: ``PercentageDifferenceLevel``.

Candidates share a word that at most one title in ten has. The ``u`` probabilities are estimated from up to ten million
pairs (here: all there are), the ``m`` probabilities by expectation maximisation over pairs that share a word no third
title has, and the prior is one product a mention. Blocks, levels and comparisons are those with the best accuracy over
both sets, found with their labels. Left out are Jaro-Winkler of titles (three points of accuracy less on Abt-Buy, five
on Amazon-Google) and the brand as a field (one and three points less): they count the same evidence twice.
"""

from __future__ import annotations

import importlib
import logging
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import duckdb

from kg.evaluate.linking.data import LinkingSet
from kg.text import normalise
from linkers.products.engines import learn
from linkers.products.index import Item

__all__ = ["EVEN", "Splink", "named"]

EVEN = 0.0
"""The weight of a match that is as likely as not."""
SIZE = 512
"""Numbers in the vector of a title."""
COSINES = (0.9, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4, 0.3)
ALIKE = 0.92
PRICES = (0.02, 0.1, 0.3, 0.5)
COMMON = 0.1
"""Words that a larger share of all titles has make no candidates."""
RARE = 2
"""So many titles have a word that pairs are trained on."""
PAIRS = 1e7
SEED = 1
_CODE = re.compile(r"[a-z0-9]+(?:[-/.][a-z0-9]+)*")
_NUMBER = re.compile(r"(?<![a-z0-9.-])\d+(?:\.\d+)?(?![a-z0-9-])")
_LEAST, _LEAST_OF_DIGITS = 4, 5


class Splink:
    """A trained model over the mentions and products of a set."""

    def __init__(self, data: LinkingSet) -> None:
        logging.getLogger("splink").setLevel(logging.ERROR)
        self._connection = duckdb.connect()
        self._connection.execute("SET threads = 1")  # sums in one order
        self._connection.execute("SET lambda_syntax = 'ENABLE_SINGLE_ARROW'")  # what Splink 5.0 writes
        self._linker: Any = self._trained(data)

    def pairs(self) -> list[tuple[str, str, float]]:
        """Return the candidates: ids of a mention and a product, and the weight of their match, 0 for even odds."""
        found = self._linker.inference.predict(warning_mode="never").physical_name
        return self._connection.execute(f"SELECT unique_id_l, unique_id_r, match_weight FROM {found}").fetchall()

    def _trained(self, data: LinkingSet) -> Any:  # noqa: ANN401 - untyped
        splink: Any = importlib.import_module("splink")
        api = splink.DuckDBAPI(self._connection)
        rows = _rows([*data.mentions, *data.products])
        tables = [
            api.register(_table(part), dataset_display_name=name)
            for name, part in (
                ("a_mentions", rows[: len(data.mentions)]),  # the left of a pair is the first in the alphabet
                ("b_products", rows[len(data.mentions) :]),
            )
        ]
        linker = splink.Linker(tables, _settings(splink, len(data.products)), log_level=None)
        linker.training.estimate_u_using_random_sampling(max_pairs=PAIRS, seed=SEED)
        linker.training.estimate_parameters_using_expectation_maximisation("list_has_any(l.rare, r.rare)")
        return linker


def named(item: Item) -> str:
    """Return a title with its brand, if that is known and not said already."""
    brand, title = normalise(item.text.brand), normalise(item.text.title)
    return title if not brand or f" {brand} " in f" {title} " else f"{brand} {title}"


def _settings(splink: Any, products: int) -> Any:  # noqa: ANN401 - untyped
    levels: Any = importlib.import_module("splink.comparison_level_library")
    library: Any = importlib.import_module("splink.comparison_library")
    compared = {
        "codes": [
            levels.ArrayIntersectLevel("codes"),
            levels.PairwiseStringDistanceFunctionLevel("codes", "jaro_winkler", ALIKE),
        ],
        "numbers": [
            levels.ExactMatchLevel("numbers"),
            levels.ArraySubsetLevel("numbers"),
            levels.ArrayIntersectLevel("numbers"),
        ],
        "price": [levels.PercentageDifferenceLevel("price", most) for most in PRICES],
    }
    return splink.SettingsCreator(
        link_type="link_only",
        comparisons=[
            library.CosineSimilarityAtThresholds("vector", COSINES),
            *(
                library.CustomComparison([levels.NullLevel(name), *some, levels.ElseLevel()], output_column_name=name)
                for name, some in compared.items()
            ),
        ],
        blocking_rules_to_generate_predictions=[splink.block_on("words", arrays_to_explode=["words"])],
        probability_two_random_records_match=1 / products,
        retain_matching_columns=False,
    )


def _rows(items: Sequence[Item]) -> list[dict[str, object]]:
    """Return what is compared of each item."""
    titles = [named(item) for item in items]
    words = [list(dict.fromkeys(title.split())) for title in titles]
    count = Counter(word for each in words for word in each)
    return [
        {
            "unique_id": item.id,
            "vector": vector,
            "codes": _codes(item.text.title) or None,
            "numbers": sorted({number.removesuffix(".0") for number in _NUMBER.findall(item.text.title.lower())})
            or None,
            "price": item.text.price or None,
            "words": [word for word in said if count[word] <= COMMON * len(items)] or said,
            "rare": [word for word in said if count[word] <= RARE],
        }
        for item, said, vector in zip(items, words, _vectors(titles), strict=True)
    ]


def _codes(title: str) -> list[str]:
    """Return what looks like a model number, without its punctuation."""
    found = {re.sub(r"[^a-z0-9]", "", code) for code in _CODE.findall(title.lower())}
    return sorted(
        code
        for code in found
        if len(code) >= (_LEAST_OF_DIGITS if code.isdigit() else _LEAST) and re.search(r"\d", code)
    )


def _vectors(titles: Sequence[str]) -> Any:  # noqa: ANN401 - an array
    """Return TF-IDF of three letters, projected at random to vectors that Splink can compare (shape: titles, SIZE)."""
    weigher = learn("feature_extraction.text").TfidfVectorizer(
        analyzer="char_wb", ngram_range=(3, 3), sublinear_tf=True
    )
    narrower = learn("random_projection").GaussianRandomProjection(SIZE, random_state=SEED)
    return narrower.fit_transform(weigher.fit_transform(titles)).astype("float32")


def _table(rows: Sequence[dict[str, object]]) -> Any:  # noqa: ANN401 - untyped
    arrow: Any = importlib.import_module("pyarrow")
    text = arrow.string()
    schema = {
        "unique_id": text,
        "vector": arrow.list_(arrow.float32(), SIZE),
        "codes": arrow.list_(text),
        "numbers": arrow.list_(text),
        "price": arrow.float64(),
        "words": arrow.list_(text),
        "rare": arrow.list_(text),
    }
    return arrow.Table.from_pylist(rows, schema=arrow.schema(list(schema.items())))
