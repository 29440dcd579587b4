"""The words of the field as types: what flows between the stages.

Records are frozen and slotted; identifiers are kept exactly as received. Scores are probabilities in
0..1. Every record is written as one JSON line (see :mod:`kg.records`). What does not go on is in
:mod:`kg.losses`; it can be had from here as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from kg.losses import Drop, Failure, Reject, StageCounts

__all__ = [
    "Candidate", "Decision", "DecisionAction", "Drop", "Edge", "Evidence", "Failure", "Intent", "IntentId",
    "IntentKind", "Level", "Link", "NodeKind", "Product", "ProductId", "ProductType", "Provenance", "Reject",
    "Relation", "StageCounts", "Statement", "Theme", "ThemeId", "TypeId", "TypeSupport", "Verdict", "VerdictKind",
]  # fmt: skip

ProductId = NewType("ProductId", str)
IntentId = NewType("IntentId", str)
TypeId = NewType("TypeId", str)
ThemeId = NewType("ThemeId", str)


class Relation(StrEnum):
    """The closed set of relations. Never made from a model's text."""

    SATISFIED_BY = "SATISFIED_BY"
    COMPLEMENTS = "COMPLEMENTS"
    SUBSTITUTES = "SUBSTITUTES"
    PAIRS_WITH = "PAIRS_WITH"
    IS_A = "IS_A"
    HAS_THEME = "HAS_THEME"
    IN_THEME = "IN_THEME"


class NodeKind(StrEnum):
    """What an edge may start or end at; the value is the node's label in the graph."""

    INTENT = "Intent"
    TYPE = "ProductType"
    PRODUCT = "Product"
    THEME = "Theme"


class IntentKind(StrEnum):
    """Why somebody shops."""

    NEED = "need"
    ACTIVITY = "activity"
    OCCASION = "occasion"
    DISH = "dish"
    CUISINE = "cuisine"
    AUDIENCE = "audience"
    QUERY = "query"


class Level(StrEnum):
    """Knowledge about kinds of things, or its projection onto catalogue ids."""

    TYPE = "type"
    PRODUCT = "product"


class VerdictKind(StrEnum):
    """What curation decided."""

    KEEP = "KEEP"
    REVIEW = "REVIEW"
    DROP = "DROP"


class DecisionAction(StrEnum):
    """What a person decided; beats every rule and survives every rebuild."""

    ACCEPT = "accept"
    REJECT = "reject"
    EDIT = "edit"
    PIN = "pin"


@dataclass(frozen=True, slots=True)
class Product:
    """One row of the catalogue, validated. Text is as received; ``category`` is a path joined by " > "."""

    id: ProductId
    title: str
    brand: str = ""
    category: str = ""
    description: str = ""
    price: float | None = None
    in_stock: bool = True
    popularity: float = 0.0
    group_id: str = ""
    attributes: dict[str, str] = field(default_factory=dict[str, str])
    type_id: TypeId = TypeId("")


@dataclass(frozen=True, slots=True)
class ProductType:
    """A kind of product ("tortilla chips"). ``reach`` orders types by how many shoppers they touch, 0..1."""

    id: TypeId
    name: str
    category: str
    products: int
    reach: float
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Intent:
    """What a shopper wants to do. ``popularity`` orders intents; higher is asked first."""

    id: IntentId
    name: str
    kind: IntentKind
    description: str = ""
    popularity: float = 0.0


@dataclass(frozen=True, slots=True)
class TypeSupport:
    """How often two product types were bought together. ``lift`` > 1: more than chance; a <= b by id."""

    a: TypeId
    b: TypeId
    pairs: int
    lift: float


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a statement came from. Hashes are the first 16 hex digits of a sha256."""

    model: str
    prompt_hash: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a claim: model samples that agreed (0 of 0: no model was asked), lift and count, a reviewer."""

    samples: int = 1
    agreed: int = 1
    lift: float | None = None
    pairs: int = 0
    reviewer: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """What the model said about one subject, unlinked.

    ``plausibility`` and ``typicality`` are the model's own yes-probabilities (raw, not calibrated), ``None``
    when not asked. ``explanation`` is empty when the check was too low to be worth a sentence. ``rank`` is
    1-based in the model's own order. ``id`` depends on relation, subject and normalised mention only.
    """

    id: str
    relation: Relation
    subject_kind: NodeKind
    subject_id: str
    subject: str
    mention: str
    rank: int
    provenance: Provenance
    explanation: str = ""
    plausibility: float | None = None
    typicality: float | None = None
    contexts: tuple[str, ...] = ()
    evidence: Evidence = Evidence()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible target of a mention. ``score`` is comparable within one mention only; ``features`` say why."""

    id: str
    name: str
    score: float
    features: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Link:
    """The linker's answer for one mention: a target with a confidence, or NIL (``target_id`` is ``None``).

    ``margin`` is the distance to the runner-up. ``qualifiers`` are the mention's words that the target's
    name does not carry ("decaf" in "decaf coffee" -> coffee): projection must honour them. They are single words,
    but for what is left out ("gluten free"), and stand in the mention's order.
    """

    mention: str
    target_kind: NodeKind
    target_id: str | None
    confidence: float
    margin: float = 0.0
    reason: str = ""
    qualifiers: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Curation's decision on one statement, with the rule that made it and every rule it passed."""

    statement_id: str
    verdict: VerdictKind
    rule: str
    reason: str
    target_id: str | None
    plausibility: float
    typicality: float
    confidence: float
    passed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """A type-level edge of the graph. ``h`` is the content hash of everything but ``build``."""

    relation: Relation
    source_kind: NodeKind
    source_id: str
    target_kind: NodeKind
    target_id: str
    explanation: str
    plausibility: float
    typicality: float
    confidence: float
    rank: int
    provenance: Provenance
    evidence: Evidence
    contexts: tuple[str, ...] = ()
    qualifiers: tuple[str, ...] = ()
    statement_ids: tuple[str, ...] = ()
    symmetric: bool = False
    h: str = ""


@dataclass(frozen=True, slots=True)
class Theme:
    """A heading under which some of an intent's product types are shown ("Dips"). ``rank`` is 1-based.

    ``members`` are best first; no type is in two themes of an intent. ``id`` is the intent's id, a slash and the slug
    of the name.
    """

    id: ThemeId
    name: str
    intent_id: IntentId
    rank: int
    members: tuple[TypeId, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's decision on ``subject --relation--> target`` (keys or names), from the decisions file.

    ``line`` is where it stands in that file, 1-based.
    """

    action: DecisionAction
    relation: Relation
    subject: str
    target: str
    who: str
    when: str
    why: str = ""
    explanation: str = ""
    line: int = 0
