"""``kg diff``: which builds it takes, what it prints, and how it ends."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kg.build.builds import Builds
from kg.model import Edge, Intent, IntentKind, NodeKind, Relation
from tests.parts.commands import Said, kg
from tests.parts.finished_builds import finish
from tests.servers.graph_files import World, edge, small_world

A, B = "b0a000000000", "b1b000000000"
HOSTILE = "evil\x1b]0;title\x07\u202e\r\nname"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A configuration with two builds beside it: the first is served, the second is the latest."""
    world = small_world()
    edges = list(world.edges)
    edges[4] = again(edges[4], explanation="Chips want a bowl of dip.", rank=3)
    edges[7] = again(edges[7], confidence=0.5)
    intents = [*world.intents, Intent("odd", HOSTILE, IntentKind.NEED, "", 99.0)]
    edges += [
        edge(Relation.SATISFIED_BY, (NodeKind.INTENT, "odd"), to, explanation=HOSTILE) for to in ("salsa", "lonely")
    ]
    builds = Builds(tmp_path / "builds")
    finish(builds, A, world)
    finish(builds, B, World(world.products, world.types, intents, edges[1:], world.product_edges[:-1], world.themes))
    builds.serve(A)
    (tmp_path / "config.yaml").write_text("build: {folder: builds}\n")
    return tmp_path / "config.yaml"


def again(one: Edge, **values: Any) -> Edge:
    """Return an edge with other values and another hash."""
    return replace(one, **values, h=f"other-{one.h}")


def diff(shop: Path, *arguments: object) -> Said:
    """Run the command."""
    return kg("diff", *arguments, "--config", shop)


def test_the_served_build_is_compared_with_the_latest(shop: Path) -> None:
    """Counts of nodes and edges, then the edges by kind: added, removed, and by what changed, both sides of each."""
    found = diff(shop)
    assert (found.code, found.err) == (0, "")
    assert found.out.startswith(f"{A} -> {B}\n")
    rows = [line.split() for line in found.out.splitlines()]
    assert ["Intent", "1", "0", "0", "3"] in rows
    assert ["Intent-SATISFIED_BY->ProductType", "2", "1", "0", "2"] in rows
    assert ["ProductType-COMPLEMENTS->ProductType", "0", "0", "2", "0"] in rows
    listed = found.out[found.out.index("\nProductType-COMPLEMENTS->ProductType\n") :].splitlines()[1:12]
    assert listed == [
        "ProductType-COMPLEMENTS->ProductType",
        "changed in explanation: 1",
        "~ tortilla chips (tortilla-chips) -> salsa (salsa)",
        "    explanation",
        "      - Chips want a dip.",
        "      + Chips want a bowl of dip.",
        "    rank 1 -> 3",
        "changed in ranking: 1",
        "~ pita chips (pita-chips) -> salsa (salsa)",
        "    confidence 0.85 -> 0.5",
        "",
    ]
    assert "- Fire Roasted Salsa (s-1) -> Crème d'Or Blanc" in found.out


def test_new_ends_are_marked_and_the_rest_is_counted(shop: Path) -> None:
    """What starts at a new node says so; a limit holds for each change, and says how many more there are."""
    found = diff(shop, "--relation", "SATISFIED_BY", "--level", "type", "--limit", "1")
    assert "added, 2 of them at new nodes: 2\n" in found.out
    assert (
        "+ evil]0;title name (odd) [new] -> lonely thing (lonely)\n    rank 1, confidence 0.85, summer\n" in found.out
    )
    assert "  ... and 1 more; --limit shows them\n" in found.out
    assert "- cannot sleep (insomnia) -> epsom salt (epsom-salt)\n" in found.out
    assert "COMPLEMENTS" not in found.out


def test_hostile_text_cannot_reach_the_terminal(shop: Path) -> None:
    """No control characters and no line of its own, whatever a name or a sentence holds."""
    found = diff(shop)
    assert not {"\x1b", "\x07", "\r", "\u202e"} & set(found.out)
    assert not any(line.startswith("name") for line in found.out.splitlines())


