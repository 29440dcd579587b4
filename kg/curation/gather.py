"""Bring statements, links, catalogue and human decisions together into claims that the rules can judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kg.curation.claims import Claim, EdgeKey, Node, PairKey, Scores, edge_key, kind_of, pair_key
from kg.curation.critic import score
from kg.curation.options import CurationOptions
from kg.curation.resolve import Book, resolve, warning
from kg.curation.result import DecisionCounts
from kg.model import (
    Decision,
    DecisionAction,
    Evidence,
    Failure,
    Intent,
    Link,
    NodeKind,
    ProductType,
    Provenance,
    Relation,
    Statement,
    TypeSupport,
)
from kg.records import digest, to_json

__all__ = ["Catalogue", "CurationContext", "Gathered", "gather"]

_KNOWLEDGE = frozenset({Relation.SATISFIED_BY, Relation.COMPLEMENTS, Relation.SUBSTITUTES, Relation.PAIRS_WITH})
_SURE = Scores(1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class CurationContext:
    """Everything besides statements and links that curation looks at.

    ``examples`` are the mentions and the reasons that stand as examples in the prompts, to notice a leak.
    """

    types: Sequence[ProductType] = ()
    intents: Sequence[Intent] = ()
    support: Sequence[TypeSupport] = ()
    decisions: Sequence[Decision] = ()
    options: CurationOptions = field(default_factory=CurationOptions)
    examples: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The nodes by id, and engagement by unordered pair."""

    types: Mapping[str, ProductType]
    intents: Mapping[str, Intent]
    support: Mapping[PairKey, TypeSupport]

    @classmethod
    def of(cls, context: CurationContext) -> Catalogue:
        """Return the context, indexed."""
        return cls(
            {node.id: node for node in context.types},
            {node.id: node for node in context.intents},
            {pair_key(each.a, each.b): each for each in context.support},
        )

    def subject(self, statement: Statement) -> Node | None:
        """Return the node that the statement is about."""
        if statement.subject_kind is NodeKind.INTENT:
            return self.intents.get(statement.subject_id)
        return self.types.get(statement.subject_id) if statement.subject_kind is NodeKind.TYPE else None

    def engagement(self, subject: Node, target: ProductType | None) -> TypeSupport | None:
        """Return how often two types were bought together; intents are not bought."""
        if target is None or not isinstance(subject, ProductType):
            return None
        return self.support.get(pair_key(subject.id, target.id))


@dataclass(slots=True)
class Gathered:
    """The claims in a fixed order, the statements that cannot be judged, and what became of the decisions."""

    taken: int = 0
    claims: list[Claim] = field(default_factory=list[Claim])
    failures: list[Failure] = field(default_factory=list[Failure])
    warnings: list[Failure] = field(default_factory=list[Failure])
    decisions: DecisionCounts = field(default_factory=DecisionCounts)


def gather(
    statements: Iterable[Statement],
    links: Mapping[str, Link],
    context: CurationContext,
    progress: Callable[[int], None] | None = None,
) -> Gathered:
    """Return the claims of ``statements`` and those that people make, each with the decision on it."""
    catalogue = Catalogue.of(context)
    book = resolve(context.decisions, context.types, context.intents)
    out = Gathered(warnings=book.warnings)
    seen: set[str] = set()
    for statement in sorted(statements, key=lambda each: (each.id, to_json(each))):
        out.taken += 1
        claim = _claim(statement, links.get(statement.id), catalogue, context.options)
        if statement.id in seen:
            claim = _failure(statement, "a statement with this id was already read")
        seen.add(statement.id)
        if isinstance(claim, Failure):
            out.failures.append(claim)
        else:
            out.claims.append(replace(claim, decision=book.holding.get(edge_key(claim))))
        if progress is not None:
            progress(1)
    _decide(out, book, len(context.decisions))
    return out


def _claim(statement: Statement, link: Link | None, catalogue: Catalogue, options: CurationOptions) -> Claim | Failure:
    """Return the statement as a claim, or why it cannot be judged."""
    if statement.relation not in _KNOWLEDGE:
        return _failure(statement, f"{statement.relation.value} is not a relation that models state")
    if link is None:
        return _failure(statement, "no link; run the link stage again")
    subject = catalogue.subject(statement)
    if subject is None:
        return _failure(statement, f"unknown subject {statement.subject_id!r}; run the stages from catalog again")
    target = None if link.target_id is None else catalogue.types.get(link.target_id)
    if target is None and link.target_id is not None:
        return _failure(statement, f"unknown target {link.target_id!r}; run the link stage again")
    scores = score(statement, link, catalogue.engagement(subject, target), options.scoring)
    return _between(subject, target, Claim(_supported(statement, subject, target, catalogue), link, scores))


def _between(subject: Node, target: ProductType | None, claim: Claim) -> Claim:
    intent = subject if isinstance(subject, Intent) else None
    subject_type = subject if isinstance(subject, ProductType) else None
    return replace(claim, intent=intent, subject_type=subject_type, target=target)


def _supported(statement: Statement, subject: Node, target: ProductType | None, catalogue: Catalogue) -> Statement:
    """Write engagement into the statement's evidence, where every edge keeps it."""
    support = catalogue.engagement(subject, target)
    if support is None:
        return statement
    return replace(statement, evidence=replace(statement.evidence, lift=support.lift, pairs=support.pairs))


def _failure(statement: Statement, reason: str) -> Failure:
    return Failure(
        stage="curate",
        item=statement.id,
        reason=reason,
        detail=f"{statement.subject!r}: {statement.mention!r}",
    )


def _decide(out: Gathered, book: Book, read: int) -> None:
    """Make the claims that only people make, and account for every decision."""
    met = {edge_key(claim) for claim in out.claims if claim.decision is not None}
    unmatched = created = 0
    for edge, decision in book.holding.items():
        if edge in met:
            continue
        if decision.action is DecisionAction.REJECT or not decision.explanation:
            unmatched += 1
            out.warnings.append(warning(decision, "unmatched", _why_unmatched(decision)))
            continue
        created += 1
        out.taken += 1
        out.claims.append(_human_claim(edge, decision, *book.ends[edge]))
    applied = len(book.holding) - unmatched
    out.decisions = DecisionCounts(read, applied, book.superseded, unmatched, book.unknown, created)


def _why_unmatched(decision: Decision) -> str:
    if decision.action is DecisionAction.REJECT:
        return "nobody proposes this; the line stays in force"
    return "nobody proposes this; write an explanation on the line to make the edge"


def _human_claim(edge: EdgeKey, decision: Decision, subject: Node, target: ProductType) -> Claim:
    """Return a claim that no model made. A person's word counts as certain."""
    statement = Statement(
        id=f"human-{digest(*edge)[:16]}",
        relation=edge[0],
        subject_kind=kind_of(subject),
        subject_id=subject.id,
        subject=subject.name,
        mention=target.name,
        rank=1,
        provenance=Provenance(model="human", prompt_hash=""),
        explanation=decision.explanation,
        plausibility=1.0,
        typicality=1.0,
        evidence=Evidence(samples=0, agreed=0, reviewer=decision.who),  # no model was asked
    )
    link = Link(target.name, NodeKind.TYPE, target.id, 1.0, reason="named by a person")
    return _between(subject, target, Claim(statement, link, _SURE, decision=decision))
