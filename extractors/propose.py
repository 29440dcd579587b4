"""Propose intents: what the buyers of product types are about to do, and what shoppers search for; for review.

Nothing here enters the graph. Names pass the same screen as mentions. What is an intent already, a product, a brand or
an example of the prompt is a drop with its reason; names that are equal or spelled alike make one proposal.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from extractors.concepts import Concept, concept_key, share
from extractors.intent_kinds import choose_kinds, kind_of_query
from extractors.llm.asker import Asker
from extractors.llm.questions import Question
from extractors.mentions import refusal
from extractors.packing import shared_messages
from extractors.prompts import Prompt, example_texts, load_prompt
from extractors.specs import step_of
from kg.catalog.query_log import Search
from kg.model import Drop, Failure, Intent, IntentKind, Link, ProductType, StageCounts
from kg.text import clean, key, slug

__all__ = ["Known", "Proposal", "Proposed", "free_id", "propose"]

_ROW, _STAGE = "intents", "propose"
_LIKENESS = 0.85  # two names that differ in a letter of a longer word
_ARTICLE = re.compile(r"^(?:an?|the) (?=\w)", re.IGNORECASE)
_Group = list["_Named"]


@dataclass(frozen=True, slots=True)
class Known:
    """What a proposal must not be. ``link_all`` ties names to product types, ``brands`` are comparison keys."""

    intents: Sequence[Intent]
    brands: frozenset[str]
    link_all: Callable[[Sequence[str]], Sequence[Link]]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A new intent for review. ``kind`` is a guess; ``None``: there is none.

    The evidence: ``types`` are the names of the product types it was named for, ``searches`` is how often it was typed,
    ``spellings`` are the other forms it came in.
    """

    id: str
    name: str
    kind: IntentKind | None
    types: tuple[str, ...]
    searches: int
    spellings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposed:
    """The proposals, most frequent first, and what became of the rest.

    ``counts`` are in names: kept ones are part of a proposal, and a product type without an answer is one that failed.
    ``failures`` also lists proposals whose kind could not be had.
    """

    proposals: tuple[Proposal, ...]
    drops: tuple[Drop, ...]
    failures: tuple[Failure, ...]
    counts: StageCounts


@dataclass(frozen=True, slots=True)
class _Named:
    """A name and its source: the product type it was named for, or how often it was typed."""

    name: str
    type_name: str = ""
    searches: int = 0

    @property
    def item(self) -> str:
        return f"INTENTS: {self.type_name or 'query'} -> {self.name}"


def propose(
    asker: Asker,
    types: Sequence[ProductType],
    searches: Sequence[Search],
    known: Known,
    progress: Callable[[int], None] | None = None,
) -> Proposed:
    """Return the intents that the buyers of ``types`` and the ``searches`` suggest, and that are not ``known``.

    Raises:
        ModelError: the model refuses everything; answers so far are cached.
    """
    named, drops, failures = _of_types(asker, types, progress)
    searched, refused = _of_searches(searches)
    taken = len(named) + len(drops) + len(failures) + len(searches)
    groups, merged = _groups([*named, *searched], known)
    drops += [*refused, *merged]
    counts = StageCounts(taken, taken - len(drops) - len(failures), dropped=len(drops), failed=len(failures))
    kinds, unsorted = choose_kinds(asker, [group[0].name for group in groups if _types_of(group)], progress)
    ids = {str(intent.id) for intent in known.intents}
    proposals = tuple(_proposal(group, kinds, ids) for group in groups)
    return Proposed(proposals, tuple(drops), (*failures, *unsorted), counts)


def free_id(name: str, taken: set[str]) -> str:
    """Return an id for an intent called ``name`` that is not ``taken``, and take it."""
    stem = f"i-{slug(name)}"
    found, number = stem, 1
    while found in taken:
        number += 1
        found = f"{stem}-{number}"
    taken.add(found)
    return found


def _of_types(
    asker: Asker, types: Sequence[ProductType], progress: Callable[[int], None] | None
) -> tuple[list[_Named], list[Drop], list[Failure]]:
    """Ask about every type; return the names, those that are refused, and the types without an answer."""
    prompt = load_prompt(_ROW)
    examples = {key(text) for text in example_texts(prompt)}
    named: list[_Named] = []
    drops: list[Drop] = []
    failures: list[Failure] = []
    answers = asker.ask_all([_question(asker, prompt, each) for each in types], progress)
    for kind, answer in zip(types, answers, strict=True):
        if isinstance(answer, Failure):
            failures.append(replace(answer, stage=_STAGE))
            continue
        seen: set[str] = set()
        for said in answer.names:
            refused = refusal(said, kind.name, seen)
            if refused is None and key(said) in examples:
                refused = "example", "an example of the prompt"
            if refused:
                drops.append(Drop(_STAGE, _Named(clean(said), kind.name).item, *refused))
                continue
            seen.add(key(said))
            named.append(_Named(_plain(said), kind.name))
    return named, drops, failures


