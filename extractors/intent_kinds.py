"""Which kind of intent a name is: chosen by a model from a closed list, or guessed by the words of a query."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from extractors.data import as_data
from extractors.llm.asker import Asker
from extractors.llm.questions import Question
from extractors.prompts import load_prompt
from extractors.specs import step_of
from kg.model import Failure, IntentKind
from kg.text import key

__all__ = ["choose_kinds", "kind_of_query"]

_ROW, _STAGE = "intents", "propose"
# All but query: that is what a query stays when no rule knows better.
_MEANINGS = {
    IntentKind.NEED: "something that troubles people or has to be put right",
    IntentKind.ACTIVITY: "something that people do",
    IntentKind.OCCASION: "a day, a feast or a gathering",
    IntentKind.DISH: "something to cook",
    IntentKind.CUISINE: "the food of a country or region",
    IntentKind.AUDIENCE: "people who have something in common",
}
_QUALIFYING = frozenset({"for", "that", "to", "under", "which", "with", "without"})
_WORDS = {
    IntentKind.DISH: "recipe",
    IntentKind.CUISINE: "cuisine",
    IntentKind.OCCASION: (
        "anniversary barbecue bbq birthday brunch christmas dinner easter eve graduation halloween hanukkah holiday "
        "housewarming night party picnic potluck ramadan shower thanksgiving wedding weekend"
    ),
    IntentKind.NEED: (
        "ache allergy bite broken burn cold cough cramp damp fever fix flu infestation itch itchy odor pain rash "
        "relief remedy removal repair smell sore sunburn toothache"
    ),
    IntentKind.AUDIENCE: "beginner lover owner parent",
}
_KIND_OF = {word: kind for kind, words in _WORDS.items() for word in words.split()}
_NO_DOING = frozenset({"evening", "morning", "spring", "string"})


def choose_kinds(
    asker: Asker, names: Sequence[str], progress: Callable[[int], None] | None = None
) -> tuple[dict[str, IntentKind], list[Failure]]:
    """Return the kind that the model chooses for each name, none where it chooses none; and what got no answer.

    Raises:
        ModelError: the model refuses everything; answers so far are cached.
    """
    prompt, step = load_prompt(_ROW), step_of(_ROW, "choose")
    messages = prompt.messages(step.name, items=[f"{kind}: {meaning}" for kind, meaning in _MEANINGS.items()])
    questions = [
        Question(
            item=f"INTENTS: {name} [{step.name}]",
            reply=step.reply,
            messages=messages,
            max_tokens=step.max_tokens,
            temperature=asker.temperature,
            options=tuple(kind.value for kind in _MEANINGS),
            line=as_data(name),
        )
        for name in names
    ]
    kinds: dict[str, IntentKind] = {}
    failures: list[Failure] = []
    for name, question, answer in zip(names, questions, asker.ask_all(questions, progress), strict=True):
        if isinstance(answer, Failure):
            failures.append(Failure(_STAGE, question.item, answer.reason, answer.detail, answer.retryable))
        elif answer.choices and answer.choices[0] in set(_MEANINGS):  # it may come from a cache filled elsewhere
            kinds[name] = IntentKind(answer.choices[0])
    return kinds, failures


def kind_of_query(text: str) -> IntentKind:
    """Return what a query seems to be about, by its words; mostly it is nothing but a query.

    The last word that says something decides: "easter egg hunt party" is a party. What qualifies a thing ("snacks for
    school") stays a query.
    """
    words = key(text).split()
    if _QUALIFYING & set(words):
        return IntentKind.QUERY
    found = next((_KIND_OF[word] for word in reversed(words) if word in _KIND_OF), None)
    if found is not None:
        return found
    doing = any(word.endswith("ing") and len(word) > 5 and word not in _NO_DOING for word in words)
    return IntentKind.ACTIVITY if doing else IntentKind.QUERY
