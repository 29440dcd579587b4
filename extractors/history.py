"""What a cache's answers were like, to foretell what more of them will be like.

What is not known is taken from the most alike there is: this model's answers of the same relation and step, its
answers of the step in other relations, other models' answers, and at last what the sample's recorded answers were like.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from extractors.llm.cache import AnswerCache, Average
from extractors.llm.questions import ReplyKind

__all__ = ["PRIORS", "Basis", "History", "Priors"]

Basis = Literal["cache", "questions", "history", "other relations", "other models", "prior"]
"""What a figure rests on, best first: all is answered; all questions are known, and replies of one word need no
guess; else answers of the kinds named above."""


@dataclass(frozen=True, slots=True)
class Priors:
    """What answers are like where nothing is known.

    These are the sample's recorded answers, 231 of names, 1,039 checks, 960 reasons: the mean count of names, the
    share of them that are kept and asked about, the share of checks at 0.6 or more, completion tokens by kind of reply
    (of groups and choices: by the length of such a reply), and the standard deviation of names / their mean.
    """

    names: float = 4.64
    kept: float = 0.97
    passed: float = 0.92
    variation: float = 0.32
    completion: tuple[tuple[ReplyKind, float], ...] = (
        ("names", 25.9), ("yes_no", 1.0), ("reason", 22.4), ("groups", 120.0), ("choices", 15.0),
    )  # fmt: skip


PRIORS = Priors()


@dataclass
class History:
    """The answers of a cache, summed up by model when first needed. ``yes_from`` (0..1): a check counts as passed."""

    cache: AnswerCache
    yes_from: float
    _of: dict[str, list[Average]] = field(default_factory=dict[str, list[Average]])
    _models: list[str] | None = None

    def find(
        self, model: str, relation: str, step: str, value: Callable[[Average], float]
    ) -> tuple[float, int, Basis] | None:
        """Return the mean of a figure in the answers most alike, how many they are, and what kind; ``None``: none."""
        own = [each for each in self._averages(model) if each.step == step]
        if found := _mean([each for each in own if each.relation == relation], value):
            return (*found, "history")
        if found := _mean(own, value):
            return (*found, "other relations")
        others = [each for name in self._others(model) for each in self._averages(name) if each.step == step]
        found = _mean([each for each in others if each.relation == relation], value) or _mean(others, value)
        return (*found, "other models") if found else None

    def _averages(self, model: str) -> list[Average]:
        if model not in self._of:
            self._of[model] = self.cache.averages(model, self.yes_from)
        return self._of[model]

    def _others(self, model: str) -> list[str]:
        if self._models is None:
            self._models = [each.model for each in self.cache.stats() if each.answers]
        return [name for name in self._models if name != model]


def _mean(rows: Sequence[Average], value: Callable[[Average], float]) -> tuple[float, int] | None:
    answers = sum(each.answers for each in rows)
    return (sum(value(each) * each.answers for each in rows) / answers, answers) if answers else None