def _question(asker: Asker, prompt: Prompt, kind: ProductType) -> Question:
    step = step_of(_ROW, "names")
    messages = prompt.messages(step.name, kind.name, where=kind.category.split(" > ", 1)[0].lower())
    shares = asker.per_prompt > 1
    return Question(
        item=f"INTENTS: {kind.name} [{step.name}]",
        reply=step.reply,
        messages=shared_messages(prompt, step.name) if shares else messages,
        max_tokens=step.max_tokens,
        temperature=asker.temperature,
        frequency_penalty=step.frequency_penalty,
        line=messages[-1][1] if shares else "",
    )


def _of_searches(searches: Iterable[Search]) -> tuple[list[_Named], list[Drop]]:
    """Return the queries that read like names, and the others."""
    named: list[_Named] = []
    drops: list[Drop] = []
    for search in searches:
        if refused := refusal(search.text, "", set()):
            drops.append(Drop(_STAGE, _Named(search.text).item, *refused))
        else:
            named.append(_Named(_plain(search.text), searches=search.count))
    return named, drops


def _groups(named: Sequence[_Named], known: Known) -> tuple[list[_Group], list[Drop]]:
    """Return names that are equal or alike together, the strongest first in each; the strongest group first."""
    ordered = _by_weight(named)
    concepts = [Concept(f"known {at}", intent.name) for at, intent in enumerate(known.intents)]
    concepts += [Concept(str(at), each.name) for at, each in enumerate(ordered)]
    aliases = share(concepts, _LIKENESS)
    groups: dict[str, _Group] = {}
    drops: list[Drop] = []
    for at, each in enumerate(ordered):
        alias = aliases.get(str(at))
        if alias is not None and alias.asked_as_id.startswith("known"):
            how = "the intent" if alias.reason == "equal" else "spelled like the intent"
            drops.append(Drop(_STAGE, each.item, "known", f"{how} {alias.asked_as!r}"))
        else:
            groups.setdefault(str(at) if alias is None else alias.asked_as_id, []).append(each)
    kept: list[_Group] = []
    for group, link in zip(groups.values(), known.link_all([g[0].name for g in groups.values()]), strict=True):
        if refused := _no_intent(group, link, known.brands):
            drops += [Drop(_STAGE, each.item, *refused) for each in group]
        else:
            kept.append(group)
    return sorted(kept, key=lambda group: (-_searches_of(group), -len(_types_of(group)), group[0].name)), drops


def _by_weight(named: Iterable[_Named]) -> list[_Named]:
    """Return the names by how often their concept was typed, then by how many types it was named for."""
    concepts: defaultdict[str, _Group] = defaultdict(list)
    for each in named:
        concepts[concept_key(each.name)].append(each)
    weight = {concept: (-_searches_of(group), -len(_types_of(group))) for concept, group in concepts.items()}

    def place(each: _Named) -> tuple[int | str, ...]:
        return *weight[concept_key(each.name)], -each.searches, each.name.lower(), each.name, each.type_name

    return sorted(named, key=place)


def _no_intent(group: _Group, link: Link, brands: frozenset[str]) -> tuple[str, str] | None:
    """Return why a group is no intent.

    A query that a product type answers, whatever it adds ("oat milk 1 l"), wants that product. What people are about to
    do may well be called like a product with something done to it ("grilled salmon").
    """
    words = key(group[0].name).split()
    runs = (" ".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1))
    if brand := next((run for run in runs if run in brands), None):
        return "brand", f"it holds the brand {brand!r}"
    if link.target_id is not None and not (_types_of(group) and link.qualifiers):
        return "product", f"it names the product type {link.target_id!r}"
    return None


def _proposal(group: _Group, kinds: dict[str, IntentKind], ids: set[str]) -> Proposal:
    first, types = group[0], _types_of(group)
    return Proposal(
        id=free_id(first.name, ids),
        name=first.name,
        kind=kinds.get(first.name) if types else kind_of_query(first.name),
        types=types,
        searches=_searches_of(group),
        spellings=tuple(sorted({each.name for each in group} - {first.name})),
    )


def _searches_of(group: _Group) -> int:
    return sum(each.searches for each in group)


def _types_of(group: _Group) -> tuple[str, ...]:
    return tuple(sorted({each.type_name for each in group} - {""}))


def _plain(text: str) -> str:
    """Return a name as a person would write it down: no signs before it, which a spreadsheet might run, no article."""
    name = clean(text)
    start = next((at for at, ch in enumerate(name) if ch.isalnum()), 0)
    return _ARTICLE.sub("", name[start:])
