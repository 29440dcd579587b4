"""Ask the graph: what satisfies an intent, what goes with, replaces or pairs with something, and why.

A key is an id, exactly as in the catalogue, or words. An id always wins. Words must name one thing clearly, else
the error lists what they might have meant.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kg.errors import Ambiguous, NotFound, StoreError
from kg.model import Level, NodeKind, Relation
from kg.store.answers import Answer, Hit, Match, Stats, Why, WhyEdge
from kg.store.driver import GraphStore, Row
from kg.store.words import COVERED, all_of, any_of, fit, near

__all__ = ["complements", "intent", "pairings", "resolve", "stats", "subject", "substitutes", "why"]

_INTENT, _TYPE, _PRODUCT = NodeKind.INTENT, NodeKind.TYPE, NodeKind.PRODUCT
_WORDS = {_INTENT: "intent", _TYPE: "type", _PRODUCT: "product"}
_CANDIDATES = 50
# Below it a match is only a suggestion. A name with every word asked for is never below it.
_ENOUGH = COVERED
# A runner-up of the same kind that is closer than this makes a key ambiguous, unless the best fits in every word.
_MARGIN = 0.1
_SHOWN = 5
# Question -> kind of the subject -> the files that may answer, the first with an answer wins.
_FILES: dict[Relation, dict[NodeKind, tuple[str, ...]]] = {
    Relation.SATISFIED_BY: {_INTENT: ("intent_products", "intent_types")},
    Relation.COMPLEMENTS: {_TYPE: ("complements_of_type",), _PRODUCT: ("complements_of_product",)},
    Relation.SUBSTITUTES: {_TYPE: ("substitutes_of_type",), _PRODUCT: ("substitutes_of_product",)},
    Relation.PAIRS_WITH: {
        _INTENT: ("pairings_of_intent", "pairings_of_intent_types"),
        _TYPE: ("pairings_of_type",),
        _PRODUCT: ("pairings_of_product",),
    },
}
_BY_THEME: dict[NodeKind, tuple[str, ...]] = {_INTENT: ("intent_products_by_theme", "intent_types_by_theme")}


def resolve(
    store: GraphStore, key: str, kinds: Sequence[NodeKind] = (_INTENT, _TYPE, _PRODUCT), k: int = 10
) -> tuple[Match, ...]:
    """Return what ``key`` may name, at most ``k``, best first; maybe none.

    Exact ids; else names with every word of ``key``; else names with some. Of equal fits the earlier of
    ``kinds`` comes first, then the heavier, then the smaller id.

    Raises:
        StoreError: nothing was ever loaded.
    """
    if found := _exact(store, key, kinds, k):
        return found
    if not store.read("read/current"):
        raise StoreError(f"{store.info().where} holds no graph yet", remedy="load one: kg build")
    return _by_words(store, key, all_of(key), kinds, k) or _by_words(store, key, any_of(key), kinds, k)


def subject(store: GraphStore, key: str, kinds: Sequence[NodeKind]) -> tuple[Match, tuple[Match, ...]]:
    """Return the one thing that ``key`` names, and what else it might have meant.

    Raises:
        Ambiguous: it names several things about equally well.
        NotFound: it names nothing.
    """
    found = resolve(store, key, kinds)
    if not found or found[0].score < _ENOUGH:
        raise _unknown(store, key, kinds, found)
    best, others = found[0], found[1:]
    if rivals := [other for other in others if _rivals(best, other)]:
        shown = _suggestions([best, *rivals])
        raise Ambiguous(f"{key!r} may mean {_listed(shown)}", suggestions=shown, remedy="name one by its id")
    return best, others


def intent(store: GraphStore, key: str, k: int = 10, contexts: Sequence[str] = (), *, by_theme: bool = False) -> Answer:
    """Return the ``k`` best products that satisfy an intent, or its product types when it has no products.

    ``contexts`` are the season, event and persona of the moment: only edges that hold in one of them, or always.
    ``by_theme``: with what goes well with it, heading by heading; what stands under none comes last.

    Raises:
        NotFound: no intent, or several, are called ``key``.
    """
    files = _BY_THEME if by_theme else None
    return _ask(store, key, Relation.SATISFIED_BY, {"k": k, "contexts": list(contexts)}, files)


def complements(store: GraphStore, key: str, k: int = 10, contexts: Sequence[str] = ()) -> Answer:
    """Return the ``k`` best complements of a product or product type; ``contexts`` as in :func:`intent`.

    Raises:
        NotFound: no product or type, or several, are called ``key``.
    """
    return _ask(store, key, Relation.COMPLEMENTS, {"k": k, "contexts": list(contexts)})


def substitutes(store: GraphStore, key: str, k: int = 10, contexts: Sequence[str] = ()) -> Answer:
    """Return the ``k`` best substitutes of a product or product type; ``contexts`` as in :func:`intent`.

    Raises:
        NotFound: no product or type, or several, are called ``key``.
    """
    return _ask(store, key, Relation.SUBSTITUTES, {"k": k, "contexts": list(contexts)})


def pairings(store: GraphStore, key: str, k: int = 10, contexts: Sequence[str] = ()) -> Answer:
    """Return what goes well with a dish, another intent, a product or a product type: the ``k`` best.

    ``contexts`` as in :func:`intent`.

    Raises:
        NotFound: nothing, or several things, are called ``key``.
    """
    return _ask(store, key, Relation.PAIRS_WITH, {"k": k, "contexts": list(contexts)})


def why(store: GraphStore, a: str, b: str) -> Why:
    """Return every edge between two keys, in both directions, and the type-level edges behind product-level ones.

    Two products without an edge of their own are answered by what is known of their types.

    Raises:
        NotFound: a key names nothing, or several things.
    """
    kinds = (_INTENT, _TYPE, _PRODUCT)
    left, right = subject(store, a, kinds)[0], subject(store, b, kinds)[0]
    edges = _between(store, (left.kind, left.id), (right.kind, right.id))
    behind = {(edge.relation, edge.source_kind, edge.via_source, edge.via_target) for edge in edges if edge.via_target}
    for relation, kind, source, target in sorted(behind):
        start = (kind if kind is _INTENT else _TYPE, source)
        edges += [edge for edge in _one_way(store, start, (_TYPE, target)) if edge.relation is relation]
    if not edges and (left.type_id or right.type_id):
        edges = _between(store, _as_type(left), _as_type(right))
    return Why(left, right, tuple(edges))


def stats(store: GraphStore) -> Stats:
    """Return what the graph holds, counted now, and the build it is named after."""
    counted = {row["kind"]: int(row["n"]) for row in store.read("lookup/stats")}
    current = next(iter(store.read("read/current")), None)
    meta: dict[str, Any] = {} if current is None else {**current, "counts": json.loads(current["counts"])}
    return Stats(
        build=str(meta.get("build", "")),
        nodes={kind: n for kind, n in counted.items() if "->" not in kind},
        edges={kind: n for kind, n in counted.items() if "->" in kind},
        meta=meta,
    )


def _ask(
    store: GraphStore,
    key: str,
    relation: Relation,
    wanted: Row,
    files: dict[NodeKind, tuple[str, ...]] | None = None,
) -> Answer:
    """Answer from the files of ``relation``, or others; ``wanted`` are their parameters but ``id``."""
    files = files or _FILES[relation]
    best, others = subject(store, key, tuple(files))
    answer = _first(store, files[best.kind], {**wanted, "id": best.id})
    via = None
    if answer is None and best.kind is _PRODUCT and (via := _type_of(store, best)):
        answer = _first(store, files[_TYPE], {**wanted, "id": via.id})
    level, hits = answer or (Level.PRODUCT if best.kind is not _TYPE else Level.TYPE, ())
    return Answer(best, relation, level, hits, via if hits else None, others)


def _first(store: GraphStore, files: Iterable[str], parameters: Row) -> tuple[Level, tuple[Hit, ...]] | None:
    for file in files:
        if rows := store.read(f"lookup/{file}", parameters):
            level = Level.TYPE if "_type" in file else Level.PRODUCT
            kind = _TYPE if level is Level.TYPE else _PRODUCT
            return level, tuple(_hit(row, kind) for row in rows)
    return None


def _hit(row: Row, kind: NodeKind) -> Hit:
    filled: Row = {name: value for name, value in row.items() if value is not None}
    filled["contexts"] = tuple(filled.get("contexts", ()))
    if "relation" in filled:
        filled["relation"] = Relation(filled["relation"])
    return Hit(kind=kind, **filled)


def _type_of(store: GraphStore, product: Match) -> Match | None:
    rows = store.read("lookup/type_of_product", {"id": product.id})
    return Match(rows[0]["id"], _TYPE, rows[0]["name"]) if rows else None


def _exact(store: GraphStore, key: str, kinds: Sequence[NodeKind], k: int) -> tuple[Match, ...]:
    found = [_match(row, 1.0, exact_id=True) for row in store.read("lookup/resolve_id", {"id": key})]
    return tuple(sorted((match for match in found if match.kind in kinds), key=_order(kinds))[:k])


def _by_words(store: GraphStore, key: str, query: str, kinds: Sequence[NodeKind], k: int) -> tuple[Match, ...]:
    if not query:
        return ()
    found: list[Match] = []
    for kind in kinds:
        rows = store.read(f"lookup/resolve_words_{_WORDS[kind]}", {"words": query, "k": max(k, _CANDIDATES)})
        found += [_match(row, fit(key, row["search"])) for row in rows]
    return tuple(sorted(found, key=_order(kinds))[:k])


def _order(kinds: Sequence[NodeKind]) -> Callable[[Match], tuple[float, int, float, str]]:
    def order(match: Match) -> tuple[float, int, float, str]:
        return (-match.score, kinds.index(match.kind), -match.weight, match.id)

    return order


def _match(row: Row, score: float, *, exact_id: bool = False) -> Match:
    return Match(
        id=row["id"],
        kind=NodeKind(row["kind"]),
        name=row["name"] or "",
        score=score,
        detail=row["detail"] or "",
        type_id=row["type_id"] or "",
        weight=float(row["weight"] or 0.0),
        exact_id=exact_id,
    )


def _rivals(best: Match, other: Match) -> bool:
    """Whether ``other`` is as good a reading as ``best``. Variants of one type of product are one reading."""
    if best.exact_id or other.kind is not best.kind:
        return False
    if best.kind is _PRODUCT and best.type_id and best.type_id == other.type_id:
        return False
    return other.score >= (1.0 if best.score >= 1.0 else best.score - _MARGIN) and other.score >= _ENOUGH


def _unknown(store: GraphStore, key: str, kinds: Sequence[NodeKind], found: Sequence[Match]) -> NotFound:
    shown = _suggestions(found or _by_words(store, key, near(key), kinds, _SHOWN))
    wanted = ", ".join(_called(kind) for kind in kinds)
    remedy = f"did you mean {_listed(shown)}?" if shown else "look ids up in the catalogue"
    return NotFound(f"nothing here is called {key!r} ({wanted})", suggestions=shown, remedy=remedy)


def _called(kind: NodeKind) -> str:
    return {_INTENT: "intents", _TYPE: "product types", _PRODUCT: "products"}[kind]


def _suggestions(found: Iterable[Match]) -> list[tuple[str, str]]:
    return [(match.id, match.name) for match in found][:_SHOWN]


def _listed(shown: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name} ({key})" for key, name in shown)


def _as_type(match: Match) -> tuple[NodeKind, str]:
    return (_TYPE, match.type_id) if match.kind is _PRODUCT else (match.kind, match.id)


def _between(store: GraphStore, a: tuple[NodeKind, str], b: tuple[NodeKind, str]) -> list[WhyEdge]:
    return _one_way(store, a, b) + _one_way(store, b, a)


def _one_way(store: GraphStore, a: tuple[NodeKind, str], b: tuple[NodeKind, str]) -> list[WhyEdge]:
    rows = store.read("lookup/why", {"a": a[1], "b": b[1]})
    edges = [_why_edge(row) for row in rows]
    fitting = (edge for edge in edges if (edge.source_kind, edge.target_kind) == (a[0], b[0]))
    return sorted(fitting, key=lambda edge: (edge.relation, edge.rank))


def _why_edge(row: Row) -> WhyEdge:
    props: Row = {"lift": None, **row["props"]}
    values: Row = {name: props[name] for name in WhyEdge.__slots__ if name in props}
    values["contexts"] = tuple(props.get("contexts", ()))
    values |= {name: row[name] or "" for name in ("source_id", "source_name", "target_id", "target_name")}
    target = NodeKind(row["target_kind"])
    return WhyEdge(
        relation=Relation(row["relation"]),
        level=Level.PRODUCT if target is _PRODUCT else Level.TYPE,
        source_kind=NodeKind(row["source_kind"]),
        target_kind=target,
        **values,
    )
