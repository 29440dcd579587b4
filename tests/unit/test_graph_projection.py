"""Projection: which products an edge reaches, in which order, and what it writes about itself."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from kg.errors import ArtefactError
from kg.graph.checks import check_types
from kg.graph.options import ProjectionOptions
from kg.graph.projection import project
from kg.model import Drop, Evidence, NodeKind, Provenance, Relation
from kg.records import read_jsonl, write_jsonl
from tests.parts.curation_shop import INTENTS, TYPES, decision, run, statement
from tests.parts.graph_shop import Shop, edge, product, write_products

NASTY = 'it\'s "so"; DROP TABLE edge; -- $relation {path} \\ \x00 \n \u202e \U0001f9c3'


def _targets(shop: Shop) -> list[str]:
    return [target for _, target in shop.rows()]


def test_best_in_stock_popular_first(tmp_path: Path) -> None:
    """Within a type: in stock, then popular, then by id."""
    things = [
        product("gone", "b", popularity=9.0, in_stock=False),
        product("b2", "b", popularity=1.0),
        product("b1", "b", popularity=1.0),
        product("top", "b", popularity=5.0),
    ]
    shop = Shop(tmp_path, things, [edge("i-x", "SATISFIED_BY", "b")])
    shop.project(per_type=4)
    assert _targets(shop) == ["top", "b1", "b2", "gone"]
    shop.project(per_type=4, in_stock_first=False)
    assert _targets(shop) == ["gone", "top", "b1", "b2"]


def test_same_brand_is_a_small_bonus(tmp_path: Path) -> None:
    """The source's brand lifts a product a little, not over a far more popular one."""
    things = [
        product("p", "a", brand="Casa Tizoli"),
        product("far", "b", popularity=100.0),
        product("near", "b", popularity=50.0),
        product("own", "b", popularity=45.0, brand="CASA  TIZOLI"),
    ]
    shop = Shop(tmp_path, things, [edge("a", "COMPLEMENTS", "b")])
    shop.project()
    assert _targets(shop) == ["far", "own", "near"]
    shop.project(brand_bonus=0.0)
    assert _targets(shop) == ["far", "near", "own"]


def test_types_take_turns(tmp_path: Path) -> None:
    """The best of every target type comes first, by the edges' rank, then the second best of each."""
    things = [product(f"{kind}{number}", kind, popularity=9.0 - number) for kind in "bc" for number in range(3)]
    edges = [
        edge("i-x", "SATISFIED_BY", "b", confidence=0.5, rank=2),
        edge("i-x", "SATISFIED_BY", "c", confidence=0.9, rank=1),
    ]
    shop = Shop(tmp_path, things, edges)
    shop.project(top_k={"SATISFIED_BY": 5})
    assert shop.rows("target_id, rank") == [("c0", 1), ("b0", 2), ("c1", 3), ("b1", 4), ("c2", 5)]


def test_a_pinned_type_gives_the_first_product(tmp_path: Path) -> None:
    """What a person pinned stands first among the products too, though other types are surer."""
    pinned = decision("pin", "tortilla chips", "salsa")
    claims = [
        statement("tortilla chips", "salsa", plausibility=0.6, typicality=0.6),
        statement("tortilla chips", "guacamole", plausibility=0.99, typicality=0.99),
    ]
    result = run(claims, pinned)
    assert [each.target_id for each in result.edges] == ["salsa", "guacamole"]
    assert result.edges[0].confidence < result.edges[1].confidence
    checked = check_types(result.edges, TYPES, INTENTS).edges
    things = [product(f"{kind}-{number}", kind) for kind in ("guacamole", "salsa") for number in range(2)]
    shop = Shop(tmp_path, [product("chips", "tortilla-chips"), *things], checked)
    shop.project()
    assert _targets(shop) == ["salsa-0", "guacamole-0", "salsa-1", "guacamole-1"]


def test_top_k_and_per_type_and_per_group_hold(tmp_path: Path) -> None:
    """No source gets more than its k, more of one type than allowed, or more variants of one product."""
    things = [product(f"b{n}", "b", group_id=f"g{n // 3}", popularity=9.0 - n) for n in range(9)]
    shop = Shop(tmp_path, things, [edge("i-x", "SATISFIED_BY", "b")])
    shop.project(per_group=1, per_type=9)
    assert _targets(shop) == ["b0", "b3", "b6"]
    shop.project(per_group=2, per_type=3)
    assert _targets(shop) == ["b0", "b1", "b3"]
    shop.project(per_group=3, per_type=9, top_k={"SATISFIED_BY": 4})
    assert _targets(shop) == ["b0", "b1", "b2", "b3"]


