"""Which diets and audiences a substitute may name instead of the original's."""

from __future__ import annotations

from kg.catalog.vocabulary import Vocabulary, load_vocabulary

__all__ = ["stand_ins"]


def stand_ins(vocabulary: Vocabulary | None = None) -> tuple[str, ...]:
    """Return the parameter ``stand_ins`` of ``substitutes_in_stock``, from the shop's vocabulary or the shipped one.

    ``vegan>vegetarian``: what is vegan will do for what is vegetarian. ``>organic``: it need not be kept.
    """
    attributes = (vocabulary or load_vocabulary()).attributes
    found: list[str] = []
    for value in attributes["diet"].values.values() if "diet" in attributes else ():
        found += [f"{value.name}>{name}" for name in value.implies]
        found += [] if value.replacement == "keep" else [f">{value.name}"]
    # What is made for kids is made for boys; what is made for boys is not made for all kids.
    for value in attributes["audience"].values.values() if "audience" in attributes else ():
        found += [f"{value.stands_for}>{value.name}"] if value.stands_for not in {"", "animal", value.name} else []
    return tuple(sorted(found))
