"""The questions, each written once: what to read, and what the answer is.

A key is an id or words. It is taken for an id first, so that who has one pays for one round trip; only what has no
answer by its id is resolved (see :mod:`kg.store.asking.naming`). ``kind`` says that the key is an id of that kind.
``contexts`` are the season, event and persona of the moment: only edges that hold in one of them, or always.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg.model import Level, NodeKind, Relation
from kg.store.answers import Answer, Cart, Hit, Match, Neighbourhood, Stats
from kg.store.asking import rows as records
from kg.store.asking.keeping import stand_ins as shipped_stand_ins
from kg.store.asking.naming import known, subject
from kg.store.asking.requests import Question, Read, read, work
from kg.store.driver import Row

__all__ = [
    "complements", "complements_of_cart", "intent", "neighbourhood", "pairings", "stats", "substitutes",
    "substitutes_in_stock",
]  # fmt: skip

_INTENT, _TYPE, _PRODUCT = NodeKind.INTENT, NodeKind.TYPE, NodeKind.PRODUCT


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which files answer for a subject of a kind, the first with an answer; ids are tried as the first kind's.

    ``by_type``: a product without an answer of its own is answered by its type. Words are resolved in the order of
    ``spoken``: who says "salsa" means the type.
    """

    relation: Relation
    files: Mapping[NodeKind, tuple[str, ...]]
    spoken: tuple[NodeKind, ...]
    by_type: bool = True


_SATISFIES = _Plan(Relation.SATISFIED_BY, {_INTENT: ("intent_products", "intent_types")}, (_INTENT,))
_THEMES = _Plan(Relation.SATISFIED_BY, {_INTENT: ("intent_products_by_theme", "intent_types_by_theme")}, (_INTENT,))
_COMPLEMENTS = _Plan(
    Relation.COMPLEMENTS,
    {_PRODUCT: ("complements_of_product",), _TYPE: ("complements_of_type",)},
    (_TYPE, _PRODUCT),
)
_SUBSTITUTES = _Plan(
    Relation.SUBSTITUTES,
    {_PRODUCT: ("substitutes_of_product",), _TYPE: ("substitutes_of_type",)},
    (_TYPE, _PRODUCT),
)
_IN_STOCK = _Plan(Relation.SUBSTITUTES, {_PRODUCT: ("substitutes_in_stock",)}, (_PRODUCT,), by_type=False)
_PAIRINGS = _Plan(
    Relation.PAIRS_WITH,
    {
        _PRODUCT: ("pairings_of_product",),
        _INTENT: ("pairings_of_intent", "pairings_of_intent_types"),
        _TYPE: ("pairings_of_type",),
    },
    (_INTENT, _TYPE, _PRODUCT),
)


def intent(key: str, k: int = 10, contexts: Sequence[str] = (), *, by_theme: bool = False) -> Question[Answer]:
    """Return the ``k`` best products that satisfy an intent, or its product types when it has no products.

    ``contexts`` are the season, event and persona of the moment: only edges that hold in one of them, or always.
    ``by_theme``: with what goes well with it, heading by heading; what stands under none comes last.

    Raises:
        NotFound: no intent, or several, are called ``key``.
    """
    return _ask(_THEMES if by_theme else _SATISFIES, key, None, {"k": k, "contexts": list(contexts)})


def complements(
    key: str, k: int = 10, contexts: Sequence[str] = (), *, kind: NodeKind | None = None
) -> Question[Answer]:
    """Return the ``k`` best complements of a product or product type; ``contexts`` as in :func:`intent`.

    ``kind``: the key is an id of it, and no words. A product without any is answered by its type.

    Raises:
        NotFound: no product or type, or several, are called ``key``.
    """
    return _ask(_COMPLEMENTS, key, kind, {"k": k, "contexts": list(contexts)})


def substitutes(
    key: str, k: int = 10, contexts: Sequence[str] = (), *, kind: NodeKind | None = None
) -> Question[Answer]:
    """Return the ``k`` best substitutes of a product or product type; the rest as in :func:`complements`.

    Raises:
        NotFound: no product or type, or several, are called ``key``.
    """
    return _ask(_SUBSTITUTES, key, kind, {"k": k, "contexts": list(contexts)})


def pairings(key: str, k: int = 10, contexts: Sequence[str] = (), *, kind: NodeKind | None = None) -> Question[Answer]:
    """Return what goes well with a dish, another intent, a product or a product type: the ``k`` best.

    The rest as in :func:`complements`.

    Raises:
        NotFound: nothing, or several things, are called ``key``.
    """
    return _ask(_PAIRINGS, key, kind, {"k": k, "contexts": list(contexts)})