def test_names_may_be_cut_short_and_turned_round(shop: Path) -> None:
    """From the later build to the earlier one, what was added is removed."""
    there, back = diff(shop, "b0", "b1b", "--json").data, diff(shop, "b1", "b0", "--json").data
    assert (back["a"], back["b"]) == (B, A)
    for one, other in zip(there["edges"], back["edges"], strict=True):
        assert (one["added"], one["removed"], one["changed"]) == (other["removed"], other["added"], other["changed"])


def test_an_unknown_build_is_one_line_with_those_there_are(shop: Path) -> None:
    """Exit 1, and the names to choose from."""
    found = diff(shop, "nosuch")
    assert (found.code, found.out) == (1, "")
    assert "there are: " in found.err
    assert f"{A} (served)" in found.err
    assert f"{B} (latest)" in found.err
    assert found.err.count("\n") == 1


def test_without_a_served_build_two_must_be_named(shop: Path) -> None:
    """There is nothing to start from; the message says what to do."""
    (shop.parent / "builds" / "CURRENT").unlink()
    found = diff(shop)
    assert (found.code, found.out) == (1, "")
    assert "name two builds" in found.err
    assert diff(shop, "b0", "b1", "--level", "type").code == 0


def test_a_build_compared_with_itself_is_no_difference(shop: Path) -> None:
    """Said on stderr, since it is hardly what was meant; the answer is still right."""
    found = diff(shop, "b1", "--fail-on-change", "--level", "type")
    assert found.code == 0
    assert f"{B} is compared with itself; name another build" in found.err
    assert found.out.endswith("\nnothing differs\n")


def test_a_gate_can_be_made_of_it(shop: Path) -> None:
    """With --fail-on-change, and only then, a difference in what is compared ends with 3."""
    found = diff(shop, "--relation", "COMPLEMENTS", "--fail-on-change")
    assert (found.code, found.err) == (3, f"error: 2 nodes and edges differ between {A} and {B}\n")
    assert diff(shop, "--relation", "SUBSTITUTES", "--fail-on-change").code == 0


def test_json_is_one_document_with_every_difference(shop: Path) -> None:
    """All edges, however many; what it counts and what it lists agree, and hostile text comes as it is."""
    data = diff(shop, "--json").data
    assert {"a", "b", "nodes", "edges", "differences"} == set(data)
    for kind in data["edges"]:
        listed = [each["change"] for each in data["differences"] if each["kind"] == kind["kind"]]
        assert [listed.count(name) for name in ("added", "removed", "changed")] == [
            kind["added"], kind["removed"], kind["changed"],
        ]  # fmt: skip
    first = data["differences"][0]
    assert (first["source"]["name"], first["after"]["explanation"], first["before"]) == (HOSTILE, HOSTILE, {})
    changed = [each for each in data["differences"] if each["change"] == "changed"]
    assert [(each["about"], each["changes"]) for each in changed] == [
        ("explanation", ["explanation", "rank"]),
        ("ranking", ["confidence"]),
    ]
    assert (changed[1]["before"], changed[1]["after"]) == ({"confidence": 0.85}, {"confidence": 0.5})
    assert (changed[1]["level"], changed[1]["reach"]) == ("type", 0.4)


def test_json_of_equal_builds_is_a_document_too(shop: Path) -> None:
    """An empty list of differences is valid."""
    assert diff(shop, "b0", "b0", "--json", "-q").data["differences"] == []


def test_the_page_is_written_and_the_terminal_counts(shop: Path) -> None:
    """The page has the edges, so that the terminal need not list them; where it is stands on stderr."""
    file = shop.parent / "page.html"
    found = diff(shop, "--html", file)
    assert found.err == f"written to {file}\n"
    assert "Chips want" not in found.out
    assert "Chips want a <ins>bowl of</ins> dip." in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments",
    [["--limit", "-1"], ["--relation", "LIKES"], ["--level", "sku"], ["--relation", "IS_A", "--level", "type"]],
)
def test_wrong_usage_exits_with_2(shop: Path, arguments: list[str]) -> None:
    """Said before anything is compared."""
    found = diff(shop, *arguments)
    assert (found.code, found.out) == (2, "")