def test_every_product_of_a_type_is_a_source(tmp_path: Path) -> None:
    """An edge between types starts at each product of the source type and carries the edge's knowledge along."""
    things = [product("p1", "a"), product("p2", "a"), product("q", "b")]
    given = edge(
        "a", "PAIRS_WITH", "b",
        explanation=NASTY, contexts=("summer", NASTY), provenance=Provenance(NASTY, "ff"),
        evidence=Evidence(samples=3, agreed=2, lift=1.5, pairs=7, reviewer=NASTY),
    )  # fmt: skip
    shop = Shop(tmp_path, things, [given])
    report = shop.project()
    columns = "relation, source_kind, source_id, target_id, explanation, plausibility, typicality, confidence, rank"
    assert shop.rows(columns) == [
        ("PAIRS_WITH", "Product", source, "q", NASTY, 0.9, 0.8, 0.7, 1) for source in ("p1", "p2")
    ]
    rest = "contexts, model, prompt_hash, samples, agreed, lift, pairs, reviewer, via_source, via_target"
    assert shop.rows(rest) == [(["summer", NASTY], NASTY, "ff", 3, 2, 1.5, 7, NASTY, "a", "b")] * 2
    assert (report.rows, report.relations) == (2, {"PAIRS_WITH": 2})


def test_hostile_ids_and_titles_are_values(tmp_path: Path) -> None:
    """Ids, types, titles and attributes with quotes, NUL and SQL in them pass through unchanged."""
    things = [
        product(NASTY, NASTY, NASTY, brand=NASTY, group_id=NASTY, audience=NASTY, compatible_with=NASTY),
        product("q" + NASTY, "b", NASTY, size=NASTY, diet=NASTY),
    ]
    shop = Shop(tmp_path, things, [edge(NASTY, "COMPLEMENTS", "b", qualifiers=(NASTY,))])
    shop.project(guards=[])
    assert shop.rows("source_id, target_id, via_source") == [(NASTY, "q" + NASTY, NASTY)]


def test_hard_qualifier_is_honoured(tmp_path: Path) -> None:
    """Only decaf coffee answers to "decaf coffee", by title, by attribute or by another word for it."""
    things = [
        product("plain", "coffee", "Coffee", popularity=9.0),
        product("title", "coffee", "Decaf Coffee"),
        product("diet", "coffee", "Coffee", diet="vegan;decaf"),
        product("word", "coffee", "Coffee decaffeinated"),
    ]
    shop = Shop(tmp_path, things, [edge("i-x", "SATISFIED_BY", "coffee", qualifiers=("decaf",))])
    shop.project()
    assert sorted(_targets(shop)) == ["diet", "title", "word"]


def test_hard_qualifier_without_a_product_drops_the_edge(tmp_path: Path) -> None:
    """Where nothing is alcohol-free, no wine is offered instead."""
    shop = Shop(
        tmp_path,
        [product("wine", "wine", "Red wine")],
        [
            edge("i-x", "SATISFIED_BY", "wine", qualifiers=("alcohol-free",)),
            edge("i-y", "SATISFIED_BY", "wine", qualifiers=("red", "alcohol", "free")),
        ],
    )
    report = shop.project()
    assert (shop.rows(), report.drops) == ([], {"qualifier": 2})


def test_soft_qualifier_falls_back(tmp_path: Path) -> None:
    """A flavour nobody sells gives the plain product at a lower confidence."""
    things = [product("plain", "yogurt"), product("berry", "yogurt", "Strawberry yogurts")]
    edges = [
        edge("i-x", "SATISFIED_BY", "yogurt", qualifiers=("strawberry",)),
        edge("i-y", "SATISFIED_BY", "yogurt", qualifiers=("mango",)),
    ]
    shop = Shop(tmp_path, things, edges)
    shop.project(fallback_factor=0.5)
    assert shop.rows("source_id, target_id, confidence") == [
        ("i-x", "berry", 0.7),
        ("i-y", "berry", 0.35),
        ("i-y", "plain", 0.35),
    ]


