"""The default type linker on the rough types of a real catalogue that nobody here wrote."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from kg.catalog.samples import sample_titles
from kg.model import Link, ProductType
from kg.records import read_jsonl
from linkers.base import Target, targets_of
from linkers.registry import build_linker
from tests.parts.commands import kg_process

CATALOGUE = Path(__file__).parents[2] / ".." / "shared" / "data" / "demo" / "esci_catalog" / "sample_2000.csv.gz"
MENTIONS = Path(__file__).parents[1] / "data" / "real_mentions.csv"


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> list[Target]:
    """The product types that the default settings derive from 2,000 real products."""
    catalogue = CATALOGUE.resolve()
    if not catalogue.is_file():
        pytest.fail(f"the real catalogue is missing: expected at {catalogue}", pytrace=False)
    folder = tmp_path_factory.mktemp("real")
    (folder / "config.yaml").write_text(f"catalog:\n  files: [{catalogue}]\n", encoding="utf-8")
    said = kg_process("build", "-q", "--to", "catalog", "--config", folder / "config.yaml", timeout=120)
    assert said.code == 0, said.err
    made = folder / "builds" / "next" / "catalog"
    return targets_of(read_jsonl(made / "product_types.jsonl", ProductType), sample_titles(made / "products.parquet"))


def right(expected: str, link: Link, targets: list[Target]) -> bool:
    """Return whether the label allows the link; of several types with one name, those whose category is called so."""
    ids: set[str | None] = set()
    for name in expected.split("|"):
        named = [target for target in targets if target.name == name]
        sure = [target for target in named if target.context.rpartition("> ")[2].casefold() == name]
        ids |= {target.id for target in sure or named} or {None}
    return link.target_id in ids


@pytest.mark.parametrize(("split", "floor", "wrong"), [("dev", 0.95, 5), ("held_out", 0.88, 5)])
def test_labelled_mentions(targets: list[Target], split: str, floor: float, wrong: int) -> None:
    """Accuracy on the hand-made mentions does not fall below what was reached, nor do wrong links become many."""
    with MENTIONS.open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["split"] == split]
    links = build_linker("hybrid", {}, targets).link_all([row["mention"] for row in rows])
    hits = [right(row["expected"], link, targets) for row, link in zip(rows, links, strict=True)]
    assert sum(hits) / len(hits) >= floor
    assert sum(link.target_id is not None for link, hit in zip(links, hits, strict=True) if not hit) <= wrong
