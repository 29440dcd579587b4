"""Themes: the headings under which an intent's product types are shown, one question an intent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from extractors.data import as_data
from extractors.llm.asker import Asker
from extractors.llm.questions import Group, Question
from extractors.llm.stats import Tokens
from extractors.mentions import refusal
from extractors.prompts import load_prompt
from extractors.specs import step_of
from kg.model import Drop, Failure, Intent, Provenance, StageCounts, Theme, ThemeId, TypeId
from kg.text import clean, key, slug

__all__ = ["Arrangement", "Shelf", "arrange", "brand_keys", "find_themes"]

_MAX_THEMES = 8
_MAX_WORDS = 4
_MAX_LENGTH = 30
_MAX_TYPES = 40  # as many numbers a group may have
_STAGE = "enrich"
_LEFT_OVER = ("left over", "the model put it under no heading")
_Refusal = tuple[str, str]  # rule, reason


@dataclass(frozen=True, slots=True)
class Shelf:
    """An intent with the product types to arrange, best first: (id, name), each once."""

    intent: Intent
    types: Sequence[tuple[TypeId, str]]

    @property
    def lines(self) -> list[tuple[TypeId, str]]:
        """The types as they are shown, numbered from 1: the best forty, by name.

        Not by rank: the question, and so its answer, stays when only the order of the edges changes.
        """
        return sorted(self.types[:_MAX_TYPES], key=lambda each: (each[1], each[0]))


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What was arranged. ``counts`` are in types: kept ones stand under a heading, for the others there is a drop.

    ``ignored`` counts numbers in replies that meant nothing: ``unknown`` ones, and ones that were ``repeated``.
    """

    themes: tuple[Theme, ...]
    drops: tuple[Drop, ...]
    failures: tuple[Failure, ...]
    counts: StageCounts
    ignored: Counter[str]


@dataclass
class _Sorted:
    """The types of a reply, sorted out: ``placed`` under headings (by comparison key), ``lost`` with the reason."""

    names: dict[str, str] = field(default_factory=dict[str, str])
    placed: dict[str, list[TypeId]] = field(default_factory=dict[str, list[TypeId]])
    lost: dict[TypeId, _Refusal] = field(default_factory=dict[TypeId, _Refusal])
    ignored: Counter[str] = field(default_factory=Counter[str])

    def lose(self, name: str, rule: str, reason: str) -> None:
        """Take a heading away from its products."""
        self.lost |= dict.fromkeys(self.placed.pop(name), (rule, reason))


def find_themes(
    asker: Asker,
    shelves: Sequence[Shelf],
    brands: frozenset[str],
    progress: Callable[[int], None] | None = None,
    tokens: Tokens | None = None,
) -> Arrangement:
    """Return the themes of every shelf's intent. ``brands`` (see :func:`brand_keys`) may stand in no heading.

    An intent whose question has no answer has no themes; its failure is listed, its types count as failed. What the
    answers cost is added to ``tokens``.

    Raises:
        ModelError: the model refuses everything; answers so far are cached.
    """
    prompt, step = load_prompt("themes"), step_of("themes", "group")
    provenance = Provenance(asker.model, prompt.hash)
    questions: list[Question] = []
    for shelf in shelves:
        lines = [f"{number}. {as_data(name)}" for number, (_, name) in enumerate(shelf.lines, 1)]
        subject = prompt.phrase(shelf.intent.kind, shelf.intent.name)
        questions.append(
            Question(
                item=_item(shelf),
                reply=step.reply,
                messages=prompt.messages(step.name, subject, items=lines),
                max_tokens=step.max_tokens,
                temperature=asker.temperature,
            )
        )
    answers = asker.ask_all(questions, progress)
    if tokens is not None:
        tokens.add(asker.model, answers)
    return _joined(
        [
            _failed(shelf, answer) if isinstance(answer, Failure) else arrange(shelf, answer.groups, brands, provenance)
            for shelf, answer in zip(shelves, answers, strict=True)
        ]
    )


