"""Small catalogues of products, their indexes, and the features of one mention and one product of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from linkers.products.analyse import Text
from linkers.products.candidates import Pairs, read_batch
from linkers.products.features import FEATURES, features
from linkers.products.files import MANIFEST, read_manifest
from linkers.products.index import Item, ProductIndex, build_index, read_items

__all__ = ["SHOP", "contents", "feature_row", "index_of", "items_of", "pair_features"]

SHOP = (
    Item("001", Text("Panasonic NN-SD377S Microwave Oven, Stainless Steel", "Panasonic", "800 W", 129.0), "Microwaves"),
    Item("1", Text("Panasonic NN-H765WF Family Size Microwave Oven, White", "Panasonic", "", 99.0), "Microwaves"),
    Item("nan", Text("Sony MDR-EX55/WHI In-Ear Headphones", "Sony", "white earbuds", 39.99), "Headphones"),
    Item(" spaced id ", Text("Sony MDR-EX55/BLK In-Ear Headphones", "Sony", "black earbuds", 39.99), "Headphones"),
    Item("None", Text("Casa Hot Salsa 16oz", "Casa", "tomato dip", 3.49), "Salsa"),
    Item("é/\n?", Text("Casa Mild Salsa 16oz", "Casa", "tomato dip", 3.49), "Salsa"),
    Item("緑", Text("伊藤園 緑茶 ティーバッグ", "伊藤園", "", 8.0), "Tea"),
    Item("-0", Text("Crème Brûlée Torch", "", "kitchen tool for desserts", 19.0), "Kitchen Torches"),
    Item("0x1F", Text("Mathsoft Studyworks 2.0 for Windows", "Mathsoft", "", 29.99), "Software"),
    Item("true", Text("Final Cut Express HD Upgrade (Mac)", "Apple", "video editing", 99.0), "Software"),
    Item("😀", Text("Fujifilm FinePix Z20 Digital Camera - Pink", "Fujifilm", "10 megapixel", 149.0), "Cameras"),
    Item("10", Text("Emsa Thermos Jug 1L", price=25.0)),
    Item("9", Text("Emsa Thermos Jug 2L", price=30.0)),
)
"""Products of ids that are easily spoiled, near variants among them."""


def items_of(*texts: str | Text | tuple[str | Text, str]) -> list[Item]:
    """Return items with the ids "0", "1", ...; a pair is a title and the name of a type."""
    made = [(Text(each), "") if isinstance(each, str) else each for each in texts]
    pairs = [(each, "") if isinstance(each, Text) else each for each in made]
    return [
        Item(str(at), Text(text) if isinstance(text, str) else text, type_name)
        for at, (text, type_name) in enumerate(pairs)
    ]


def index_of(folder: Path, *texts: str | Text | tuple[str | Text, str]) -> ProductIndex:
    """Return the index of :func:`items_of` in ``folder``."""
    return build_index(folder / "index", items_of(*texts))


def pair_features(index: ProductIndex, mentions: Sequence[str | Text], pairs: Pairs) -> np.ndarray:
    """Return the features of pairs of mentions and products, shape (pairs, features)."""
    return features(index, read_batch(index, read_items(items_of(*mentions))), pairs)


def feature_row(index: ProductIndex, mention: str | Text, product: int = 0) -> dict[str, float]:
    """Return the features of one mention and one product, by name."""
    found = pair_features(index, [mention], Pairs(np.array([0]), np.array([product])))
    return dict(zip(FEATURES, found[0].tolist(), strict=True))


def contents(folder: Path) -> dict[str, object]:
    """Return what the manifest says of an index, and the bytes of the manifest itself."""
    return {**asdict(read_manifest(folder)), MANIFEST: (folder / MANIFEST).read_bytes()}
