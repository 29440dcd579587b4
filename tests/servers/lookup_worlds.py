"""Graphs of several generations for the tests of look-ups: one with something of every kind, and a small shop."""

from __future__ import annotations

from typing import Any

from kg.store.words import embedding
from tests.servers.versioned_graph import Version, VersionedGraph

__all__ = ["KINDS", "MEANING", "OLD", "SERVED", "STAGED", "shop", "versions"]

OLD, SERVED, STAGED = 4, 5, 6
# What a relationship or a node is called says who may see it.
STATES: dict[str, Version] = {"kept": (1, None), "gone": (1, SERVED), "staged": (STAGED, None)}
KINDS = (
    ("Intent", "SATISFIED_BY", "ProductType"), ("Intent", "SATISFIED_BY", "Product"),
    ("Intent", "PAIRS_WITH", "ProductType"), ("Intent", "PAIRS_WITH", "Product"),
    ("ProductType", "COMPLEMENTS", "ProductType"), ("ProductType", "SUBSTITUTES", "ProductType"),
    ("ProductType", "PAIRS_WITH", "ProductType"), ("Product", "COMPLEMENTS", "Product"),
    ("Product", "SUBSTITUTES", "Product"), ("Product", "PAIRS_WITH", "Product"),
)  # fmt: skip
PARTS = {"COMPLEMENTS": "c", "SUBSTITUTES": "s", "PAIRS_WITH": "w", "SATISFIED_BY": "a"}
START = {"Intent": "intent", "ProductType": "type", "Product": "product"}
MEANING = embedding("intent")


def versions() -> VersionedGraph:
    """Return a graph with something kept, gone, staged and changed of every kind, called so."""
    graph = VersionedGraph()
    for label, key in START.items():
        graph.node(label, key, name=f"the {key}", title=f"the {key}", embedding=MEANING)
    for kind in KINDS:
        source, relation, target = kind
        for state, version in {**STATES, "changed": (1, None)}.items():
            key = f"{START[source][:3]}-{PARTS[relation]}-{state}"
            # Whatever shows a node that it may not show says so by its name.
            props = {"embedding": MEANING} if target != "Product" else {"in_stock": True, "type_id": f"t-{key}"}
            name = "title" if target == "Product" else "name"
            graph.node(target, key, version, **{name: f"dip {state}"}, **props)
            facts = {"via_source": "type", "via_target": f"typ-c-{state}", "rank": 2}
            if state == "changed":
                graph.edge(kind, (START[source], key), (1, SERVED), explanation="before", **facts)
                graph.edge(kind, (START[source], key), (SERVED, None), explanation="after", **facts)
            else:
                graph.edge(kind, (START[source], key), version, explanation=state, **facts)
    for state, version in STATES.items():
        intent = f"intent-{state}"
        graph.node("Intent", intent, version, name=f"dip {state}", embedding=MEANING)
        graph.edge(("Intent", "SATISFIED_BY", "Product"), (intent, "product"), version, explanation=state)
        graph.node("Theme", f"theme-{state}", version, name=f"theme {state}")
        graph.edge(("Intent", "HAS_THEME", "Theme"), ("intent", f"theme-{state}"), version, rank=3)
        for label in ("typ-c", "int-a", "int-w"):
            graph.edge(("ProductType", "IN_THEME", "Theme"), (f"{label}-{state}", f"theme-{state}"), version, rank=1)
    # A thing that moved from one heading, and one type, to another.
    graph.edge(("ProductType", "IN_THEME", "Theme"), ("typ-c-changed", "theme-gone"), (1, SERVED), rank=1)
    graph.edge(("ProductType", "IN_THEME", "Theme"), ("typ-c-changed", "theme-kept"), (SERVED, None), rank=1)
    for state, version in {**STATES, "kept": (SERVED, STAGED)}.items():
        graph.edge(("Product", "IS_A", "ProductType"), ("product", f"typ-c-{state}"), version)
    return graph


