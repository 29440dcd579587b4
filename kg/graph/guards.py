"""The guards of projection: which product may not stand beside which, each with a reason a shopper would give.

A guard is one SQL condition that is true when a pair is refused. It reads the source ``s``, the target ``t`` and the
type-level edge ``e``. All but ``variant`` read only the listed trait columns: products with equal traits are
interchangeable, so those guards are asked once per pair of trait combinations, never once per pair of products.

Traits: ``species`` and ``ages`` are bit sets of the audience (ages of people, or of the animals it names), ``diet`` is
one of diets with all they imply, ``form`` one of forms to keep, ``scent`` says whether there is one, whether it is made
for sensitive skin, whether its kind has scents at all, and which are to be kept ("unscented"); the vocabulary of
attributes says what is to be kept. ``unit`` and ``steps`` are the pack size on a logarithmic scale, ``fit`` is a set of
models (0: none) and ``stated`` says that the catalogue states it (else it was read off the title). ``makers`` is a set
of brands: those a product says it is made for (``bound``), else its own; 0 where neither is known, or where nothing is
said in a type whose products are often made for other brands. ``s.anyone`` marks an intent: it has no traits.
``o.shared`` and ``k.shared`` say that the two fits have a model, the two sets of brands a brand in common (null: none).
``e.hosts``: the target type sells models that the source type fits; ``e.serves``: it sells products of a brand that
products of the source type are made for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kg.graph.traits import ADULT, BABY, GENTLE, SCENTED, SCENTLESS
from kg.model import Relation

__all__ = ["GUARDS", "TRAITS", "Guard", "guards_for", "reads"]

TRAITS = ("species", "ages", "diet", "unit", "steps", "fit", "makers", "scent", "form")
_ALL = frozenset({Relation.COMPLEMENTS, Relation.PAIRS_WITH, Relation.SUBSTITUTES})
_REPLACING = frozenset({Relation.SUBSTITUTES})


@dataclass(frozen=True, slots=True)
class Guard:
    """One guard. ``refuses`` is static SQL; ``reads`` are the trait columns it looks at, of ``TRAITS``."""

    name: str
    reason: str
    relations: frozenset[Relation]
    reads: tuple[str, ...]
    refuses: str


GUARDS: tuple[Guard, ...] = (
    Guard("variant", "a variant of the same product", _ALL, (), "t.gid = s.gid"),
    Guard(
        "audience",
        "made for someone else",
        _ALL,
        ("species", "ages"),
        f"""(s.species != 0 AND t.species != 0 AND s.species & t.species = 0)
        OR (s.species != 0 AND t.species = 0 AND t.ages != 0)
        OR (s.ages != 0 AND s.species = 0 AND t.species != 0)
        OR (s.ages = {ADULT} AND t.ages != 0 AND t.ages & {ADULT} = 0)
        OR (t.ages = {ADULT} AND s.ages != 0 AND s.ages & {ADULT} = 0)""",
    ),
    Guard(
        "audience_kept",
        "a replacement must be made for the same animal, and for babies when the original is",
        _REPLACING,
        ("species", "ages"),
        f"""(s.species = 0) != (t.species = 0)
        OR (s.ages & {BABY} != 0 AND t.ages & {BABY} = 0)""",
    ),
    Guard(
        "diet",
        "a replacement must keep to the diet of the original",
        _REPLACING,
        ("diet",),
        "s.diet & ~t.diet != 0",
    ),
    Guard(
        "scent",
        "scented, beside what is unscented or for sensitive skin",
        _ALL,
        ("scent",),
        f"s.scent & ~{SCENTED | SCENTLESS} != 0 AND t.scent & {SCENTED} != 0",
    ),
    Guard(
        "scent_kept",
        "a replacement of an unscented product must say that it is unscented, if its kind has scents",
        _REPLACING,
        ("scent",),
        f"s.scent & ~{SCENTED | GENTLE | SCENTLESS} & ~t.scent != 0 AND t.scent & {SCENTLESS} = 0",
    ),
    Guard(
        "form",
        "a replacement must come in the same form",
        _REPLACING,
        ("form",),
        "s.form & ~t.form != 0",
    ),
    Guard(
        "compatibility",
        "made for another model",
        _ALL,
        ("fit",),
        """NOT s.anyone AND NOT coalesce(o.shared, FALSE) AND (t.stated OR (s.stated AND (t.fit != 0 OR e.hosts)))""",
    ),
    Guard(
        "brand",
        "made for another brand's products",
        _ALL,
        ("makers",),
        """s.makers != 0 AND t.makers != 0 AND NOT coalesce(k.shared, FALSE) AND (t.bound OR (s.bound AND e.serves))""",
    ),
    Guard(
        "size",
        "a replacement must be of a similar size",
        _REPLACING,
        ("unit", "steps"),
        "s.unit != 0 AND s.unit = t.unit AND abs(s.steps - t.steps) > $size_steps",
    ),
)


def guards_for(relation: Relation, enabled: Sequence[str]) -> list[Guard]:
    """Return the guards that hold for ``relation``, in the table's order; intents have only anyone's guards."""
    return [guard for guard in GUARDS if guard.name in enabled and relation in guard.relations]


def reads(guards: Sequence[Guard]) -> frozenset[str]:
    """Return the trait columns that ``guards`` look at; products that differ in others only are alike."""
    return frozenset(column for guard in guards for column in guard.reads)
