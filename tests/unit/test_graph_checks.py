"""Whole-graph checks: each law has an edge that breaks it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from kg.curation.edges import content_hash
from kg.errors import ArtefactError
from kg.graph.checks import check_types, write_check
from kg.graph.engine import literal
from kg.graph.options import CheckOptions, ProjectionOptions
from kg.graph.sku_checks import PRODUCT_CHECKS, check_products
from kg.model import Drop, Edge, Evidence, Intent, IntentId, IntentKind, NodeKind, ProductType, TypeId
from kg.records import read_jsonl
from tests.parts.graph_shop import Shop, edge, product

TYPES = [
    ProductType(TypeId("a"), "chips", "", 1, 0.5, ("tortilla crisps",)),
    ProductType(TypeId("b"), "salsa", "", 1, 0.5),
    ProductType(TypeId("c"), "Tortilla Crisp", "", 1, 0.5),
]
INTENTS = [Intent(IntentId("i-need"), "x", IntentKind.NEED), Intent(IntentId("i-dish"), "y", IntentKind.DISH)]


def _rules(*edges: Edge) -> list[str]:
    return [drop.rule for drop in check_types(edges, TYPES, INTENTS).violations]


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        ("kinds", edge("i-need", "COMPLEMENTS", "a")),
        ("kinds", edge("i-need", "PAIRS_WITH", "a")),
        ("kinds", edge("a", "SATISFIED_BY", "b")),
        ("kinds", edge("a", "IS_A", "b")),
        ("kinds", edge("a", "COMPLEMENTS", "b", target_kind=NodeKind.PRODUCT)),
        ("endpoints", edge("a", "COMPLEMENTS", "z")),
        ("endpoints", edge("z", "COMPLEMENTS", "a")),
        ("endpoints", edge("i-z", "SATISFIED_BY", "a")),
        ("self", edge("a", "SUBSTITUTES", "a")),
        ("variant", edge("a", "SUBSTITUTES", "c")),
        ("explanation", edge("a", "COMPLEMENTS", "b", explanation=" \n")),
        ("scores", edge("a", "COMPLEMENTS", "b", confidence=1.01)),
        ("scores", edge("a", "COMPLEMENTS", "b", typicality=float("nan"))),
    ],
)
def test_rule_throws_out_its_edge(rule: str, broken: Edge) -> None:
    """An edge that breaks a rule goes, with the rule's name and a reason; the others stay."""
    check = check_types([broken, edge("i-dish", "PAIRS_WITH", "a")], TYPES, INTENTS)
    assert [(drop.rule, bool(drop.reason)) for drop in check.violations] == [(rule, True)]
    assert len(check.edges) == check.counts.kept == 1


def test_duplicate_keeps_the_more_confident() -> None:
    """Of two equal edges the more confident one stays."""
    check = check_types([edge("a", "COMPLEMENTS", "b", confidence=c) for c in (0.2, 0.6)], TYPES, INTENTS)
    assert [each.confidence for each in check.edges] == [0.6]
    assert [drop.rule for drop in check.violations] == ["duplicate"]


def test_substitute_or_complement_never_both() -> None:
    """The relation with the better edge stands, in both directions; a tie goes to the complement."""
    weak, strong = edge("a", "COMPLEMENTS", "b", confidence=0.5), edge("b", "SUBSTITUTES", "a", confidence=0.6)
    assert [each.relation for each in check_types([weak, strong], TYPES, INTENTS).edges] == ["SUBSTITUTES"]
    tie = edge("b", "SUBSTITUTES", "a", confidence=0.5)
    assert [each.relation for each in check_types([weak, tie], TYPES, INTENTS).edges] == ["COMPLEMENTS"]
    assert _rules(weak, tie) == ["clash"]


def test_a_person_beats_confidence_in_a_clash() -> None:
    """An edge that a person accepted stands against a more confident one of the model's."""
    human = edge("a", "COMPLEMENTS", "b", confidence=0.1, evidence=Evidence(reviewer="ann"))
    check = check_types([human, edge("a", "SUBSTITUTES", "b", confidence=0.9)], TYPES, INTENTS)
    assert [each.relation for each in check.edges] == ["COMPLEMENTS"]


def test_ranks_and_symmetry_are_settled() -> None:
    """Ranks close up where edges went, symmetry says what stands, and the hash follows."""
    edges = [
        edge("a", "SUBSTITUTES", "a", rank=1),
        edge("a", "SUBSTITUTES", "b", rank=2, symmetric=True, h="old"),
    ]
    (kept,) = check_types(edges, TYPES, INTENTS).edges
    assert (kept.rank, kept.symmetric, kept.h) == (1, False, content_hash(kept))


def test_odd_shapes_are_warnings() -> None:
    """Isolated types, several parts and strong hubs are told, and throw nothing out."""
    types = [ProductType(TypeId(f"t{n}"), f"kind {n}x", "", 1, 0.5) for n in range(9)]
    edges = [edge(f"t{n}", "COMPLEMENTS", "t0") for n in range(1, 5)] + [edge("t5", "SUBSTITUTES", "t6")]
    check = check_types(edges, types, [], CheckOptions(hub_minimum=3))
    assert [(drop.rule, drop.item) for drop in check.warnings] == [
        ("isolated", "t7, t8"),
        ("components", "graph"),
        ("hub", "t0"),
    ]
    shape = check.shape
    assert (shape.nodes, shape.edges, shape.components, shape.largest, shape.isolated) == (9, 5, 2, 5, 2)
    assert check.violations == ()


