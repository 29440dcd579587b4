"""What the look-ups return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kg.model import Level, NodeKind, Relation

__all__ = [
    "Answer", "Cart", "CartHit", "Change", "Hit", "Match", "Neighbourhood", "Stats", "Wanted", "Why", "WhyEdge",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Match:
    """Something a key names.

    ``score`` is 0..1; 1.0 when the id or all words are the same. ``detail`` is an intent's kind, a type's category or
    a product's brand. ``weight`` breaks ties: popularity of an intent or product, reach of a type. Where the id was
    enough to answer, only ``id``, ``kind`` and ``name`` are filled.
    """

    id: str
    kind: NodeKind
    name: str
    score: float = 1.0
    detail: str = ""
    type_id: str = ""
    weight: float = 0.0
    exact_id: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What is different about a substitute; ``None``: not known. Prices are numbers, all else is text."""

    attribute: str
    before: str | float | None
    after: str | float | None


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer, with why. Scores are 0..1; ``price`` and ``in_stock`` are ``None`` for all but a product.

    ``theme`` is the heading it is shown under, where headings were asked for; ``theme_rank`` is ``None`` for what
    stands under none. ``relation`` is set in an answer that holds several, ``changes`` in one of substitutes in stock.
    """

    id: str
    kind: NodeKind
    name: str
    explanation: str
    plausibility: float
    typicality: float
    confidence: float
    rank: int
    contexts: tuple[str, ...] = ()
    brand: str = ""
    type_id: str = ""
    price: float | None = None
    in_stock: bool | None = None
    theme: str = ""
    theme_rank: int | None = None
    relation: Relation | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question about ``subject`` gave, best first.

    ``level`` says whether the hits are products or product types. ``via`` is the product type that answered for a
    product without edges of its own. ``others`` are what the key might have meant, too.
    """

    subject: Match
    relation: Relation
    level: Level
    hits: tuple[Hit, ...]
    via: Match | None = None
    others: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A product of a cart that something is used together with, and why."""

    id: str
    name: str
    explanation: str
    confidence: float
    rank: int
    contexts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CartHit:
    """A product to offer with a cart. ``confidence`` is that of the surest of ``wanted_by``, which comes first."""

    id: str
    name: str
    confidence: float
    wanted_by: tuple[Wanted, ...]
    brand: str = ""
    type_id: str = ""
    price: float | None = None
    in_stock: bool | None = None


@dataclass(frozen=True, slots=True)
class Cart:
    """What to offer with the products ``ids``: first what most of them want, then the surest."""

    ids: tuple[str, ...]
    hits: tuple[CartHit, ...]


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What a product's page shows: its type, what goes with it, and the intents it serves; all best first.

    The explanation of an intent says why the product satisfies it; its ``rank`` is the product's place among those that
    do.
    """

    subject: Match
    type: Match | None
    complements: tuple[Hit, ...]
    substitutes: tuple[Hit, ...]
    pairings: tuple[Hit, ...]
    intents: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class WhyEdge:
    """One edge with everything the graph knows about it.

    ``via_source`` and ``via_target`` are the ends of the type-level edge that a product-level one was projected from.
    """

    relation: Relation
    level: Level
    source_kind: NodeKind
    source_id: str
    source_name: str
    target_kind: NodeKind
    target_id: str
    target_name: str
    explanation: str
    plausibility: float
    typicality: float
    confidence: float
    rank: int
    contexts: tuple[str, ...]
    samples: int
    agreed: int
    lift: float | None
    pairs: int
    reviewer: str
    model: str
    prompt_hash: str
    build: str
    h: str
    via_source: str = ""
    via_target: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """Everything between two nodes, in both directions, and the knowledge it was projected from."""

    a: Match
    b: Match
    edges: tuple[WhyEdge, ...]


@dataclass(frozen=True, slots=True)
class Stats:
    """What the graph holds: counts by label and by ``Source-TYPE->Target``; ``build`` is empty before the first."""

    build: str
    nodes: dict[str, int]
    edges: dict[str, int]
    meta: dict[str, Any]