def test_hard_qualifier_stays_when_the_soft_one_falls(tmp_path: Path) -> None:
    """Vanilla decaf coffee gives decaf coffee when there is no vanilla, never vanilla with caffeine."""
    things = [product("van", "coffee", "Vanilla coffee"), product("dec", "coffee", "Decaf coffee")]
    shop = Shop(tmp_path, things, [edge("i-x", "SATISFIED_BY", "coffee", qualifiers=("vanilla", "decaf"))])
    shop.project()
    assert shop.rows("target_id, confidence") == [("dec", pytest.approx(0.56))]


def test_every_edge_is_kept_or_dropped_with_its_reason(tmp_path: Path) -> None:
    """Each type-level edge without a product edge is named with the rule that explains it."""
    things = [product("p", "a", audience="cat"), product("q", "b", audience="dog"), product("r", "c")]
    product_target = edge("a", "COMPLEMENTS", "p", target_kind=NodeKind.PRODUCT)
    edges = [
        edge("a", "COMPLEMENTS", "c"),
        edge("a", "COMPLEMENTS", "b", rank=2),
        edge("a", "COMPLEMENTS", "a"),
        edge("a", "COMPLEMENTS", "c", rank=3),
        edge("a", "PAIRS_WITH", "nothing"),
        edge("nobody", "PAIRS_WITH", "b"),
        edge("i-x", "SUBSTITUTES", "b"),
        edge("i-x", "SATISFIED_BY", "b", confidence=0.9),
        edge("i-x", "SATISFIED_BY", "c", confidence=0.1),
        product_target,
    ]
    shop = Shop(tmp_path, things, edges)
    report = shop.project(top_k={"SATISFIED_BY": 1})
    assert report.counts.balanced
    assert (report.counts.taken, report.counts.kept) == (10, 2)
    drops = {(drop.item, drop.rule) for drop in read_jsonl(tmp_path / "out" / "drops.jsonl", Drop)}
    assert drops == {
        ("a COMPLEMENTS b", "guards"),
        ("a COMPLEMENTS a", "self"),
        ("a COMPLEMENTS c", "duplicate"),
        ("a COMPLEMENTS p", "kinds"),
        ("a PAIRS_WITH nothing", "no_products"),
        ("nobody PAIRS_WITH b", "no_source"),
        ("i-x SUBSTITUTES b", "kinds"),
        ("i-x SATISFIED_BY c", "outranked"),
    }


def test_nothing_in_nothing_out(tmp_path: Path) -> None:
    """No edges and no products give an empty, well-formed file."""
    shop = Shop(tmp_path, [], [])
    assert shop.project().rows == 0
    assert shop.rows("*") == []


def test_progress_adds_up(tmp_path: Path) -> None:
    """Progress is told in type-level edges and adds up to what was taken."""
    shop = Shop(
        tmp_path, [product("p", "a"), product("q", "b")], [edge("a", "COMPLEMENTS", "b"), edge("a", "COMPLEMENTS", "a")]
    )
    told: list[int] = []
    report = project(shop.catalogue, tmp_path / "edges.jsonl", ProjectionOptions(), tmp_path / "o", told.append)
    assert sum(told) == report.counts.taken == 2


def test_no_working_files_stay(tmp_path: Path) -> None:
    """Only the three artefacts are left in the output folder."""
    shop = Shop(tmp_path, [product("p", "a"), product("q", "b")], [edge("a", "COMPLEMENTS", "b")])
    shop.project()
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["drops.jsonl", "guard_drops.jsonl", "product_edges.parquet"]


