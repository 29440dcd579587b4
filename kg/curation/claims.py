"""What the rules look at: a claim, what is known around it, and what a rule may find."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from kg.curation.options import CurationOptions
from kg.model import (
    Decision,
    DecisionAction,
    Intent,
    IntentKind,
    Link,
    NodeKind,
    ProductType,
    Relation,
    Statement,
    VerdictKind,
)
from kg.text import clean, key

__all__ = [
    "Claim",
    "EdgeKey",
    "Finding",
    "Node",
    "PairKey",
    "Peers",
    "RuleContext",
    "Scores",
    "allowed_start",
    "compiled",
    "edge_key",
    "folded",
    "has_phrase",
    "kind_of",
    "pair_key",
    "skeleton",
    "word_set",
    "words",
]

EdgeKey = tuple[Relation, NodeKind, str, str]
PairKey = tuple[str, str]
Node = Intent | ProductType
_LOOKED_AT = 2_000  # characters of a text that rules look at; a longer one is refused for its length anyway


@dataclass(frozen=True, slots=True)
class Scores:
    """Calibrated probabilities in 0..1, rounded to six digits so that machines agree."""

    plausibility: float
    typicality: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement with its link, its two ends in the catalogue, its scores and a person's word on it.

    Exactly one of ``intent`` and ``subject_type`` is set; ``target`` is ``None`` for NIL.
    """

    statement: Statement
    link: Link
    scores: Scores
    intent: Intent | None = None
    subject_type: ProductType | None = None
    target: ProductType | None = None
    decision: Decision | None = None

    @property
    def id(self) -> str:
        """The statement's id."""
        return self.statement.id

    @property
    def forced(self) -> bool:
        """Whether a person wants this claim in the graph."""
        return self.decision is not None and self.decision.action is not DecisionAction.REJECT

    @property
    def explanation(self) -> str:
        """The sentence to show: the person's, if there is one, else the model's, cleaned."""
        if self.decision is not None and self.decision.explanation:
            return _shown(self.decision.explanation)
        return _shown(self.statement.explanation)

    @property
    def subject_name(self) -> str:
        """The subject's name in the catalogue."""
        node = self.subject_type or self.intent
        return self.statement.subject if node is None else node.name

    @property
    def target_name(self) -> str:
        """The target's name in the catalogue; the mention, for NIL."""
        return self.statement.mention if self.target is None else self.target.name


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a claim must not simply be kept. ``verdict`` is REVIEW or DROP."""

    verdict: VerdictKind
    reason: str


@dataclass(frozen=True, slots=True)
class Peers:
    """How a claim stands among the claims that are still alive.

    ``best`` maps an edge to the id of its best claim, ``stronger`` an unordered pair of types that is both
    substitute and complement to the relation that holds, ``place`` a claim's id to its 1-based rank among the
    kept claims of its subject and relation.
    """

    best: Mapping[EdgeKey, str] = field(default_factory=dict[EdgeKey, str])
    stronger: Mapping[PairKey, Relation] = field(default_factory=dict[PairKey, Relation])
    place: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class RuleContext:
    """What a rule may know beyond its claim.

    ``type_names`` maps the key of each type's name to its id; ``copies`` counts the distinct targets of an
    explanation's skeleton, for one subject and relation and (with ``None``) over the whole build;
    ``examples`` are keys of mentions and skeletons of reasons that stand in the prompts.
    """

    options: CurationOptions = field(default_factory=CurationOptions)
    type_names: Mapping[str, str] = field(default_factory=dict[str, str])
    copies: Mapping[tuple[tuple[Relation, str] | None, str], int] = field(
        default_factory=dict[tuple[tuple[Relation, str] | None, str], int]
    )
    examples: frozenset[str] = frozenset()
    peers: Peers = Peers()


def edge_key(claim: Claim) -> EdgeKey:
    """Return what makes an edge one edge; NIL has an empty target."""
    statement = claim.statement
    return (
        statement.relation,
        statement.subject_kind,
        statement.subject_id,
        claim.target.id if claim.target else "",
    )


def pair_key(left: str, right: str) -> PairKey:
    """Return an unordered pair of type ids."""
    return (left, right) if left <= right else (right, left)


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a configured pattern, compiled once; the settings have checked that it is one."""
    return re.compile(pattern)


@lru_cache(maxsize=65_536)
def words(text: str) -> tuple[str, ...]:
    """Return the singular normalised words of ``text`` (its first 2,000 characters)."""
    return tuple(key(text[:_LOOKED_AT]).split())


@lru_cache(maxsize=16_384)
def folded(text: str) -> str:
    """Return ``text`` as patterns see it: compatibility forms and case folded, invisible characters gone."""
    return clean(unicodedata.normalize("NFKC", clean(text[:_LOOKED_AT]))).casefold()


def has_phrase(text: str, phrase: str) -> bool:
    """Return whether the words of ``phrase`` stand in ``text`` side by side, under :func:`kg.text.key`."""
    wanted = _spaced(phrase)
    return len(wanted) > 2 and wanted in _spaced(text)


@lru_cache(maxsize=65_536)
def _spaced(text: str) -> str:
    return f" {' '.join(words(text))} "


_shown = lru_cache(maxsize=65_536)(clean)


@lru_cache(maxsize=256)
def word_set(listed: tuple[str, ...]) -> frozenset[str]:
    """Return a configured list of words as :func:`words` gives them, so that "always" meets "always"."""
    return frozenset(word for entry in listed for word in words(entry))


_GAP = re.compile(r"(?:\* ?)+")


def skeleton(explanation: str, *names: str) -> str:
    """Return ``explanation`` with the words of ``names`` as one star: equal for copied reasons."""
    own = {word for name in names for word in words(name)}
    return _GAP.sub("* ", " ".join("*" if word in own else word for word in words(explanation))).strip()


_MEALS = frozenset({IntentKind.DISH, IntentKind.CUISINE, IntentKind.OCCASION})


def kind_of(node: Node) -> NodeKind:
    """Return the label of a node."""
    return NodeKind.INTENT if isinstance(node, Intent) else NodeKind.TYPE


def allowed_start(relation: Relation, node: Node) -> bool:
    """Return whether a type-level claim of ``relation`` may start at ``node``."""
    match relation:
        case Relation.SATISFIED_BY:
            return isinstance(node, Intent)
        case Relation.COMPLEMENTS | Relation.SUBSTITUTES:
            return isinstance(node, ProductType)
        case Relation.PAIRS_WITH:
            return isinstance(node, ProductType) or node.kind in _MEALS
        case Relation.IS_A | Relation.HAS_THEME | Relation.IN_THEME:
            return False
