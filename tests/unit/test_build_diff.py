"""What differs between two builds is found from their files: every edge once, most reached first, with both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from kg.build.builds import Builds
from kg.build.diff import BuildDiff, Counts, EdgeDiff, Group, KindDiff, Selection, open_diff, told
from kg.build.diff_page import write_diff_page
from kg.errors import ArtefactError
from kg.model import Edge, Evidence, Intent, IntentKind, Level, NodeKind, Provenance, Relation
from kg.records import digest
from kg.store.kinds import EDGE_KINDS
from tests.parts.finished_builds import finish
from tests.servers.graph_files import World, edge, small_world

A, B = "b0a000000000", "b1b000000000"
CHIPS = "ProductType-COMPLEMENTS->ProductType"
COMPLEMENTS = Selection((Relation.COMPLEMENTS,), Level.TYPE)
SATISFIED = Selection((Relation.SATISFIED_BY,), Level.TYPE)
HOSTILE = "<img src=x onerror=alert(1)> \x1b[31m\u202e'\"&"


def again(one: Edge, **values: Any) -> Edge:
    """Return an edge with other values, and its hash made anew."""
    changed = replace(one, **values)
    return replace(changed, h=digest(replace(changed, h=""))[:16])


def change(world: World, place: int, **values: Any) -> World:
    """Return ``world`` with the type-level edge at ``place`` changed."""
    edges = list(world.edges)
    edges[place] = again(edges[place], **values)
    return replace(world, edges=edges)


def compared(folder: Path, after: World, before: World | None = None, selection: Selection | None = None) -> _Said:
    """Return what differs between two worlds; the first is the small one."""
    builds = Builds(folder)
    finish(builds, A, before or small_world())
    finish(builds, B, after)
    with open_diff(builds, A, B, selection) as found:
        return _Said(found)


class _Said:
    """Everything a comparison says, kept beyond its end."""

    def __init__(self, found: BuildDiff) -> None:
        self.nodes = found.nodes
        self.kinds: dict[str, KindDiff] = {each.kind.name: each for each in found.edges}
        self.edges: list[EdgeDiff] = [edge for each in found.edges if each.groups for edge in found.listed(each.kind)]
        self.differing = found.differing

    def of(self, kind: str) -> list[EdgeDiff]:
        """Return the edges of a kind."""
        return [each for each in self.edges if each.kind.name == kind]


def ends(edges: Sequence[EdgeDiff]) -> list[tuple[str, str]]:
    """Return the ids of both ends of each."""
    return [(each.source.id, each.target.id) for each in edges]


def test_equal_builds_do_not_differ(tmp_path: Path) -> None:
    """Of every kind all is unchanged, and no edge is listed."""
    found = compared(tmp_path / "odd [name]* 'quoted'", small_world())
    assert (found.differing, found.edges) == (0, [])
    assert found.kinds[CHIPS].counts == Counts(0, 0, 0, 2)
    assert found.nodes[NodeKind.PRODUCT] == Counts(0, 0, 0, 8)
    assert list(found.kinds) == sorted((kind.name for kind in EDGE_KINDS), key=list(found.kinds).index)


def test_empty_builds_can_be_compared(tmp_path: Path) -> None:
    """From nothing to something everything is added, at new nodes."""
    found = compared(tmp_path, small_world(), World())
    assert {each.group for each in found.edges} == {Group.ADDED}
    assert found.kinds[CHIPS].at_new == 2
    assert found.nodes[NodeKind.INTENT] == Counts(3, 0, 0, 0)


def test_every_edge_is_counted_once(tmp_path: Path) -> None:
    """Added, removed, changed and unchanged add up to what the files hold, in each kind."""
    world = small_world()
    after = replace(change(world, 4, rank=2), product_edges=world.product_edges[1:])
    new = edge(Relation.COMPLEMENTS, (NodeKind.TYPE, "salsa"), "pita-chips")
    found = compared(tmp_path, replace(after, edges=[*after.edges[1:], new]))
    assert found.kinds[CHIPS].counts == Counts(1, 0, 1, 1)
    assert found.kinds["Intent-SATISFIED_BY->ProductType"].counts == Counts(0, 1, 0, 2)
    assert found.kinds["Intent-SATISFIED_BY->Product"].counts == Counts(0, 1, 0, 2)
    assert found.differing == len(found.edges) == 4


def test_what_was_removed_tells_all_it_said(tmp_path: Path) -> None:
    """An edge of A only has its properties before, and none after."""
    world = small_world()
    (gone,) = compared(tmp_path, replace(world, edges=world.edges[1:]), selection=SATISFIED).edges
    assert gone.group is Group.REMOVED
    assert (gone.before["explanation"], gone.before["contexts"], gone.after) == ("A warm bath calms.", ["summer"], {})
    assert (gone.source.name, gone.target.name, gone.source.status) == ("cannot sleep", "epsom salt", "kept")
    assert gone.changes == ()


def test_what_was_added_tells_all_it_says(tmp_path: Path) -> None:
    """An edge of B only has its properties after, and none before."""
    world = small_world()
    (new,) = compared(tmp_path, world, replace(world, edges=world.edges[:-1]), COMPLEMENTS).edges
    assert (new.group, new.group.change, new.before) == (Group.ADDED, "added", {})
    assert new.after["samples"] == 3


@pytest.mark.parametrize(
    ("values", "group", "changes"),
    [
        ({"rank": 7, "confidence": 0.5}, Group.RANKING, {"rank", "confidence"}),
        ({"plausibility": 0.1, "typicality": 0.2}, Group.RANKING, {"plausibility", "typicality"}),
        ({"explanation": "Other.", "rank": 7}, Group.EXPLANATION, {"explanation", "rank"}),
        ({"contexts": ("winter",), "rank": 7}, Group.CONTEXTS, {"contexts", "rank"}),
        ({"evidence": Evidence(5, 4, None, 7, "Mara"), "rank": 7}, Group.EVIDENCE,
         {"samples", "agreed", "lift", "reviewer", "rank"}),
        ({"provenance": Provenance("other", "abc")}, Group.EVIDENCE, {"model"}),
        ({"qualifiers": ("decaf",), "symmetric": True}, Group.EVIDENCE, {"qualifiers", "symmetric"}),
        ({"statement_ids": ("s1",)}, Group.EVIDENCE, {"statement_ids"}),
    ],
)  # fmt: skip
def test_a_change_is_told_by_what_it_is_about(
    tmp_path: Path, values: dict[str, Any], group: Group, changes: set[str]
) -> None:
    """A mere re-ranking is no changed explanation; every property that differs is named, with both values."""
    found = compared(tmp_path, change(small_world(), 4, **values), selection=COMPLEMENTS)
    (each,) = found.edges
    assert (each.group, set(each.changes), each.group.change) == (group, changes, "changed")
    assert set(each.before) == set(each.after) == changes
    assert all(each.before[name] != each.after[name] for name in changes)
    assert found.kinds[CHIPS].groups == {group: 1}
    assert found.kinds[CHIPS].properties == dict.fromkeys(changes, 1)


def test_a_missing_value_and_a_value_differ(tmp_path: Path) -> None:
    """Null is a value like others: equal to itself, not to a number."""
    (each,) = compared(
        tmp_path, change(small_world(), 4, evidence=Evidence(3, 3, None, 7, "")), selection=COMPLEMENTS
    ).edges
    assert (each.before, each.after) == ({"lift": 2.5}, {"lift": None})


def test_a_hash_that_differs_alone_is_a_change_of_nothing(tmp_path: Path) -> None:
    """What is not a property may still have changed: the edge is listed, with no property named."""
    world = small_world()
    edges = [*world.edges[:4], replace(world.edges[4], h="other"), *world.edges[5:]]
    (each,) = compared(tmp_path, replace(world, edges=edges), selection=COMPLEMENTS).edges
    assert (each.group, each.changes, each.before, each.after) == (Group.EVIDENCE, (), {}, {})


def test_edges_between_products_tell_where_they_come_from(tmp_path: Path) -> None:
    """Their properties are compared as well, with the edge between types behind them."""
    world = small_world()
    rows = list(world.product_edges)
    rows[4] = replace(rows[4], via=("tortilla-chips", "lonely"), explanation="Other.")
    (each,) = compared(tmp_path, replace(world, product_edges=rows)).edges
    assert each.kind.name == "Product-COMPLEMENTS->Product"
    assert each.changes == ("explanation", "via_target")
    assert each.source.name == "Crunch Corn Tortilla Chips 200 g"


def test_headings_and_types_of_products_are_edges_too(tmp_path: Path) -> None:
    """A theme's new place and a product's new type are found; what a rank changes is a re-ranking."""
    world = small_world()
    themes = [
        world.themes[0],
        replace(world.themes[1], members=tuple(reversed(world.themes[1].members))),
        world.themes[2],
    ]
    products = [replace(world.products[0], type_id="salsa"), *world.products[1:]]
    found = compared(tmp_path, replace(world, themes=themes, products=products))
    assert {each.group for each in found.of("ProductType-IN_THEME->Theme")} == {Group.RANKING}
    assert [(each.group, each.target.id) for each in found.of("Product-IS_A->ProductType")] == [
        (Group.ADDED, "salsa"),
        (Group.REMOVED, "tortilla-chips"),
    ]


def test_most_reached_first_then_by_ids(tmp_path: Path) -> None:
    """Popularity of the source decides, as B has it; equal ones are in the order of their ids."""
    world = small_world()
    intents = [Intent(name, name, IntentKind.NEED, "", reach) for name, reach in (("z", 1.0), ("b", 2.0), ("a", 2.0))]
    edges = [edge(Relation.SATISFIED_BY, (NodeKind.INTENT, name), to) for name in "zba" for to in ("salsa", "lonely")]
    before = replace(world, intents=[*world.intents, *(replace(each, popularity=0.0) for each in intents)])
    found = compared(
        tmp_path, replace(world, intents=[*world.intents, *intents], edges=[*world.edges, *edges]), before, SATISFIED
    )
    assert ends(found.edges) == [(a, b) for a in "abz" for b in ("lonely", "salsa")]
    assert [each.reach for each in found.edges] == [2.0, 2.0, 2.0, 2.0, 1.0, 1.0]


def test_ends_that_came_or_went_are_marked(tmp_path: Path) -> None:
    """Of an edge that went with its product, it is said that the product is gone, with its old name."""
    world = small_world()
    bare = [each for each in world.product_edges if "s-2" not in {each.source_id, each.target_id}]
    products = [each for each in world.products if each.id != "s-2"]
    found = compared(tmp_path, replace(world, products=products, product_edges=bare))
    (gone,) = found.of("Product-COMPLEMENTS->Product")
    assert (gone.target.name, gone.target.status, gone.source.status) == ("Smooth Salsa Verde", "gone", "kept")
    assert found.kinds["Product-COMPLEMENTS->Product"].at_gone == 1
    assert found.nodes[NodeKind.PRODUCT] == Counts(0, 1, 0, 7)


def test_a_limit_holds_for_each_group(tmp_path: Path) -> None:
    """The most reached of every group are listed, however many another group has."""
    world = small_world()
    after = change(change(world, 4, rank=5), 7, rank=5)
    builds = Builds(tmp_path)
    finish(builds, A, world)
    finish(
        builds, B, replace(after, edges=[*after.edges, edge(Relation.COMPLEMENTS, (NodeKind.TYPE, "salsa"), "lonely")])
    )
    with open_diff(builds, A, B, COMPLEMENTS) as found:
        kind = next(each.kind for each in found.edges if each.kind.name == CHIPS)
        listed = list(found.listed(kind, 1))
        assert list(found.listed(kind, 0)) == []
    assert [(each.group, each.source.id) for each in listed] == [
        (Group.ADDED, "salsa"),
        (Group.RANKING, "tortilla-chips"),
    ]


def test_only_what_is_asked_for_is_compared(tmp_path: Path) -> None:
    """A relation or a level leaves out the other kinds of edges, and the nodes that they alone join."""
    world = replace(small_world(), product_edges=(), products=())
    one = compared(tmp_path, world, selection=Selection((Relation.COMPLEMENTS,), Level.TYPE))
    assert (list(one.kinds), list(one.nodes), one.differing) == ([CHIPS], [NodeKind.TYPE], 0)
    products = compared(tmp_path / "products", world, selection=Selection(level=Level.PRODUCT))
    assert {each.kind.relation for each in products.edges} >= {Relation.IS_A, Relation.SUBSTITUTES}
    assert CHIPS not in products.kinds


def test_levels_come_in_order() -> None:
    """Edges between types stand before those of products."""
    kinds = [NodeKind.PRODUCT in {kind.source, kind.target} for kind in Selection().kinds()]
    assert kinds == sorted(kinds)
    assert len(kinds) == len(EDGE_KINDS)


def test_a_file_that_is_something_else_is_an_error(tmp_path: Path) -> None:
    """Neither half an answer nor a traceback: the builds are named."""
    builds = Builds(tmp_path)
    for build in (A, B):
        finish(builds, build, small_world())
    (tmp_path / B / "project" / "product_edges.parquet").write_text("no such thing\n")
    with (
        pytest.raises(ArtefactError, match=rf"files of {A} and {B} cannot be compared.*make them again"),
        open_diff(builds, A, B),
    ):
        pass  # fmt: skip


def test_values_are_told_as_people_read_them() -> None:
    """Lists by commas, nothing as a word, numbers without noise."""
    assert [told(value) for value in (None, "", [], ["a", "b"], 0.1 + 0.2, 3, True)] == [
        "none", "none", "none", "a, b", "0.3", "3", "True",
    ]  # fmt: skip


_TAGS = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "div", "b", "code", "table", "thead", "tbody",
    "tr", "th", "td", "span", "i", "nav", "fieldset", "legend", "label", "input", "main", "section", "small", "details",
    "summary", "ol", "li", "bdi", "dl", "dt", "dd", "ins", "del",
}  # fmt: skip
_ATTRIBUTES = {
    "lang", "charset", "content", "http-equiv", "name", "class", "style", "type", "id", "checked", "open", "scope",
    "aria-label",
}  # fmt: skip


class _Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "input"}:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data if self._open and self._open[-1] != "style" else ""


def page(folder: Path, after: World, limit: int = 200) -> _Page:
    """Return the page of what differs from the small world."""
    builds = Builds(folder)
    finish(builds, A, small_world())
    finish(builds, B, after)
    with open_diff(builds, A, B) as found:
        write_diff_page(folder / "sub" / "page.html", found, limit)
    return _Page((folder / "sub" / "page.html").read_text(encoding="utf-8"))


def test_the_page_needs_nothing_else_and_lets_nothing_in(tmp_path: Path) -> None:
    """No script, no address, only known tags, whatever names, ids and sentences hold; its policy forbids the rest."""
    world = change(small_world(), 4, explanation=HOSTILE * 3, contexts=(HOSTILE,))
    intents = [Intent(HOSTILE, HOSTILE, IntentKind.NEED), *world.intents]
    stray = edge(Relation.SATISFIED_BY, (NodeKind.INTENT, HOSTILE), "salsa", explanation=HOSTILE)
    found = page(tmp_path, replace(world, intents=intents, edges=[*world.edges, stray]))
    assert {tag for tag, _ in found.tags} <= _TAGS
    assert {name for _, attributes in found.tags for name in attributes} <= _ATTRIBUTES
    policy = {"http-equiv": "Content-Security-Policy", "content": "default-src 'none'; style-src 'unsafe-inline'"}
    assert ("meta", policy) in found.tags
    assert "<img src=x onerror=alert(1)> [31m'\"&" in found.text
    assert not {"\x1b", "\u202e"} & set(found.text)


def test_the_page_shows_both_sides_of_a_change(tmp_path: Path) -> None:
    """What a sentence lost and what it won are marked; the counts stand above."""
    world = change(small_world(), 4, explanation="Tortilla chips want a bowl of dip.", rank=9)
    before = change(small_world(), 4, explanation="Tortilla chips want a dip.")
    builds = Builds(tmp_path)
    finish(builds, A, before)
    finish(builds, B, world)
    with open_diff(builds, A, B) as found:
        write_diff_page(tmp_path / "page.html", found, 5)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Tortilla chips want a <ins>bowl of</ins> dip." in text
    assert "<dt>rank</dt><dd><del>1</del> &rarr; <ins>9</ins></dd>" in text
    assert "Explanation changed" in text


def test_the_page_says_what_it_leaves_out(tmp_path: Path) -> None:
    """Of a long group the most reached are shown, and the total is stated."""
    world = small_world()
    found = page(tmp_path, replace(world, product_edges=world.product_edges[:4]), limit=1)
    assert "3, the 1 most reached are shown" in found.text
    assert sum(tag == "li" for tag, _ in found.tags) == 3


def test_the_page_can_be_filtered_without_a_script(tmp_path: Path) -> None:
    """Every choice has a rule that hides what has not its class, and each section has its classes."""
    world = small_world()
    found = page(tmp_path, replace(change(world, 4, rank=2), product_edges=world.product_edges[:-1]))
    text = (tmp_path / "sub" / "page.html").read_text(encoding="utf-8")
    chosen = [attributes["id"] for tag, attributes in found.tags if tag == "input"]
    assert {"relation-COMPLEMENTS", "relation-PAIRS_WITH", "level-type", "level-product", "change-removed"} <= set(
        chosen
    )
    for name in chosen:
        assert name is not None
        assert name.endswith("-all") or f"body:has(#{name}:checked) section:not(.{name}) {{ display: none; }}" in text
    sections = [attributes["class"] for tag, attributes in found.tags if tag == "section"]
    assert sections == [
        "relation-COMPLEMENTS level-type change-changed",
        "relation-PAIRS_WITH level-product change-removed",
    ]


def test_the_page_of_equal_builds_says_so(tmp_path: Path) -> None:
    """There is nothing to filter, and no empty list."""
    found = page(tmp_path, small_world())
    assert "No edge differs" in found.text
    assert not {"nav", "section"} & {tag for tag, _ in found.tags}
