"""A real catalogue that nobody here wrote goes the whole way, with the embedded model live."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from tests.parts.commands import kg_process

ESCI = Path(__file__).parents[2] / ".." / "shared" / "data" / "demo"
LIMIT = 2
CONFIG = """\
catalog:
  files: [{catalogue}]
  columns: {{popularity: rating_count}}
intents: {{file: intents.csv}}
build: {{max_failed_share: 0.05}}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop of 2,000 real products, with real queries as intents."""
    catalogue = (ESCI / "esci_catalog" / "sample_2000.csv.gz").resolve()
    queries = (ESCI / "intent_seeds" / "wands_queries.csv.gz").resolve()
    for file in (catalogue, queries):
        if not file.is_file():
            pytest.fail(f"the real catalogue is missing: expected at {file}", pytrace=False)
    folder = tmp_path_factory.mktemp("esci")
    with gzip.open(queries, "rt", encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    with (folder / "intents.csv").open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(("id", "name", "kind"))
        writer.writerows((f"q-{row['query_id']}", row["query"], "query") for row in rows)
    (folder / "config.yaml").write_text(CONFIG.format(catalogue=catalogue), encoding="utf-8")
    return folder / "config.yaml"


@pytest.mark.model
@pytest.mark.timeout(1500)
def test_a_real_catalogue_goes_the_whole_way(shop: Path) -> None:
    """2,000 products, two intents and two types asked live: every stage balances, edges reach the graph."""
    said = kg_process("build", "-q", "--json", "--limit", LIMIT, "--config", shop, timeout=1400)
    assert said.code == 0, said.err
    report = said.data
    for stage in report["stages"]:
        counts = stage["counts"]
        assert counts["taken"] == counts["kept"] + counts["review"] + counts["dropped"] + counts["failed"], stage[
            "name"
        ]
    stages = {stage["name"]: stage for stage in report["stages"]}
    assert stages["catalog"]["details"]["products"]["kept"] > 1_900
    assert report["answers"]["live"] > LIMIT
    assert stages["project"]["details"]["product_edges"] > 0

    status = kg_process("status", "--json", "--config", shop)
    edges = status.data["graph"]["edges"]
    assert sum(count for name, count in edges.items() if name.startswith("Product-") and "IS_A" not in name) > 0