def test_many_chunks_give_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cutting the work into one chunk per source type changes nothing."""
    things = [product(f"{kind}{n}", kind, popularity=n % 3) for kind in "abcd" for n in range(4)]
    edges = [edge(a, "COMPLEMENTS", b) for a in "abcd" for b in "abcd" if a != b]
    shop = Shop(tmp_path, things, edges)
    shop.project("whole")
    monkeypatch.setattr("kg.graph.projection._ROWS_PER_MB", 1 / 512)
    shop.project("cut")
    assert shop.output("whole").read_bytes() == shop.output("cut").read_bytes()


def test_hash_follows_the_content(tmp_path: Path) -> None:
    """The content hash changes with the explanation and with nothing that is not written."""
    things = [product("p", "a"), product("q", "b")]
    hashes: list[str] = []
    for name, given in {"one": {}, "two": {"explanation": "Other."}, "three": {"statement_ids": ("x",)}}.items():
        folder = tmp_path / name
        folder.mkdir()
        shop = Shop(folder, things, [edge("a", "COMPLEMENTS", "b", **given)])
        shop.project()
        hashes += [row[0] for row in shop.rows("h")]
    assert hashes[0] != hashes[1]
    assert hashes[0] == hashes[2]
    assert all(len(each) == 16 for each in hashes)


_RUN = """
import sys
from pathlib import Path
from kg.graph.options import ProjectionOptions
from kg.graph.projection import project
folder = Path(sys.argv[1])
options = ProjectionOptions(threads=int(sys.argv[2]))
project(folder / "products.parquet", folder / "edges.jsonl", options, folder / sys.argv[3])
"""


def test_same_bytes_for_any_threads_and_hash_seed(tmp_path: Path) -> None:
    """Threads, the hash seed and a second run over old files do not change a byte."""
    things = [
        product(f"{kind}{n}", kind, f"Thing {n}", popularity=n % 5, brand=f"brand {n % 7}", group_id=f"g{n % 50}",
                diet="vegan" if n % 3 else "", size=f"{n % 9 + 1} kg")
        for kind in "abcdef" for n in range(400)
    ]  # fmt: skip
    edges = [edge(a, relation, b) for a in "abc" for b in "def" for relation in ("COMPLEMENTS", "SUBSTITUTES")]
    shop = Shop(tmp_path, things, edges)
    marks: set[tuple[str, ...]] = set()
    for seed, threads, out in (("1", "1", "x"), ("2", "2", "y"), ("3", "4", "y")):
        command = [sys.executable, "-c", _RUN, str(tmp_path), threads, out]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed})
        files = sorted((tmp_path / out).iterdir())
        marks.add(tuple(hashlib.sha256(path.read_bytes()).hexdigest() for path in files))
    assert len(marks) == 1
    assert len(shop.rows(name="y")) > 5000


def test_missing_files_are_named(tmp_path: Path) -> None:
    """A missing input is one clear error with its path and remedy."""
    write_jsonl(tmp_path / "edges.jsonl", [])
    with pytest.raises(ArtefactError, match=r"products\.parquet is missing"):
        project(tmp_path / "products.parquet", tmp_path / "edges.jsonl", ProjectionOptions(), tmp_path / "o")
    write_products(tmp_path / "products.parquet", [])
    with pytest.raises(ArtefactError, match=r"none\.jsonl is missing"):
        project(tmp_path / "products.parquet", tmp_path / "none.jsonl", ProjectionOptions(), tmp_path / "o")


def test_wrong_files_are_clear_errors(tmp_path: Path) -> None:
    """A file that is no Parquet file, or whose attributes are no JSON, is a clear error."""
    shop = Shop(tmp_path, [product("p", "a"), product("q", "b")], [edge("a", "COMPLEMENTS", "b")])
    (tmp_path / "bad.parquet").write_text("no parquet")
    with pytest.raises(ArtefactError, match="cannot read the products"):
        project(tmp_path / "bad.parquet", tmp_path / "edges.jsonl", ProjectionOptions(), tmp_path / "o")
    write_products(shop.catalogue, [product("p", "a", size=3)])
    with pytest.raises(ArtefactError, match="row 1: attributes"):
        shop.project()


def test_settings_are_checked() -> None:
    """Unknown guards, relations that are not projected and wild numbers are refused; missing k keep defaults."""
    assert ProjectionOptions(top_k={Relation.COMPLEMENTS: 2}).top_k[Relation.SATISFIED_BY] == 12
    assert ProjectionOptions(guards=("size", "variant")).guards == ("variant", "size")
    for wrong in ({"guards": ("sise",)}, {"top_k": {"IS_A": 3}}, {"top_k": {"COMPLEMENTS": 0}}, {"per_type": 0}):
        with pytest.raises(ValidationError):
            ProjectionOptions.model_validate(wrong)
