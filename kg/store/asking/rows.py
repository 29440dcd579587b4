"""Rows of the look-ups as records."""

from __future__ import annotations

from typing import Any

from kg.model import Level, NodeKind, Relation
from kg.store.answers import CartHit, Change, Hit, Match, Neighbourhood, Wanted, WhyEdge
from kg.store.driver import Row

__all__ = ["cart_hit", "hit", "match", "neighbourhood", "why_edge"]


def match(row: Row, score: float, *, exact_id: bool = False) -> Match:
    """Return a row of a file that resolves."""
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


def hit(row: Row, kind: NodeKind) -> Hit:
    """Return a row of a file that answers."""
    value = row.get
    return Hit(
        id=row["id"],
        kind=kind,
        name=row["name"] or "",
        explanation=row["explanation"],
        plausibility=row["plausibility"],
        typicality=row["typicality"],
        confidence=row["confidence"],
        rank=row["rank"],
        contexts=tuple(row["contexts"] or ()),
        brand=value("brand") or "",
        type_id=value("type_id") or "",
        price=value("price"),
        in_stock=value("in_stock"),
        theme=value("theme") or "",
        theme_rank=value("theme_rank"),
        relation=Relation(row["relation"]) if "relation" in row else None,
        changes=tuple(Change(**change) for change in value("changes", ())),
    )


def cart_hit(row: Row) -> CartHit:
    """Return a row of ``complements_of_cart``."""
    filled: Row = {name: value for name, value in row.items() if value is not None}
    filled["wanted_by"] = tuple(_wanted(each) for each in row["wanted_by"])
    return CartHit(**filled)


def neighbourhood(row: Row) -> Neighbourhood:
    """Return the row of ``neighbourhood``."""

    def hits(name: str, kind: NodeKind) -> tuple[Hit, ...]:
        return tuple(hit(each, kind) for each in row[name])

    found: dict[str, Any] | None = row["type"]
    kind = Match(found["id"], NodeKind.TYPE, found["name"]) if found else None
    return Neighbourhood(
        subject=Match(
            row["id"],
            NodeKind.PRODUCT,
            row["name"],
            detail=row["brand"] or "",
            type_id=kind.id if kind else "",
            exact_id=True,
        ),
        type=kind,
        complements=hits("complements", NodeKind.PRODUCT),
        substitutes=hits("substitutes", NodeKind.PRODUCT),
        pairings=hits("pairings", NodeKind.PRODUCT),
        intents=hits("intents", NodeKind.INTENT),
    )


def _wanted(row: Row) -> Wanted:
    filled: Row = {**row, "contexts": tuple(row["contexts"] or ())}
    return Wanted(**filled)


def why_edge(row: Row) -> WhyEdge:
    """Return a row of ``why_pair``."""
    props: Row = {"lift": None, **row["props"]}
    values: Row = {name: props[name] for name in WhyEdge.__slots__ if name in props}
    values["contexts"] = tuple(props.get("contexts", ()))
    values |= {name: row[name] or "" for name in ("source_id", "source_name", "target_id", "target_name")}
    target = NodeKind(row["target_kind"])
    return WhyEdge(
        relation=Relation(row["relation"]),
        level=Level.PRODUCT if target is NodeKind.PRODUCT else Level.TYPE,
        source_kind=NodeKind(row["source_kind"]),
        target_kind=target,
        **values,
    )