def test_checked_graph_is_written(tmp_path: Path) -> None:
    """Edges, violations and warnings are files of records."""
    check = check_types([edge("a", "COMPLEMENTS", "b"), edge("a", "COMPLEMENTS", "a")], TYPES, INTENTS)
    write_check(check, tmp_path)
    assert tuple(read_jsonl(tmp_path / "edges.jsonl", Edge)) == check.edges
    assert tuple(read_jsonl(tmp_path / "violations.jsonl", Drop)) == check.violations
    assert tuple(read_jsonl(tmp_path / "warnings.jsonl", Drop)) == check.warnings


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A sound graph: two relations, an intent, two variants."""
    things = [product("p1", "a", group_id="g"), product("p2", "a", group_id="g"), product("q", "b"), product("r", "c")]
    edges = [edge("a", "COMPLEMENTS", "b"), edge("a", "SUBSTITUTES", "c"), edge("i-x", "SATISFIED_BY", "a")]
    made = Shop(tmp_path, things, edges)
    made.project()
    return made


def _broken(shop: Shop, change: str, **settings: Any) -> list[str]:
    """Return the checks that fail after the SQL ``change`` to the table ``e`` of product edges."""
    path = shop.folder / "changed.parquet"
    with duckdb.connect() as engine:
        engine.execute("CREATE TABLE e AS SELECT * FROM read_parquet(?)", [str(shop.output())])
        engine.execute(change)
        engine.execute(f"COPY e TO {literal(path)} (FORMAT parquet)")
    drops = check_products(path, shop.catalogue, ["i-x"], ProductOptions(**settings))
    return [drop.rule for drop in drops]


ProductOptions = ProjectionOptions
BREAKS = {
    "kinds": "UPDATE e SET relation = 'IS_A' WHERE relation = 'SUBSTITUTES'",
    "source": "UPDATE e SET source_id = 'p9' WHERE source_id = 'p1'",
    "intent": "UPDATE e SET source_id = 'i-y' WHERE source_id = 'i-x'",
    "target": "UPDATE e SET target_id = 'q9' WHERE target_id = 'q'",
    "self": "UPDATE e SET target_id = source_id WHERE relation = 'COMPLEMENTS' AND source_id = 'p1'",
    "clash": "UPDATE e SET target_id = 'q' WHERE relation = 'SUBSTITUTES'",
    "rank": "UPDATE e SET rank = 3 WHERE relation = 'COMPLEMENTS'",
    "hash": "UPDATE e SET h = upper(h) || 'x' WHERE relation = 'COMPLEMENTS'",
    "explanation": "UPDATE e SET explanation = ' ' WHERE relation = 'COMPLEMENTS'",
    "scores": "UPDATE e SET typicality = 'nan' WHERE relation = 'COMPLEMENTS'",
}


def test_sound_graph_passes(shop: Shop) -> None:
    """What projection writes passes every check."""
    assert check_products(shop.output(), shop.catalogue, ["i-x"], ProjectionOptions()) == ()


@pytest.mark.parametrize("name", sorted(BREAKS))
def test_product_check_finds_its_break(name: str, shop: Shop) -> None:
    """Each check finds the row that was made to break it."""
    assert name in _broken(shop, BREAKS[name])


def test_variants_are_found(shop: Shop) -> None:
    """An edge between variants of one product is found, unless that guard is off."""
    change = "UPDATE e SET target_id = 'p2' WHERE relation = 'COMPLEMENTS' AND source_id = 'p1'"
    assert _broken(shop, change) == ["variant"]
    assert _broken(shop, change, guards=("size",)) == []


def test_doubled_edges_and_too_many_are_found(shop: Shop) -> None:
    """A doubled row breaks the key, and more rows than k break the top k."""
    assert _broken(shop, "INSERT INTO e SELECT * FROM e WHERE relation = 'COMPLEMENTS'") == ["key", "rank"]
    assert _broken(shop, "SELECT 1", top_k={"SATISFIED_BY": 1}) == ["top_k"]


def test_doubled_ids_are_found(tmp_path: Path) -> None:
    """An id that stands twice in the catalogue is found, with how often and the first."""
    doubled = Shop(tmp_path, [product("p", "a"), product("p", "a"), product("q", "b")], [])
    doubled.project()
    (drop,) = check_products(doubled.output(), doubled.catalogue, [], ProjectionOptions())
    assert (drop.rule, drop.item) == ("ids", "p")
    assert "1 in all" in drop.reason


def test_every_check_has_a_break() -> None:
    """No check is without a test that breaks it."""
    tested = {*BREAKS, "variant", "key", "top_k", "ids"}
    assert {check.name for check in PRODUCT_CHECKS} == tested


def test_missing_graph_is_named(tmp_path: Path) -> None:
    """A missing file is a clear error."""
    with pytest.raises(ArtefactError, match="is missing"):
        check_products(tmp_path / "no.parquet", tmp_path / "no2.parquet", [], ProjectionOptions())
