"""What a key names: an id, exactly as in the catalogue, or words. An id always wins.

Words are looked for in names first; what is named by none of them well enough is looked for by meaning, which only
ever suggests. Words must name one thing clearly, else the error lists what they might have meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from kg.errors import Ambiguous, NotFound, StoreError
from kg.model import NodeKind
from kg.store.answers import Match
from kg.store.asking.requests import Question, Read, read, work
from kg.store.asking.rows import match
from kg.store.words import COVERED, all_of, any_of, embedding, fit, likeness, near

__all__ = ["exact", "known", "resolve", "subject"]

_INTENT, _TYPE, _PRODUCT = NodeKind.INTENT, NodeKind.TYPE, NodeKind.PRODUCT
_ALL = (_INTENT, _TYPE, _PRODUCT)
_WORDS = {_INTENT: "intent", _TYPE: "type", _PRODUCT: "product"}
_CALLED = {_INTENT: "intents", _TYPE: "product types", _PRODUCT: "products"}
_CANDIDATES = 50
# Below it a match is only a suggestion. A name with every word asked for is never below it.
_ENOUGH = COVERED
# A runner-up of the same kind that is closer than this makes a key ambiguous, unless the best fits in every word.
_MARGIN = 0.1
_SHOWN = 5


def resolve(key: str, kinds: Sequence[NodeKind] = _ALL, k: int = 10) -> Question[tuple[Match, ...]]:
    """Return what ``key`` may name, at most ``k``, best first; maybe none.

    Exact ids; else names with every word of ``key``; else names with some, and what means about the same, which is
    never scored as high as a name with every word. Of equal fits the earlier of ``kinds`` comes first, then the
    heavier, then the smaller id.

    Raises:
        StoreError: nothing was ever loaded.
    """
    if found := (yield from exact(key, kinds)):
        return found[:k]
    rows = yield Read("read/current")
    if not rows or rows[0]["generation"] is None:
        raise StoreError("this database holds no graph yet", remedy="load one: kg build")
    found = yield from _by_words(key, all_of(key), kinds, k)
    found = found or (yield from _by_words(key, any_of(key), kinds, k))
    if found and found[0].score >= _ENOUGH:
        return found
    return _best((*found, *(yield from _by_meaning(key, kinds, k))), kinds)[:k]


def subject(key: str, kinds: Sequence[NodeKind]) -> Question[tuple[Match, tuple[Match, ...]]]:
    """Return the one thing that ``key`` names, and what else it might have meant.

    Raises:
        Ambiguous: it names several things about equally well.
        NotFound: it names nothing.
    """
    found = yield from resolve(key, kinds)
    if not found or found[0].score < _ENOUGH:
        raise (yield from _unknown(key, kinds, found))
    best, others = found[0], found[1:]
    if rivals := [other for other in others if _rivals(best, other)]:
        shown = _suggestions([best, *rivals])
        raise Ambiguous(f"{key!r} may mean {_listed(shown)}", suggestions=shown, remedy="name one by its id")
    return best, others


def known(key: str, kind: NodeKind) -> Question[Match]:
    """Return what has the id ``key``.

    Raises:
        NotFound: nothing of that kind has.
    """
    if found := (yield from exact(key, (kind,))):
        return found[0]
    remedy = "look ids up in the catalogue, or leave the kind out to ask by words"
    raise NotFound(f"there is no {kind} with the id {key!r}", remedy=remedy)


def exact(key: str, kinds: Sequence[NodeKind]) -> Question[tuple[Match, ...]]:
    """Return what has the id ``key``, in the order of ``kinds``."""
    rows = yield from read("resolve_id", id=key)
    return _best([match(row, 1.0, exact_id=True) for row in rows], kinds)


def _by_words(key: str, query: str, kinds: Sequence[NodeKind], k: int) -> Question[tuple[Match, ...]]:
    found: list[Match] = []
    for kind in kinds if query else ():
        rows = yield from read(f"resolve_words_{_WORDS[kind]}", words=query, k=max(k, _CANDIDATES))
        found += [match(row, fit(key, row["search"])) for row in rows]
    return _best(found, kinds)[:k]


def _by_meaning(key: str, kinds: Sequence[NodeKind], k: int) -> Question[tuple[Match, ...]]:
    """Products have no embeddings: there are too many, and their type is what they mean."""
    asked = [kind for kind in kinds if kind is not _PRODUCT]
    vector = (yield from work(lambda: embedding(key))) if asked else None
    found: list[Match] = []
    for kind in asked if vector else ():
        rows = yield from read(f"resolve_vector_{_WORDS[kind]}", embedding=vector, k=max(k, _CANDIDATES))
        found += [match(row, score) for row in rows if (score := likeness(row["similarity"]))]
    return _best(found, kinds)[:k]


def _best(found: Iterable[Match], kinds: Sequence[NodeKind]) -> tuple[Match, ...]:
    """Return those of ``kinds`` in order, each once with its best score."""
    seen: dict[tuple[NodeKind, str], Match] = {}
    for each in sorted((each for each in found if each.kind in kinds), key=_order(kinds)):
        seen.setdefault((each.kind, each.id), each)
    return tuple(seen.values())


def _order(kinds: Sequence[NodeKind]) -> Callable[[Match], tuple[float, int, float, str]]:
    def order(match: Match) -> tuple[float, int, float, str]:
        return (-match.score, kinds.index(match.kind), -match.weight, match.id)

    return order


def _rivals(best: Match, other: Match) -> bool:
    """Whether ``other`` is as good a reading as ``best``. Variants of one type of product are one reading."""
    if best.exact_id or other.kind is not best.kind:
        return False
    if best.kind is _PRODUCT and best.type_id and best.type_id == other.type_id:
        return False
    return other.score >= (1.0 if best.score >= 1.0 else best.score - _MARGIN) and other.score >= _ENOUGH


def _unknown(key: str, kinds: Sequence[NodeKind], found: Sequence[Match]) -> Question[NotFound]:
    spelled = yield from _by_words(key, near(key), kinds, _SHOWN)
    shown = _suggestions((*spelled, *found))
    wanted = ", ".join(_CALLED[kind] for kind in kinds)
    remedy = f"did you mean {_listed(shown)}?" if shown else "look ids up in the catalogue"
    return NotFound(f"nothing here is called {key!r} ({wanted})", suggestions=shown, remedy=remedy)


def _suggestions(found: Iterable[Match]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((match.id, match.name) for match in found))[:_SHOWN]


def _listed(shown: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name} ({key})" for key, name in shown)
