"""From the words of the decisions file to edges of this catalogue, and what could not be carried out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kg.curation.claims import EdgeKey, Node, allowed_start, kind_of
from kg.model import Decision, DecisionAction, Failure, Intent, ProductType, Relation
from kg.text import key

__all__ = ["Book", "resolve", "warning"]

_RIVAL = {Relation.COMPLEMENTS: Relation.SUBSTITUTES, Relation.SUBSTITUTES: Relation.COMPLEMENTS}


@dataclass(slots=True)
class Book:
    """The decisions that hold, by edge, with the two ends each means; and what became of the others."""

    holding: dict[EdgeKey, Decision] = field(default_factory=dict[EdgeKey, Decision])
    ends: dict[EdgeKey, tuple[Node, ProductType]] = field(default_factory=dict[EdgeKey, tuple[Node, ProductType]])
    warnings: list[Failure] = field(default_factory=list[Failure])
    superseded: int = 0
    unknown: int = 0


def resolve(decisions: Iterable[Decision], types: Sequence[ProductType], intents: Sequence[Intent]) -> Book:
    """Return which edge each decision is about.

    An id is taken before a name, a name before an alias; names are compared under :func:`kg.text.key`. Of two
    decisions on one edge, and of two that want one pair as substitute and as complement, the later in the
    file holds. What names something unknown, ambiguous or forbidden becomes a warning.
    """
    book = Book()
    index = _Index((*intents, *types))
    for decision in sorted(decisions, key=lambda each: each.line):
        starts = index.find(decision.subject, decision.relation)
        targets = [node for node in index.find(decision.target, None) if isinstance(node, ProductType)]
        if (reason := _unusable(decision, starts, targets)) is not None:
            book.unknown += 1
            book.warnings.append(warning(decision, "unknown", reason))
            continue
        start, target = starts[0], targets[0]
        edge = (decision.relation, kind_of(start), start.id, target.id)
        for rival in (edge, *_rivals(edge, decision)):
            _supersede(book, rival, edge, decision)
        book.holding[edge] = decision
        book.ends[edge] = (start, target)
    return book


def warning(decision: Decision, reason: str, detail: str) -> Failure:
    """Return the record that a decision could not be carried out as it stands."""
    what = f"{decision.action.value} {decision.subject!r} {decision.relation.value} {decision.target!r}"
    return Failure(stage="curate", item=f"decision:{decision.line}", reason=reason, detail=f"{what}: {detail}")


class _Index:
    """Nodes by id, by name and by alias, in this order of precedence."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.levels: tuple[dict[str, list[Node]], ...] = ({}, {}, {})
        for node in nodes:
            ids, names, aliases = self.levels
            ids.setdefault(node.id, []).append(node)
            names.setdefault(key(node.name), []).append(node)
            if isinstance(node, ProductType):
                for alias in {key(alias) for alias in node.aliases}:
                    aliases.setdefault(alias, []).append(node)

    def find(self, words: str, relation: Relation | None) -> list[Node]:
        """Return what ``words`` may mean: a start of ``relation``, or (``None``) a product type."""
        for level, wanted in zip(self.levels, (words, key(words), key(words)), strict=True):
            found = [node for node in level.get(wanted, []) if _fits(node, relation)]
            if found and wanted:
                return found
        return []


def _fits(node: Node, relation: Relation | None) -> bool:
    return isinstance(node, ProductType) if relation is None else allowed_start(relation, node)


def _rivals(edge: EdgeKey, decision: Decision) -> list[EdgeKey]:
    """Return the edges that cannot be wanted beside this one: the clashing relation, in both directions."""
    relation, kind, source, target = edge
    if relation not in _RIVAL or decision.action is DecisionAction.REJECT:
        return []
    return [(_RIVAL[relation], kind, source, target), (_RIVAL[relation], kind, target, source)]


def _supersede(book: Book, rival: EdgeKey, edge: EdgeKey, by: Decision) -> None:
    earlier = book.holding.get(rival)
    if earlier is None or (rival != edge and earlier.action is DecisionAction.REJECT):
        return
    del book.holding[rival], book.ends[rival]
    book.superseded += 1
    holds = f"line {by.line} decides the same pair ({by.action.value} as {by.relation.value}) and holds"
    book.warnings.append(warning(earlier, "superseded", holds))


def _unusable(decision: Decision, starts: Sequence[Node], targets: Sequence[ProductType]) -> str | None:
    """Return why the decision is about no edge, or ``None``."""
    ends = (("subject", decision.subject, starts), ("target", decision.target, targets))
    for what, name, found in ends:
        if not found:
            return (
                f"the catalogue has no {what} {name!r} that {decision.relation.value} may join; "
                "write a name or an id of product_types.jsonl or intents.jsonl"
            )
        if len(found) > 1:
            return f"{what} {name!r} may mean {', '.join(repr(node.id) for node in found[:5])}; write the id"
    if isinstance(starts[0], ProductType) and starts[0].id == targets[0].id:
        return "subject and target are the same product type"
    return None
