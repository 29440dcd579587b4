"""Contexts: in which season, at which event and for whom an edge holds, from the closed list of the configuration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from extractors.llm.asker import Asker
from extractors.llm.questions import Answer, Question
from extractors.llm.replies import unlisted
from extractors.llm.session import Askers
from extractors.llm.stats import Tokens
from extractors.options import ContextOptions
from extractors.prompts import load_prompt
from extractors.specs import step_of
from kg.model import Failure, Relation

__all__ = ["Claim", "find_contexts"]

_STAGE = "enrich"


@dataclass(frozen=True, slots=True)
class Claim:
    """An edge in words: ``target`` is what is bought, ``subject`` what for; ``name`` is that of the subject alone."""

    relation: Relation
    subject: str
    target: str
    name: str = ""


def find_contexts(
    askers: Askers,
    claims: Sequence[Claim],
    options: ContextOptions,
    progress: Callable[[int], None] | None = None,
    tokens: Tokens | None = None,
) -> list[tuple[str, ...] | Failure]:
    """Return for each claim the values it holds in, sorted, or a failure. No values: it always holds.

    The model chooses from the list; each value it chose is then checked by a yes/no question of its own, since small
    models choose too much. Who chooses more than ``options.most`` values says that it always holds. What the answers
    cost is added to ``tokens``.

    Raises:
        ModelError: the model refuses everything; answers so far are cached.
    """
    tokens = tokens or Tokens()
    chosen = _chosen(askers.propose, claims, options, progress, tokens)
    pairs = [
        (at, value) for at, values in enumerate(chosen) if not isinstance(values, Failure) for value in sorted(values)
    ]
    checks = [_check(claims[at], value, options, askers.verify.temperature) for at, value in pairs]
    found: list[set[str] | Failure] = [each if isinstance(each, Failure) else set() for each in chosen]
    answers = askers.verify.ask_all(checks, progress)
    tokens.add(askers.verify.model, answers)
    for (at, value), answer in zip(pairs, answers, strict=True):
        values = found[at]
        if isinstance(answer, Failure):
            found[at] = replace(answer, stage=_STAGE)
        elif not isinstance(values, Failure) and (answer.yes or 0.0) >= options.sure_from:
            values.add(value)
    return [each if isinstance(each, Failure) else tuple(sorted(each)) for each in found]


def _chosen(
    asker: Asker,
    claims: Sequence[Claim],
    options: ContextOptions,
    progress: Callable[[int], None] | None,
    tokens: Tokens,
) -> list[set[str] | Failure]:
    """Let the model choose values for each claim."""
    prompt, step = load_prompt("contexts"), step_of("contexts", "choose")
    values = options.values()
    messages = prompt.messages(step.name, items=[f"{value}: {meaning}" for value, meaning in values.items()])
    questions = [
        Question(
            item=_item(claim),
            reply=step.reply,
            messages=messages,
            max_tokens=step.max_tokens,
            temperature=asker.temperature,
            options=tuple(values),
            line=prompt.line(claim.relation, claim.subject, claim.target),
        )
        for claim in claims
    ]
    answers = asker.ask_all(questions, progress)
    tokens.add(asker.model, answers)
    return [_read(question, answer, options) for question, answer in zip(questions, answers, strict=True)]


def _check(claim: Claim, value: str, options: ContextOptions, temperature: float) -> Question:
    prompt, step = load_prompt("contexts"), step_of("contexts", "holds")
    line = prompt.line(claim.relation, claim.subject, claim.target)
    return Question(
        item=f"{_item(claim)}, {value} [holds]",
        reply=step.reply,
        messages=prompt.messages(step.name, line, mention=f"{value}: {options.values()[value]}"),
        max_tokens=step.max_tokens,
        temperature=temperature,
    )


def _read(question: Question, answer: Answer | Failure, options: ContextOptions) -> set[str] | Failure:
    """Check the answer against the list: it may come from a cache that was filled elsewhere."""
    if isinstance(answer, Failure):
        return replace(answer, stage=_STAGE)
    if fault := unlisted(question, sorted(answer.choices)):
        return Failure(_STAGE, question.item, "bad reply", fault)
    chosen = set(answer.choices)
    for kind in options.kinds():
        if len(kind) > 1 and chosen >= kind.keys():
            chosen -= kind.keys()  # in every season: always
    return chosen if len(chosen) <= options.most else set()


def _item(claim: Claim) -> str:
    return f"CONTEXTS: {claim.name or claim.subject} -> {claim.target}, {claim.relation}"
