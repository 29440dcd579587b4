"""The table of everything a model is asked: about whom, in which steps, with which prompt file.

A row without a relation makes no statements: ``themes`` and ``contexts`` enrich edges that passed curation,
``attributes`` tag products, ``intents`` propose intents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from extractors.llm.options import Role
from extractors.llm.questions import ReplyKind
from kg.model import IntentKind, NodeKind, Relation

__all__ = ["ROWS", "SPECS", "Spec", "Step", "StepSpec", "step_of"]

Step = Literal["names", "plausible", "typical", "explain", "group", "choose", "holds"]


@dataclass(frozen=True, slots=True)
class StepSpec:
    """One question of a row. ``role`` says which of the configured models is asked."""

    name: Step
    reply: ReplyKind
    role: Role
    max_tokens: int
    frequency_penalty: float = 0.0


@dataclass(frozen=True, slots=True)
class Spec:
    """One row. ``name`` is that of the prompt file, ``relation`` what its statements say.

    ``subject_kinds`` are asked about, of intents those of ``intent_kinds``; ``food_only``: only types in pairing
    categories. Contexts are asked about edges, and so have no kind of subject.
    """

    name: str
    steps: tuple[StepSpec, ...]
    relation: Relation | None = None
    subject_kinds: frozenset[NodeKind] = frozenset()
    intent_kinds: frozenset[IntentKind] = frozenset()
    food_only: bool = False


# Small models repeat themselves in lists: hence the penalty.
_NAMES = StepSpec("names", "names", "propose", 160, frequency_penalty=0.3)
_RECIPE = (
    _NAMES,
    StepSpec("plausible", "yes_no", "verify", 1),
    StepSpec("typical", "yes_no", "verify", 1),
    StepSpec("explain", "reason", "explain", 80),
)
_CHOOSE = StepSpec("choose", "choices", "propose", 80)
_INTENTS, _TYPES = frozenset({NodeKind.INTENT}), frozenset({NodeKind.TYPE})
_ALL = frozenset(IntentKind)
_MEALS = frozenset({IntentKind.DISH, IntentKind.CUISINE})

_TABLE = (
    Spec("satisfied_by", _RECIPE, Relation.SATISFIED_BY, _INTENTS, _ALL),
    Spec("complements", _RECIPE, Relation.COMPLEMENTS, _TYPES),
    Spec("substitutes", _RECIPE, Relation.SUBSTITUTES, _TYPES),
    Spec("pairs_with", _RECIPE, Relation.PAIRS_WITH, _INTENTS | _TYPES, _MEALS, food_only=True),
    Spec("themes", (StepSpec("group", "groups", "propose", 400),), None, _INTENTS, _ALL),
    Spec("contexts", (_CHOOSE, StepSpec("holds", "yes_no", "verify", 1))),
    Spec("attributes", (_CHOOSE,), None, frozenset({NodeKind.PRODUCT})),
    Spec("intents", (_NAMES, _CHOOSE), None, _TYPES),
)
ROWS: dict[str, Spec] = {spec.name: spec for spec in _TABLE}
SPECS: dict[Relation, Spec] = {spec.relation: spec for spec in _TABLE if spec.relation is not None}


def step_of(name: str, step: Step) -> StepSpec:
    """Return a step of a row, both by their names.

    Raises:
        KeyError: there is no such row or step.
    """
    return {each.name: each for each in ROWS[name].steps}[step]
