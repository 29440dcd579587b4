"""Make the model of products that the package ships, without a label of any shop it is measured on.

Run with ``python -m bench.product_model [--out FILE] [--without cameras|computers]``. It is made from two sources:
offers of cameras and computers labelled as the same or not (WDC product matching), and planted mentions of open titles
(:mod:`bench.planting`), which teach it about brands, prices and what is left out. Weights
keep their signs and a strong penalty keeps them small.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import numpy as np

from bench.planting import careless
from kg.records import to_json
from linkers.products.analyse import Text
from linkers.products.candidates import Search, read_batch
from linkers.products.features import features
from linkers.products.index import Item, build_index, read_items
from linkers.products.learning import Labelled, calibrate, fit_ranker
from linkers.products.model import Model

__all__ = ["main"]

DATA = Path(__file__).parents[2] / "shared" / "data"
TARGET = Path(__file__).parents[1] / "linkers" / "products" / "models" / "default.json"
SOURCES = ("completejourney", "esci", "uci_online_retail", "wdc_offers")
"""Sources of open titles that no evaluation uses as a catalogue."""
OFFERS = ("cameras", "computers")
TITLES, MENTIONS = 12_000, 2_500
OFFER_WEIGHT, PLANTED_WEIGHT, PENALTY = 0.5, 0.1, 60.0
UNTOLD = ("price_near", "dearer", "amount")
"""What planted mentions cannot tell: their prices are made up, and their quantities are copied."""
_SPREAD, _OFF = 0.4, 0.25  # of prices, as logarithms: within what is alike, and from one shop to another


def main() -> None:
    """Make the model and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=TARGET)
    parser.add_argument("--without", choices=OFFERS, help="leave out one file of offers, to measure the model on it")
    given = parser.parse_args()
    planted = [_planted(seed) for seed in (1, 2)]
    offers = [_offers(name) for name in OFFERS if name != given.without]
    ranker = fit_ranker([*offers, *planted], PENALTY, without=UNTOLD)
    made = "python -m bench.product_model: offers of cameras and computers (WDC), planted mentions of open titles"
    # Not every offer of the same product is labelled as such: only planted mentions can tell what is not there.
    model = calibrate(Model(1, ranker, 0.0, {}, (), made), planted)
    given.out.write_bytes(to_json(model) + b"\n")
    print(f"{given.out}: {len(model.features)} weights")


def _offers(name: str) -> Labelled:
    with gzip.open(DATA / "dev" / "wdc_pairs" / f"{name}_test.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    catalogue, mentions = (sorted({row[side] for row in rows}) for side in ("title_b", "title_a"))
    same = {(row["title_a"], row["title_b"]) for row in rows if row["match"] == "1"}
    items = [Item(title, Text(title)) for title in catalogue]
    return _labelled(
        items, [Text(title) for title in mentions], lambda at, id_: (mentions[at], id_) in same, OFFER_WEIGHT
    )


def _planted(seed: int) -> Labelled:
    chance = random.Random(seed)
    rows = _titles()[seed * TITLES :][:TITLES]
    items = [Item(str(at), _known(row, chance)) for at, row in enumerate(rows)]
    meant = chance.sample(range(len(items)), MENTIONS)
    mentions = [_said(items[at].text, chance) for at in meant]
    return _labelled(items, mentions, lambda at, id_: id_ == str(meant[at]), PLANTED_WEIGHT)


def _titles() -> list[tuple[str, str, str]]:
    file = DATA / "scale" / "base_titles_open.parquet"
    found = duckdb.execute("SELECT title, brand, category_path, source FROM read_parquet(?)", [str(file)]).fetchall()
    rows = sorted((title, brand or "", path or "") for title, brand, path, source in found if source in SOURCES)
    random.Random(0).shuffle(rows)
    return rows


def _known(row: tuple[str, str, str], chance: random.Random) -> Text:
    """Return a product of which, as in real catalogues, not everything is known. What is alike costs alike."""
    title, brand, path = row
    usual = random.Random(brand or path).gauss(3, 0.8)
    price = round(chance.lognormvariate(usual, _SPREAD), 2) if chance.random() < 0.7 else 0.0
    return Text(title, brand if chance.random() < 0.5 else "", path if chance.random() < 0.5 else "", price)


def _said(text: Text, chance: random.Random) -> Text:
    price = round(text.price * chance.lognormvariate(0, _OFF), 2) if chance.random() < 0.5 else 0.0
    return Text(careless(text.title, chance), text.brand if chance.random() < 0.3 else "", "", price)


def _labelled(
    items: Sequence[Item], mentions: Sequence[Text], is_right: Callable[[int, str], bool], weight: float
) -> Labelled:
    with tempfile.TemporaryDirectory() as folder:
        index = build_index(Path(folder) / "index", items)
        batch = read_batch(index, read_items([Item(str(at), text) for at, text in enumerate(mentions)]))
        pairs = Search().pairs(index, batch)
        found = features(index, batch, pairs)
        ids = [index.id(row) for row in pairs.products.tolist()]
    right = np.array([is_right(at, id_) for at, id_ in zip(pairs.mentions.tolist(), ids, strict=True)])
    return Labelled(found, pairs.mentions, pairs.products, right, weight)


if __name__ == "__main__":
    main()
