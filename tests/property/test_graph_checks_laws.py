"""Laws of the type-level check, with networkx as the oracle."""

from __future__ import annotations

from typing import Any

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.graph.checks import check_types
from kg.model import Edge, Intent, IntentId, IntentKind, ProductType, Relation, TypeId
from tests.parts.graph_shop import edge

TYPES = [ProductType(TypeId(name), name, "", 1, 0.5) for name in "abcde"]
INTENTS = [Intent(IntentId("i-dish"), "dish", IntentKind.DISH), Intent(IntentId("i-need"), "need", IntentKind.NEED)]
_ids = st.sampled_from(["a", "b", "c", "d", "e", "f", "i-dish", "i-need"])
_edges = st.lists(
    st.builds(
        lambda source, relation, target, confidence, rank, explanation: edge(
            source, relation, target, confidence=confidence, rank=rank, explanation=explanation
        ),
        _ids,
        st.sampled_from(list(Relation)),
        _ids,
        st.sampled_from([-0.1, 0.2, 0.5, 0.9, float("nan")]),
        st.integers(1, 4),
        st.sampled_from(["It fits.", "Other.", " "]),
    ),
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(edges=_edges, order=st.randoms(use_true_random=False))
def test_checked_graph_is_sound(edges: list[Edge], order: Any) -> None:
    """What stands breaks no law, nothing is lost, and the order of the edges does not matter."""
    check = check_types(edges, TYPES, INTENTS)
    kept = check.edges
    assert check.counts.balanced
    assert (check.counts.taken, check.counts.kept) == (len(edges), len(kept))
    names = [(each.relation, each.source_id, each.target_id) for each in kept]
    assert len(set(names)) == len(names)
    assert all(each.source_id != each.target_id for each in kept)
    pairs = {relation: {frozenset((a, b)) for r, a, b in names if r is relation} for relation in Relation}
    assert not pairs[Relation.SUBSTITUTES] & pairs[Relation.COMPLEMENTS]
    again = check_types(kept, TYPES, INTENTS)
    assert (again.edges, again.violations) == (kept, ())
    shuffled = list(edges)
    order.shuffle(shuffled)
    assert check_types(shuffled, TYPES, INTENTS) == check


@settings(max_examples=60, deadline=None)
@given(edges=_edges)
def test_shape_is_that_of_networkx(edges: list[Edge]) -> None:
    """Components and isolated types are those of the plain graph."""
    check = check_types(edges, TYPES, INTENTS)
    library: Any = nx
    graph = library.Graph([(each.source_id, each.target_id) for each in check.edges])
    parts = list(library.connected_components(graph))
    assert check.shape.components == len(parts)
    assert check.shape.largest == max(map(len, parts), default=0)
    assert check.shape.isolated == sum(1 for each in TYPES if each.id not in graph)
