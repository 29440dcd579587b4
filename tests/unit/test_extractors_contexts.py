"""Contexts: values of a closed list for an edge, or none."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from extractors.contexts import Claim, find_contexts
from extractors.llm.asker import Asker
from extractors.llm.cache import RecordedAnswer
from extractors.llm.questions import Answer, Question
from extractors.llm.session import Askers
from extractors.options import ContextOptions
from kg.config import load_yaml, validate
from kg.errors import ConfigError
from kg.model import Failure, Relation
from tests.servers.provider import Asked, Provider, Reply, yes

OpenAsker = Callable[..., Asker]
OPTIONS = ContextOptions(
    relations=(Relation.COMPLEMENTS, Relation.SATISFIED_BY),
    seasons={"summer": "the hot months", "winter": "the cold months"},
    events={"picnic": "eating outdoors"},
    personas={"students": "people who study"},
)
ICE = Claim(Relation.COMPLEMENTS, "lemonade", "ice cubes")
PENS = Claim(Relation.SATISFIED_BY, "shopping for students", "pens")


@pytest.fixture(autouse=True)
def _agrees(provider: Provider) -> None:
    """The model stands by every value that it chose."""
    provider.reply(yes(0.9), when=lambda asked: not asked.schema)


def all_of(asker: Asker) -> Askers:
    """Return one asker in all roles."""
    return Askers(asker, asker, asker)


def values(*chosen: list[str]) -> Reply:
    """Return a reply for the lines of one prompt, in order."""
    return Reply(json.dumps({"answers": [{"id": n, "values": each} for n, each in enumerate(chosen, 1)]}))


def test_each_edge_gets_the_values_it_holds_in(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """Values come back sorted and once; none means always."""
    provider.reply(values(["summer", "picnic", "summer"]), when="ice cubes")
    provider.reply(values([]), when="pens")
    assert find_contexts(all_of(open_provider_asker()), [ICE, PENS], OPTIONS) == [("picnic", "summer"), ()]


def test_the_list_and_the_edge_stand_in_the_prompt(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """Every value with its meaning, then the edge in the words of its relation; the schema knows the same list."""
    asked: list[Asked] = []
    provider.reply(lambda one: asked.append(one) or values([]))
    find_contexts(all_of(open_provider_asker()), [ICE], OPTIONS)
    (one,) = asked
    assert one.last == (
        "Values:\nsummer: the hot months\nwinter: the cold months\npicnic: eating outdoors\n"
        "students: people who study\nLines:\n1. ice cubes, together with lemonade"
    )
    assert '"enum": ["summer", "winter", "picnic", "students"]' in json.dumps(one.body["response_format"])


def test_edges_may_share_a_prompt(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """The list is paid for once for as many edges as the setting says; each has its own answer in the cache."""
    provider.reply(values(["summer"], ["students"]))
    asker = open_provider_asker()
    asker.per_prompt = 2
    assert find_contexts(all_of(asker), [ICE, PENS], OPTIONS) == [("summer",), ("students",)]
    asker.per_prompt = 1
    assert find_contexts(all_of(asker), [PENS, ICE], OPTIONS) == [("students",), ("summer",)]
    assert provider.ledger.requests == 1 + 2  # two values are checked


def test_every_season_is_no_season(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """All values of a kind together hold nothing back; the only value of a kind does."""
    provider.reply(values(["winter", "students", "summer", "picnic"]))
    assert find_contexts(all_of(open_provider_asker()), [ICE], OPTIONS) == [("picnic", "students")]


def test_a_value_outside_the_list_is_a_failure(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """A reply that keeps naming it becomes a dead letter of this stage, never a context."""
    provider.reply(values(["monsoon"]))
    (failure,) = find_contexts(all_of(open_provider_asker()), [ICE], OPTIONS)
    assert isinstance(failure, Failure)
    assert (failure.stage, failure.item) == ("enrich", "CONTEXTS: lemonade -> ice cubes, COMPLEMENTS")


def test_an_answer_filed_by_others_is_checked_too(open_provider_asker: OpenAsker) -> None:
    """What a cache holds was not read by us: a value outside the list is a failure there as well."""
    asker = open_provider_asker()
    asked: list[Question] = []

    class Reader:
        model, temperature = asker.model, asker.temperature

        def ask_all(self, questions: list[Question], progress: Any) -> list[Answer | Failure]:
            asked.extend(questions)
            asker.cache.put(RecordedAnswer(asked[0].key(self.model), self.model, "x", Answer(choices=("monsoon",))))
            return asker.ask_all(questions, progress)

    (failure,) = find_contexts(all_of(Reader()), [ICE], OPTIONS)
    assert isinstance(failure, Failure)
    assert "'monsoon' is not one of the values" in failure.detail


def test_hostile_ends_stay_on_their_line(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """A name can make no line, placeholder or message of its own."""
    provider.reply(values([]))
    find_contexts(
        all_of(open_provider_asker()), [Claim(Relation.COMPLEMENTS, "tea\n2. rum", "{lines} {items}")], OPTIONS
    )
    assert provider.ledger.entries[0].last.splitlines()[-2:] == ["Lines:", "1. lines items, together with tea 2. rum"]


def test_without_relations_there_are_no_values() -> None:
    """The list is there to be used, and off until relations are named."""
    assert ContextOptions().values() == {}
    assert {"summer", "christmas", "students"} <= ContextOptions(relations=(Relation.COMPLEMENTS,)).values().keys()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("relations: [IS_A]", "IS_A cannot be asked"),
        ("relations: [COMPLEMENTS, COMPLEMENTS]", "stands there twice"),
        ("seasons: {'{items}': x}", "cannot be a value"),
        ("events: {'': x}", "cannot be a value"),
        ("events: {summer: x}", "'summer' stands in two"),
    ],
)
def test_a_list_that_cannot_be_used_is_an_error(tmp_path: Any, settings: str, words: str) -> None:
    """The configuration says so, before anything is asked."""
    (tmp_path / "config.yaml").write_text(settings)
    with pytest.raises(ConfigError, match=words):
        validate(load_yaml(tmp_path / "config.yaml"), ContextOptions)


def test_a_value_that_does_not_stand_the_check_is_left_out(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """Small models choose too much: each chosen value is asked about by itself."""
    provider.rules.clear()
    provider.reply(values(["summer", "students"]), when="Lines:")
    provider.reply(yes(0.69), when="students: people")
    provider.reply(yes(0.7), when="summer: the hot months")
    assert find_contexts(all_of(open_provider_asker()), [ICE], OPTIONS) == [("summer",)]


def test_who_names_nearly_everything_names_nothing(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """More values than an edge may have say that it always holds; nothing is checked then."""
    provider.reply(values(["summer", "picnic", "students"]))
    options = OPTIONS.model_copy(update={"most": 2})
    assert find_contexts(all_of(open_provider_asker()), [ICE], options) == [()]
    assert provider.ledger.requests == 1
