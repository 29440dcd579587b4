"""Who is asked about: intents by popularity and product types by reach, up to the limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extractors.options import ExtractionOptions
from extractors.prompts import Prompt
from extractors.specs import Spec
from kg.model import Intent, NodeKind, ProductType

__all__ = ["Subject", "subjects_of"]


@dataclass(frozen=True, slots=True)
class Subject:
    """One concept the model is asked about. ``text`` is how it stands in the prompt, ``where`` its department."""

    kind: NodeKind
    id: str
    name: str
    text: str
    where: str = ""


def subjects_of(
    spec: Spec,
    prompt: Prompt,
    intents: Sequence[Intent],
    types: Sequence[ProductType],
    options: ExtractionOptions,
) -> list[Subject]:
    """Return the subjects of one relation, those of greatest reach first.

    ``intents`` and ``types`` are in order of reach. The limits count subjects before the relation's own
    filter, so that the same shops and types are asked about for every relation.
    """
    out: list[Subject] = []
    if NodeKind.INTENT in spec.subject_kinds:
        chosen = [intent for intent in intents[: options.max_intents] if intent.kind in spec.intent_kinds]
        out += [Subject(NodeKind.INTENT, i.id, i.name, prompt.phrase(i.kind, i.name)) for i in chosen]
    if NodeKind.TYPE in spec.subject_kinds:
        out += [
            Subject(NodeKind.TYPE, t.id, t.name, t.name, t.category.split(" > ", 1)[0].lower())
            for t in types[: options.max_types]
            if not spec.food_only or t.category.startswith(options.pairing_categories)
        ]
    return out