def shop() -> VersionedGraph:
    """Return a small shop: carts to fill, products to replace, a dish and an occasion."""
    graph = VersionedGraph()

    def product(key: str, kind: str = "", **facts: Any) -> None:
        facts = {"brand": "Lumi", "price": 2.0, "in_stock": True, "type_id": kind or key, **facts}
        graph.node("Product", key, title=key.replace("-", " ").title(), **facts)

    def edge(relation: str, source: str, target: str, rank: int = 1, confidence: float = 0.9, **more: Any) -> None:
        facts = {"rank": rank, "confidence": confidence, "explanation": f"{source} wants {target}.", **more}
        graph.edge(("Product", relation, "Product"), (source, target), **facts)

    for key in ("chips", "salsa-1", "salsa-2", "salsa-3", "soda", "soda-2", "water", "dip", "candle"):
        product(key, key.split("-")[0] if key.startswith(("salsa", "soda")) else "", group_id="")
    product("chips-large", "chips-in-bags", group_id="g")
    graph.nodes["Product"][0]["group_id"] = "g"
    for rank, (target, sure) in enumerate(
        [("chips-large", 0.99), ("soda-2", 0.98), ("water", 0.97), ("salsa-1", 0.9),
         ("salsa-2", 0.8), ("salsa-3", 0.7), ("dip", 0.5)], 1,
    ):  # fmt: skip
        edge("COMPLEMENTS", "chips", target, rank, sure)
    edge("COMPLEMENTS", "soda", "salsa-1", 1, 0.3)
    edge("COMPLEMENTS", "soda", "dip", 2, 0.6)
    edge("COMPLEMENTS", "soda", "candle", 3, 0.95, contexts=["winter"])
    edge("COMPLEMENTS", "soda", "chips", 4, 0.99)
    edge("SUBSTITUTES", "soda", "water")
    edge("SUBSTITUTES", "soda", "dip", version=(STAGED, None))

    milk = {"diet": "vegan;organic", "audience": "boys", "brand": "Alma", "size": "1 l", "flavour": "plain"}
    product("milk", **milk)
    product("same-milk", **{**milk, "diet": "organic;Vegan", "brand": "Lumi", "price": 2.5})
    product("plain-milk", **{**milk, "diet": "vegan", "audience": "kids", "size": None})
    for key, facts in {
        "out-of-stock": {"in_stock": False}, "not-vegan": {"diet": "vegetarian;organic"}, "no-diet": {"diet": None},
        "for-girls": {"audience": "girls"}, "for-nobody": {"audience": None},
    }.items():  # fmt: skip
        product(key, **{**milk, **facts})
        edge("SUBSTITUTES", "milk", key, 1)
    edge("SUBSTITUTES", "milk", "same-milk", 3, contexts=["summer"])
    edge("SUBSTITUTES", "milk", "plain-milk", 2)
    product("butter", diet="vegetarian")
    edge("SUBSTITUTES", "butter", "milk")

    for key, name in (("game-day", "game-day party"), ("salmon", "grilled salmon")):
        graph.node("Intent", key, name=name, embedding=embedding(name))
    graph.node("ProductType", "soda", name="soda", embedding=embedding("soda"))
    graph.node("ProductType", "salsa", name="salsa", embedding=embedding("salsa"))
    graph.edge(("ProductType", "COMPLEMENTS", "ProductType"), ("soda", "salsa"), explanation="By type.")
    graph.edge(("Intent", "SATISFIED_BY", "Product"), ("game-day", "chips"), rank=4, via_target="chips")
    graph.edge(("Intent", "SATISFIED_BY", "ProductType"), ("salmon", "salsa"))
    graph.edge(("Intent", "PAIRS_WITH", "Product"), ("game-day", "soda"), via_target="soda")
    graph.node("Theme", "game-day/drinks", name="Drinks")
    graph.edge(("Intent", "HAS_THEME", "Theme"), ("game-day", "game-day/drinks"))
    graph.edge(("ProductType", "IN_THEME", "Theme"), ("soda", "game-day/drinks"))
    graph.edge(("Product", "IS_A", "ProductType"), ("soda", "soda"))
    graph.edge(("Product", "IS_A", "ProductType"), ("water", "soda"))
    return graph