def substitutes_in_stock(
    key: str, k: int = 10, contexts: Sequence[str] = (), *, stand_ins: Sequence[str] | None = None
) -> Question[Answer]:
    """Return the ``k`` best substitutes of a product that are in stock and keep its diets and audience.

    Each says what changes. ``stand_ins``: which diets and audiences will do for another, from :func:`stand_ins` of the
    shop's vocabulary; by default of the shipped one. ``contexts`` as in :func:`intent`.

    Raises:
        NotFound: no product, or several, are called ``key``.
    """
    chosen = (yield from work(shipped_stand_ins)) if stand_ins is None else stand_ins
    wanted = {"k": k, "contexts": list(contexts), "stand_ins": list(chosen)}
    return (yield from _ask(_IN_STOCK, key, None, wanted))


def complements_of_cart(
    ids: Sequence[str], k: int = 10, contexts: Sequence[str] = (), *, per_type: int = 2
) -> Question[Cart]:
    """Return the ``k`` best products to offer with a cart: first what most of its products want, then the surest.

    ``ids`` are products' ids; those of no product do nothing. Left out is what is in the cart, its variants and what
    can stand in for it; of one product type there are ``per_type`` at most. ``contexts`` as in :func:`intent`.
    """
    chosen = list(dict.fromkeys(ids))
    found = yield from read("complements_of_cart", ids=chosen, k=k, contexts=list(contexts), per_type=per_type)
    return Cart(tuple(chosen), tuple(map(records.cart_hit, found)))


def neighbourhood(key: str, k: int = 10, contexts: Sequence[str] = ()) -> Question[Neighbourhood]:
    """Return what a product's page shows: ``k`` each of complements, substitutes, pairings, intents; and its type.

    ``contexts`` as in :func:`intent`.

    Raises:
        NotFound: no product, or several, are called ``key``.
    """
    found = yield from read("neighbourhood", id=key, k=k, contexts=list(contexts))
    if not found:
        best, _ = yield from subject(key, (_PRODUCT,))
        found = yield from read("neighbourhood", id=best.id, k=k, contexts=list(contexts))
    return records.neighbourhood(found[0])


def stats() -> Question[Stats]:
    """Return what the served build shows, counted now, and what the graph says of itself."""
    counted = {row["kind"]: int(row["n"]) for row in (yield from read("stats"))}
    current = next(iter((yield Read("read/current"))), None)
    meta: dict[str, Any] = {} if current is None else {**current, "counts": json.loads(current["counts"])}
    return Stats(
        build=str(meta.get("build", "")),
        nodes={kind: n for kind, n in counted.items() if "->" not in kind},
        edges={kind: n for kind, n in counted.items() if "->" in kind},
        meta=meta,
    )


def _ask(plan: _Plan, key: str, kind: NodeKind | None, wanted: Row) -> Question[Answer]:
    """Answer from the files of ``plan``; ``wanted`` are their parameters but ``id``."""
    first = kind or next(iter(plan.files))
    if found := (yield from _first(plan.files.get(first, ()), {**wanted, "id": key})):
        return Answer(Match(key, first, found.subject, exact_id=True), plan.relation, found.level, found.hits)
    if kind is None:
        best, others = yield from subject(key, plan.spoken)
    else:
        best, others = (yield from known(key, kind)), ()
    # What was asked for by this very id just now has no answer.
    if (best.kind, best.id) != (first, key):
        found = yield from _first(plan.files[best.kind], {**wanted, "id": best.id})
    via = None
    if found is None and best.kind is _PRODUCT and plan.by_type and (via := (yield from _type_of(best))):
        found = yield from _first(plan.files[_TYPE], {**wanted, "id": via.id})
    if found is None:
        return Answer(best, plan.relation, Level.TYPE if best.kind is _TYPE else Level.PRODUCT, (), None, others)
    return Answer(best, plan.relation, found.level, found.hits, via, others)


@dataclass(frozen=True, slots=True)
class _Found:
    subject: str
    level: Level
    hits: tuple[Hit, ...]


def _first(files: Iterable[str], parameters: Row) -> Question[_Found | None]:
    for file in files:
        if found := (yield from read(file, **parameters)):
            level = Level.TYPE if "_type" in file else Level.PRODUCT
            kind = _TYPE if level is Level.TYPE else _PRODUCT
            return _Found(found[0]["subject"], level, tuple(records.hit(row, kind) for row in found))
    return None


def _type_of(product: Match) -> Question[Match | None]:
    found = yield from read("type_of_product", id=product.id)
    return Match(found[0]["id"], _TYPE, found[0]["name"]) if found else None