def arrange(shelf: Shelf, groups: Sequence[Group], brands: frozenset[str], provenance: Provenance) -> Arrangement:
    """Return the themes that ``groups`` of the shelf's lines make, members best first.

    The first heading that names a type has it. A heading named twice is one. Headings that are no short plain name,
    hold a brand, or come after the eighth are dropped; so are those with one type, unless there are no others.
    """
    found = _sort_out(shelf, groups, brands)
    if any(len(members) > 1 for members in found.placed.values()):
        for name in [name for name, members in found.placed.items() if len(members) == 1]:
            found.lose(name, "alone", f"the only product type under {found.names[name]!r}")
    for name in list(found.placed)[_MAX_THEMES:]:
        found.lose(name, "many", f"more than {_MAX_THEMES} headings")
    themes = tuple(
        Theme(
            id=ThemeId(f"{shelf.intent.id}/{slug(found.names[name])}"),
            name=found.names[name],
            intent_id=shelf.intent.id,
            rank=rank,
            members=tuple(type_id for type_id, _ in shelf.types if type_id in members),
            provenance=provenance,
        )
        for rank, (name, members) in enumerate(found.placed.items(), 1)
    )
    kept = {member for members in found.placed.values() for member in members}
    drops = [
        Drop(_STAGE, f"{_item(shelf)} -> {name}", *found.lost.get(type_id, _LEFT_OVER))
        for type_id, name in shelf.types
        if type_id not in kept
    ]
    counts = StageCounts(len(shelf.types), kept=len(kept), dropped=len(drops))
    return Arrangement(themes, tuple(drops), (), counts, found.ignored)


def brand_keys(brands: Iterable[str], type_names: Iterable[str]) -> frozenset[str]:
    """Return the comparison keys of ``brands``, but for words that product types are called by ("Simple", "Salsa")."""
    plain = {run for name in type_names for run in _runs(key(name).split())}
    return frozenset(brand for brand in map(key, brands) if brand) - plain


def _failed(shelf: Shelf, failure: Failure) -> Arrangement:
    count = len(shelf.types)
    return Arrangement((), (), (replace(failure, stage=_STAGE),), StageCounts(count, failed=count), Counter())


def _joined(parts: Sequence[Arrangement]) -> Arrangement:
    return Arrangement(
        themes=tuple(theme for part in parts for theme in part.themes),
        drops=tuple(drop for part in parts for drop in part.drops),
        failures=tuple(failure for part in parts for failure in part.failures),
        counts=sum((part.counts for part in parts), StageCounts()),
        ignored=sum((part.ignored for part in parts), Counter[str]()),
    )


def _sort_out(shelf: Shelf, groups: Sequence[Group], brands: frozenset[str]) -> _Sorted:
    found, taken, lines = _Sorted(), set[int](), shelf.lines
    for group in groups:
        name, refused = clean(group.name), _refused(group.name, shelf.intent.name, brands)
        for number in group.members:
            if not 1 <= number <= len(lines):
                found.ignored["unknown"] += 1
            elif number in taken:
                found.ignored["repeated"] += 1
            elif refused:
                found.lost.setdefault(lines[number - 1][0], refused)
            else:
                taken.add(number)
                found.names.setdefault(key(name), name)
                found.placed.setdefault(key(name), []).append(lines[number - 1][0])
    return found


def _refused(name: str, subject: str, brands: frozenset[str]) -> _Refusal | None:
    """Return the rule and reason why ``name`` is no heading: the rules of mentions, and shorter, and without brands."""
    if shaped := refusal(name, subject, set()):
        return shaped
    words = key(name).split()
    if len(clean(name)) > _MAX_LENGTH or len(words) > _MAX_WORDS:
        return "long", f"longer than {_MAX_LENGTH} characters or {_MAX_WORDS} words: not a heading"
    if brand := next((run for run in _runs(words) if run in brands), None):
        return "brand", f"the heading holds the brand {brand!r}"
    return None


def _runs(words: Sequence[str]) -> list[str]:
    """Return every run of neighbouring words."""
    return [" ".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1)]


def _item(shelf: Shelf) -> str:
    return f"THEMES: {shelf.intent.name}"
