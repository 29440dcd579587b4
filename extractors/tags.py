"""Ask a model for the attributes that no rule could read: which values of a closed list a product has.

A question is about one attribute of all products that share type and title but for numbers and sizes, so that the
five sizes of a soap cost one question. Titles and descriptions are quoted as data; only values of the list come back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from extractors.data import as_data, as_quoted
from extractors.llm.asker import Asker
from extractors.llm.questions import Answer, Question
from extractors.llm.replies import unlisted
from extractors.llm.stats import Tokens
from extractors.prompts import load_prompt
from extractors.specs import step_of
from kg.catalog.tagging import ProductRow, Tag, Tagger
from kg.catalog.vocabulary import Vocabulary
from kg.catalog.wording import without_brand
from kg.catalog.words import COUNTED, UNITS
from kg.model import Drop, Failure, StageCounts
from kg.text import key, singular

__all__ = ["TAGS_VERSION", "Asked", "Unread", "ask_tags", "unread_of"]

TAGS_VERSION = 2
"""Part of every shard's key: raise it when the same answers give other tags."""
_STAGE = "tag"
_MOST = 3  # a small model that does not know recites the list
_TITLE = 160  # characters of a title in a prompt
_MEASURES = frozenset(map(singular, UNITS | COUNTED))


@dataclass(frozen=True, slots=True)
class Unread:
    """An attribute that nothing was found for, of products that share one question; the first is asked about."""

    attribute: str
    options: tuple[str, ...]
    type_id: str
    title: str
    description: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What came back. ``counts`` are in pairs of a product and an attribute; ``drops`` are pairs without a value."""

    tags: tuple[Tag, ...]
    drops: tuple[Drop, ...]
    failures: tuple[Failure, ...]
    counts: StageCounts


def unread_of(products: Iterable[ProductRow], tagger: Tagger) -> list[Unread]:
    """Return what is to be asked about ``products``, in their order; those that share a question are together."""
    found: dict[tuple[str, str, str], Unread] = {}
    for product in products:
        texts = product.texts
        words = _naming(without_brand(texts.title, texts.brand))
        for attribute, options in tagger.unread(product):
            name = (attribute.name, texts.type_id, words)
            known = found.get(name)
            ids = (product.id,) if known is None else (*known.ids, product.id)
            first = known or Unread(attribute.name, options, texts.type_id, texts.title, texts.description, ())
            found[name] = replace(first, ids=ids)
    return list(found.values())


def ask_tags(
    asker: Asker,
    vocabulary: Vocabulary,
    unread: Sequence[Unread],
    description_chars: int,
    progress: Callable[[int], None] | None = None,
    tokens: Tokens | None = None,
) -> Asked:
    """Ask about every item of ``unread``; a failure is listed once, and counts for each of its products.

    ``description_chars`` of a description go into the prompt. What the answers cost is added to ``tokens``.

    Raises:
        ModelError: the model refuses everything (wrong key, unknown model); answers so far are cached.
    """
    questions = [_question(asker, vocabulary, item, description_chars) for item in unread]
    answers = asker.ask_all(questions, progress)
    if tokens is not None:
        tokens.add(asker.model, answers)
    tags: list[Tag] = []
    drops: list[Drop] = []
    failures: list[Failure] = []
    for item, question, answer in zip(unread, questions, answers, strict=True):
        outcome = _read(vocabulary, item, question, answer)
        if isinstance(outcome, Failure):
            failures.append(outcome)
        elif isinstance(outcome, Drop):
            drops += [replace(outcome, item=f"{name} {item.attribute}") for name in item.ids]
        else:
            tags += _tags(item, outcome)
    failed = {failure.item for failure in failures}
    lost = sum(len(item.ids) for item, question in zip(unread, questions, strict=True) if question.item in failed)
    taken = sum(len(item.ids) for item in unread)
    counts = StageCounts(taken, kept=taken - len(drops) - lost, dropped=len(drops), failed=lost)
    return Asked(tuple(tags), tuple(drops), tuple(failures), counts)


def _question(asker: Asker, vocabulary: Vocabulary, item: Unread, description_chars: int) -> Question:
    prompt, step = load_prompt("attributes"), step_of("attributes", "choose")
    about = vocabulary.attributes[item.attribute].about
    texts = [as_quoted(item.title, _TITLE)]
    if item.description and description_chars:
        texts.append(as_quoted(item.description, description_chars))
    kind = as_data(item.type_id.replace("-", " "))
    return Question(
        item=f"TAG: {item.attribute}: {item.ids[0]}",
        reply=step.reply,
        messages=prompt.messages(step.name, about, items=item.options),
        max_tokens=step.max_tokens,
        temperature=asker.temperature,
        options=item.options,
        line=": ".join(filter(None, (kind, " ".join(texts)))),
    )


def _read(
    vocabulary: Vocabulary, item: Unread, question: Question, answer: Answer | Failure
) -> tuple[str, ...] | Drop | Failure:
    """Check the answer against the list: it may come from a cache that was filled elsewhere."""
    if isinstance(answer, Failure):
        return replace(answer, stage=_STAGE)
    if fault := unlisted(question, sorted(answer.choices)):
        return Failure(_STAGE, question.item, "bad reply", fault)
    attribute = vocabulary.attributes[item.attribute]
    values = attribute.settled(answer.choices)
    if not values:
        return Drop(_STAGE, "", "none", "the model names no value")
    if len(values) > 1 and not attribute.several:
        return Drop(_STAGE, "", "several", "the model names several values where only one can hold")
    if len(values) > _MOST:
        return Drop(_STAGE, "", "many", f"the model names more than {_MOST} values, which says nothing")
    return values


def _tags(item: Unread, values: Iterable[str]) -> Iterator[Tag]:
    for name in item.ids:
        yield from (Tag(name, item.attribute, value, "model", item.title) for value in values)


def _naming(title: str) -> str:
    """Return a title's words in the singular, without numbers and what they count."""
    words = key(title).split()
    kept: list[str] = []
    for before, word in zip(["", *words], words, strict=False):
        counted = any(map(str.isdigit, before)) and word in _MEASURES
        if not counted and not any(map(str.isdigit, word)):
            kept.append(word)
    return " ".join(kept)
