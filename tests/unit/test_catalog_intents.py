"""Intents and engagement: checked, ordered, and added up to product types."""

from pathlib import Path

import pytest

from kg.catalog.catalogue import read_catalog
from kg.catalog.engagement import read_engagement
from kg.catalog.intents import read_intents
from kg.catalog.options import CatalogOptions, EngagementOptions
from kg.errors import ArtefactError, InputError
from kg.model import Intent, IntentKind, Reject, TypeSupport
from kg.records import read_jsonl

SHOP = """id,title,brand,category
01,Tizoli Salsa Mild,Tizoli,Food > Salsas
02,Basket Salsa Hot,Basket,Food > Salsas
03,Kettle Popcorn,Kettle,Food > Popcorn
"""


def test_intents_are_ordered_by_popularity_then_id(tmp_path: Path) -> None:
    """Intents come most popular first; ids stay as they are."""
    file = tmp_path / "intents.csv"
    file.write_text("id,name,kind,popularity\nb,Insomnia,need,5\na, Game  day ,OCCASION,5\nc,Salad,dish,9\n")
    report = read_intents(file, tmp_path)
    found = list(read_jsonl(tmp_path / "intents.jsonl", Intent))
    assert [intent.id for intent in found] == ["c", "a", "b"]
    assert (found[1].name, found[1].kind) == ("Game day", IntentKind.OCCASION)
    assert (report.counts.taken, report.counts.kept) == (3, 3)


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (",x,need,1", "id", "the id is empty"),
        ("a,x,need,1", "id", "the id stands twice"),
        ("b,,need,1", "name", "the name is empty"),
        ("b,x,wish,1", "kind", "the kind is not one we know"),
        ("b,x,need,many", "popularity", "the popularity is not a number from 0 up"),
    ],
)
def test_a_bad_intent_is_refused(tmp_path: Path, row: str, field: str, reason: str) -> None:
    """A bad intent becomes a reject with line, field and reason."""
    file = tmp_path / "intents.csv"
    file.write_text(f"id,name,kind,popularity\na,Insomnia,need,5\n{row}\n")
    read_intents(file, tmp_path, max_reject_share=1.0)
    (reject,) = read_jsonl(tmp_path / "intents_rejects.jsonl", Reject)
    assert (reject.line, reject.field, reject.reason) == (3, field, reason)


def test_intents_without_a_kind_column_are_refused(tmp_path: Path) -> None:
    """A missing column is an error that lists the columns there are."""
    file = tmp_path / "intents.csv"
    file.write_text("id,name\na,x\n")
    with pytest.raises(InputError, match=r"no column 'kind'; the file has: id, name"):
        read_intents(file, tmp_path)


def engage(tmp_path: Path, rows: str, options: EngagementOptions) -> list[TypeSupport]:
    """Return the type support read from the engagement ``rows`` over a small shop."""
    (tmp_path / "shop.csv").write_text(SHOP)
    read_catalog([tmp_path / "shop.csv"], CatalogOptions(), tmp_path)
    (tmp_path / "e.csv").write_text(rows)
    read_engagement(tmp_path / "e.csv", tmp_path / "products.parquet", options, tmp_path)
    return list(read_jsonl(tmp_path / "type_support.jsonl", TypeSupport))


def test_pairs_of_products_add_up_to_pairs_of_types(tmp_path: Path) -> None:
    """Pairs are summed over products, and lift is pairs x orders / (count x count)."""
    rows = "a_id,b_id,pairs,a_count,b_count\n01,03,10,40,50\n03,02,5,50,10\n"
    (support,) = engage(tmp_path, rows, EngagementOptions(orders=1000))
    assert (support.a, support.b, support.pairs) == ("popcorn", "salsas", 15)
    assert support.lift == pytest.approx(15 * 1000 / (50 * (40 + 10)))


def test_rare_pairs_are_left_out(tmp_path: Path) -> None:
    """Pairs of types below min_pairs are not written."""
    assert engage(tmp_path, "a_id,b_id,pairs\n01,03,2\n", EngagementOptions(min_pairs=3)) == []


def test_without_orders_and_counts_a_lift_is_still_given(tmp_path: Path) -> None:
    """Unknown orders and counts are estimated from the pairs."""
    (support,) = engage(tmp_path, "a_id,b_id,pairs\n01,03,6\n", EngagementOptions())
    assert support.lift == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ("1,03,4,5,5", "a_id", "the catalogue has no product with this id"),
        ("01,99,4,5,5", "b_id", "the catalogue has no product with this id"),
        ("01,03,few,5,5", "pairs", "the count is not a whole number from 0 up"),
        ("01,01,4,5,5", "b_id", "a product is paired with itself"),
    ],
)
def test_a_bad_pair_is_refused(tmp_path: Path, row: str, field: str, reason: str) -> None:
    """Unknown ids (leading zeros count), bad counts and self-pairs are rejects with their line."""
    engage(tmp_path, f"a_id,b_id,pairs,a_count,b_count\n{row}\n", EngagementOptions(max_reject_share=1.0))
    (reject,) = read_jsonl(tmp_path / "engagement_rejects.jsonl", Reject)
    assert (reject.line, reject.field, reject.reason) == (2, field, reason)


def test_engagement_needs_the_products(tmp_path: Path) -> None:
    """Without the catalogue stage's products the error says which stage to run."""
    with pytest.raises(ArtefactError, match="kg build"):
        read_engagement(tmp_path / "e.csv", tmp_path / "products.parquet", EngagementOptions(), tmp_path)


def test_engagement_without_pairs_column_is_refused(tmp_path: Path) -> None:
    """A missing column is an error that lists the columns there are."""
    with pytest.raises(InputError, match="no column 'pairs'"):
        engage(tmp_path, "a_id,b_id\n01,03\n", EngagementOptions())
