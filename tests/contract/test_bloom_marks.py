"""What a reader marks in Bloom: it is the reader's, it survives loads, and it comes back as decisions."""

from __future__ import annotations

import csv
from pathlib import Path

from kg.curation.decisions import COLUMNS, NOTES, read_decisions
from kg.store.driver import GraphStore
from kg.store.loader import load
from tests.servers.bloom_world import CHIPS_AND_SALSA, act, ask, first_build, second_build, state_of, words_of
from tests.servers.fixtures import run, wipe
from tests.servers.graph_files import write_world


def test_marks_are_the_readers_and_survive_loads(any_store: GraphStore, tmp_path: Path) -> None:
    """Marking sets the reader's properties only; the next build keeps them on the new version; clearing takes them."""
    load(any_store, write_world(tmp_path / "1", first_build()), "b1")
    before = state_of(any_store)
    chips, pita = ("tortilla-chips", "COMPLEMENTS", "salsa"), ("tortilla-chips", "SUBSTITUTES", "pita-chips")
    act(any_store, "action_approve", [chips])
    act(any_store, "action_reject", [pita])
    assert state_of(any_store) == before
    report = load(any_store, write_world(tmp_path / "2", second_build()), "b2")
    assert report.total.updated == 1
    rows = ask(any_store, "phrase_marked")
    marked = {words_of(row["path"]): row["path"].relationships[0] for row in rows}
    assert {path: each["review"] for path, each in marked.items()} == {
        "tortilla-chips COMPLEMENTS salsa": "approved",
        "tortilla-chips SUBSTITUTES pita-chips": "rejected",
    }
    assert marked["tortilla-chips COMPLEMENTS salsa"]["explanation"] == "A bowl of each."
    assert all(each["review_at"] > 1_600_000_000_000 for each in marked.values())
    before = state_of(any_store)
    assert load(any_store, write_world(tmp_path / "2", second_build()), "b2").writes == 0
    act(any_store, "action_clear_review", [chips, pita])
    assert ask(any_store, "phrase_marked") == []
    assert state_of(any_store) == before


def test_what_is_not_ours_cannot_be_marked(any_store: GraphStore) -> None:
    """A relationship of the reader's own is left alone by the actions that mark."""
    run(any_store, "CREATE (:Product {id: 'a'})-[:COMPLEMENTS]->(:Product {id: 'b'})")
    assert act(any_store, "action_approve", [("a", "COMPLEMENTS", "b")]) == []
    assert run(any_store, "MATCH ()-[r]->() RETURN r.review AS review") == [{"review": None}]


def test_marked_edges_come_back_as_decisions(any_store: GraphStore, tmp_path: Path) -> None:
    """The table of marked edges, with who filled in, is a file of decisions; no cell is taken for a formula."""
    wipe(any_store)
    load(any_store, write_world(tmp_path / "1", first_build()), "b1")
    act(any_store, "action_approve", [("insomnia", "SATISFIED_BY", "epsom-salt")])
    act(any_store, "action_reject", [("tortilla-chips", "SUBSTITUTES", "pita-chips"), CHIPS_AND_SALSA])
    run(
        any_store,
        "MATCH (:ProductType)-[r:SUBSTITUTES]->() WHERE r.review = 'rejected' "
        "SET r.review_by = 'Jon', r.review_why = '=HYPERLINK(1)'",
    )
    rows = ask(any_store, "review_decisions")
    assert set(rows[0]) <= {*COLUMNS, *NOTES}
    assert [row["why"] for row in rows] == ["", "'=HYPERLINK(1)"]
    with (tmp_path / "decisions.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "who": row["who"] or "Mara"} for row in rows)
    read = read_decisions(tmp_path / "decisions.csv")
    assert [(each.action, each.relation, each.subject, each.target, each.who, each.why) for each in read] == [
        ("accept", "SATISFIED_BY", "insomnia", "epsom-salt", "Mara", ""),
        ("reject", "SUBSTITUTES", "tortilla-chips", "pita-chips", "Jon", "=HYPERLINK(1)"),
    ]
    run(any_store, "MATCH (:ProductType)-[r:PAIRS_WITH]->() SET r.review = 'approved'")
    by_hand = ask(any_store, "review_decisions")[0]
    assert (by_hand["relation"], by_hand["when"]) == ("PAIRS_WITH", "")
    (product,) = ask(any_store, "review_products")
    assert (product["review"], product["source"], product["target"]) == ("rejected", "0001", "s-1")
    assert (product["via_source"], product["via_target"]) == ("tortilla-chips", "salsa")
    assert len(product["when"]) == len("2026-05-31")
