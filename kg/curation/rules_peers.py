"""Rules on how a claim stands among the other claims that are still alive."""

from __future__ import annotations

from kg.curation.claims import Claim, Finding, RuleContext, edge_key, pair_key
from kg.model import Relation, VerdictKind

__all__ = ["duplicate", "max_per_subject", "relation_clash"]

_CLASHING = frozenset({Relation.COMPLEMENTS, Relation.SUBSTITUTES})


def duplicate(claim: Claim, context: RuleContext) -> Finding | None:
    """No better claim leads to the same edge; its evidence is merged into the better one."""
    best = context.peers.best.get(edge_key(claim), claim.id)
    if best != claim.id:
        return Finding(VerdictKind.DROP, f"the same edge as statement {best}, which is better")
    return None


def relation_clash(claim: Claim, context: RuleContext) -> Finding | None:
    """A pair is never both substitute and complement, in either direction; the stronger claim holds."""
    relation = claim.statement.relation
    if relation not in _CLASHING or claim.subject_type is None or claim.target is None:
        return None
    holds = context.peers.stronger.get(pair_key(claim.subject_type.id, claim.target.id), relation)
    if holds is not relation:
        return Finding(VerdictKind.DROP, f"the pair is rather {holds.value}")
    return None


def max_per_subject(claim: Claim, context: RuleContext) -> Finding | None:
    """The subject does not have more edges of this relation than anybody looks at."""
    most = context.options.max_per_subject
    if not claim.forced and context.peers.place.get(claim.id, 0) > most:
        return Finding(VerdictKind.REVIEW, f"beyond the best {most} of its subject")
    return None
