"""A small shop with labelled mentions, written as the files that ``kg evaluate linking`` reads."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from pathlib import Path

__all__ = ["labelled_shop", "write_table"]

_BRANDS = ("Norvik", "Solano", "Tamber", "Ostrea", "Quillon", "Wexley")
_THINGS = ("toaster", "kettle", "desk lamp", "speaker", "blender", "hair dryer", "mixer", "fan heater")
_COLOURS = ("black", "white", "red")


def labelled_shop(folder: Path, *, mentions: int = 90) -> Path:
    """Write 48 products and mentions: of ten, eight say less than the title, one another colour, one is not sold."""
    products = [
        (f"p{at:02}", f"{brand} {thing} {_COLOURS[at % 3]} {brand[:2].upper()}-{300 + 7 * at}", brand, f"${at + 9}.50")
        for at, (brand, thing) in enumerate((brand, thing) for brand in _BRANDS for thing in _THINGS)
    ]
    said: list[tuple[str, str, str]] = []
    gold: list[tuple[str, str]] = []
    for at in range(mentions):
        id_, title, _, price = products[(at * 5) % len(products)]
        brand, *words = title.split()
        if at % 10 == 9:
            said.append((f"m{at}", f"Zephyrine {' '.join(words[:-2])} wall bracket", ""))
            continue
        code = words[-1] if at % 3 == 0 else ""
        said.append((f"m{at}", f"{' '.join(words[:-2])} {brand} {'green' if at % 10 == 8 else ''} {code}", price))
        gold.append((f"m{at}", id_))
    write_table(folder / "catalog.csv", ("id", "title", "brand", "price"), products)
    write_table(folder / "mentions.csv.gz", ("id", "name", "price"), said)
    write_table(folder / "gold.csv", ("mention_id", "catalog_id"), gold)
    return folder


def write_table(file: Path, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a CSV file, packed if it is called so."""
    file.parent.mkdir(parents=True, exist_ok=True)
    opener = gzip.open if file.suffix == ".gz" else open
    with opener(file, "wt", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(head)
        writer.writerows(rows)
