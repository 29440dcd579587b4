"""The walk that never asks, and what it foretells: questions, calls, tokens, money and what they rest on."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from extractors.estimate import Plan, Sums, planning
from extractors.extract import Extractor
from extractors.forecast import Row, forecast
from extractors.history import PRIORS, History
from extractors.llm.asker import Asker
from extractors.llm.limits_options import PriceOptions
from extractors.llm.prices import Prices
from extractors.llm.session import Askers
from extractors.options import ExtractionOptions
from extractors.prompts import load_prompt
from extractors.subjects import Subject
from kg.model import NodeKind, Relation
from tests.servers.provider import Asked, Provider, Reply, names, reason, yes

OpenAsker = Callable[..., Asker]
WORDS = ("tea", "lamp", "rope", "soap", "milk", "sofa", "drum", "fork")
SUBJECTS = [Subject(NodeKind.TYPE, word, word, word, "home") for word in WORDS]
PRICES = Prices(PriceOptions.model_validate({"models": {"large": {"prompt": "2.50", "completion": 10}}}))


def three(asker: Asker) -> Askers:
    """Return askers whose roles are one model's."""
    return Askers(asker, asker, asker)


def extract(asker: Asker, subjects: Sequence[Subject], relation: Relation = Relation.COMPLEMENTS, **more: Any) -> None:
    """Ask for real."""
    options = ExtractionOptions.model_validate(more)
    Extractor(load_prompt(relation), three(asker), options).extract(subjects)


def rows(
    asker: Asker, subjects: Sequence[Subject] = SUBJECTS, relation: Relation = Relation.COMPLEMENTS, **more: Any
) -> dict[str, Row]:
    """Return what is foretold, by step."""
    options = ExtractionOptions.model_validate(more)
    plan = Plan(options.agreed_from())
    Extractor(load_prompt(relation), planning(three(asker), plan), options).extract(subjects)
    found = forecast(plan, History(asker.cache, options.explain_from), PRICES.cost)
    return {row.step: row for row in found}


def shared(asked: Asked) -> Reply:
    """Return the reply to a prompt that several questions share."""
    schema = asked.json_schema or {}
    wanted = schema["properties"]["answers"]["items"]["properties"]
    own = {"items": ["wax tablets", "felt glides"]} if "items" in wanted else {"reason": "It helps a great deal."}
    return Reply(json.dumps({"answers": [{"id": number, **own} for number in asked.lines]}))


@pytest.fixture
def shop(provider: Provider) -> Provider:
    """A provider that names two things for everything; of each two, one passes its check."""
    provider.reply(shared, when=lambda asked: bool(asked.packed))
    provider.reply(names("wax tablets", "felt glides"), when=lambda asked: asked.schema == "Names")
    provider.reply(reason("It helps a great deal."), when=lambda asked: asked.schema == "Reason")
    provider.reply(yes(0.9), when="wax")
    provider.reply(yes(0.2))
    return provider


def test_nothing_is_asked_and_nothing_is_leased(shop: Provider, open_provider_asker: OpenAsker) -> None:
    """A walk over an empty cache leaves provider and cache as they were."""
    asker = open_provider_asker()
    assert rows(asker)["names"].expected.calls == len(SUBJECTS)
    assert (shop.ledger.requests, asker.cache.leased(), asker.cache.stats(), asker.stats.asked) == (0, 0, [], 0)


def test_what_is_answered_costs_nothing(shop: Provider, open_provider_asker: OpenAsker) -> None:
    """After everything was asked the estimate is 0, and every question is counted as answered."""
    asker = open_provider_asker()
    extract(asker, SUBJECTS)
    found = rows(asker)
    assert {row.basis for row in found.values()} == {"cache"}
    assert sum(row.high.calls + row.high.tokens for row in found.values()) == 0
    assert sum(row.answered for row in found.values()) == shop.ledger.requests == 8 * (1 + 2 + 1 + 1)


def test_known_names_lead_to_the_real_questions(shop: Provider, open_provider_asker: OpenAsker) -> None:
    """Where the names are known and the checks are not, the checks are counted exactly, and their prompts measured."""
    asker = open_provider_asker()
    extract(asker, SUBJECTS[:4])
    pilot = shop.ledger.tokens[0]
    found = rows(asker, SUBJECTS[:4], explain_from=0.1)
    assert (found["plausible"].questions, found["plausible"].basis) == (8, "cache")
    assert (found["typical"].questions, found["typical"].answered, found["typical"].basis) == (8, 4, "questions")
    assert found["typical"].low == found["typical"].expected == found["typical"].high
    assert found["explain"].expected.calls == 4
    assert shop.ledger.tokens[0] == pilot


@pytest.mark.parametrize("per_prompt", [1, 3])
def test_a_part_foretells_the_whole(shop: Provider, open_provider_asker: OpenAsker, per_prompt: int) -> None:
    """When what is to come is like what came, the estimate is the bill to a percent, also for shared prompts."""
    asker = open_provider_asker(per_prompt=per_prompt)
    extract(asker, SUBJECTS[:3])
    found = rows(asker)
    calls, before, spent = len(shop.ledger.billed), shop.ledger.tokens, shop.ledger.money
    extract(asker, SUBJECTS)
    prompt, completion = (after - first for after, first in zip(shop.ledger.tokens, before, strict=True))
    assert sum(row.expected.calls for row in found.values()) == len(shop.ledger.billed) - calls
    assert sum(row.expected.prompt_tokens for row in found.values()) == pytest.approx(prompt, rel=0.01)
    assert sum(row.expected.completion_tokens for row in found.values()) == pytest.approx(completion, rel=0.02)
    money = sum(float(row.expected.money or 0) for row in found.values())
    assert money == pytest.approx(float(shop.ledger.money - spent), rel=0.01)
    assert {row.basis for row in found.values()} == {"history"}


def test_a_schema_that_is_billed_is_learned(shop: Provider, open_provider_asker: OpenAsker) -> None:
    """What a provider adds to each prompt of a step is in the estimate once it has answered that step."""
    shop.bills_schema = True
    asker = open_provider_asker()
    extract(asker, SUBJECTS[:3])
    found, before = rows(asker), shop.ledger.tokens[0]
    extract(asker, SUBJECTS)
    expected = sum(row.expected.prompt_tokens for row in found.values())
    assert expected == pytest.approx(shop.ledger.tokens[0] - before, rel=0.01)


def test_refused_names_are_not_foretold(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """The share of names that is dropped is that of the names so far."""
    provider.reply(names("wax", "http://wax", "Wax!", "oil"), when=lambda asked: asked.schema == "Names")
    asker = open_provider_asker()
    extract(asker, SUBJECTS[:4], explain_from=1.0)
    assert rows(asker, explain_from=1.0)["plausible"].questions == 8 * 2


def test_equal_questions_count_once(shop: Provider, open_provider_asker: OpenAsker) -> None:
    """Subjects that are asked about in the same words cost one question."""
    asker = open_provider_asker()
    twice = [*SUBJECTS, Subject(NodeKind.TYPE, "t2", "tea", "tea", "home")]
    assert rows(asker, twice)["names"].questions == len(SUBJECTS)
    assert rows(asker, twice)["plausible"].questions == rows(asker)["plausible"].questions


def test_dead_letters_are_asked_again_only_when_told_to(shop: Provider, open_provider_asker: OpenAsker) -> None:
    """Without --retry-failed they cost nothing, and what would follow from them neither."""
    shop.reply(
        names(*"abcdefghijklmnop"), when=lambda asked: any("has tea (home)" in m["content"] for m in asked.messages)
    )
    shop.rules.insert(0, shop.rules.pop())
    extract(open_provider_asker(), SUBJECTS)
    found = rows(open_provider_asker())
    assert (found["names"].dead, found["names"].expected.calls) == (1, 0)
    again = rows(open_provider_asker(retry_dead=True))
    assert (again["names"].dead, again["names"].expected.calls, again["plausible"].expected.calls) == (0, 1, 2)


def test_what_a_figure_rests_on_is_said(shop: Provider, open_provider_asker: OpenAsker) -> None:
    """This relation's answers, else the model's about others, else other models', else the sample's."""
    asker = open_provider_asker()
    assert rows(asker)["names"].basis == "prior"
    extract(asker, SUBJECTS[:3], Relation.SUBSTITUTES)
    assert {(row.basis, row.basis_answers) for row in rows(asker).values()} == {("other relations", 3)}
    second = rows(open_provider_asker(model="small"))
    assert (second["names"].basis, second["names"].basis_answers) == ("other models", 3)
    extract(asker, SUBJECTS[:2])
    assert (rows(asker)["names"].basis, rows(asker)["names"].basis_answers) == ("history", 2)


def test_without_any_answers_the_sample_is_the_prior(open_provider_asker: OpenAsker) -> None:
    """The names foretold are the sample's, and the range is wide enough to say how little is known."""
    found = rows(open_provider_asker())
    assert found["plausible"].questions == round(len(SUBJECTS) * PRIORS.names * PRIORS.kept)
    for row in found.values():
        assert row.low.tokens < row.expected.tokens < row.high.tokens
    assert found["plausible"].high.calls >= 1.5 * found["plausible"].expected.calls


def test_more_answers_narrow_the_range(provider: Provider, open_provider_asker: OpenAsker) -> None:
    """The range of a row follows the spread of the answers so far and their number."""
    asker = open_provider_asker()
    width: list[float] = []
    for subjects in (SUBJECTS[:2], SUBJECTS[:6]):
        extract(asker, subjects)
        row = rows(asker, [*SUBJECTS, Subject(NodeKind.TYPE, "x", "new thing", "new thing", "home")])["plausible"]
        width.append((row.high.calls - row.low.calls) / row.expected.calls)
    assert provider.ledger.requests
    assert width[1] < width[0]


def test_a_model_without_a_price_has_no_cost(open_provider_asker: OpenAsker) -> None:
    """An unknown price is not 0."""
    found = rows(open_provider_asker(model="unheard-of"))
    assert {row.expected.money for row in found.values()} == {None}


def test_samples_are_foretold_as_often_as_they_were_needed(shop: Provider, open_provider_asker: OpenAsker) -> None:
    """Where two samples have always agreed, a third is not expected, though it may be needed."""
    asker = open_provider_asker()
    extract(asker, SUBJECTS[:4], samples=3)
    before = shop.ledger.requests
    found = rows(asker, samples=3)
    extract(asker, SUBJECTS, samples=3)
    assert found["names"].expected.calls == 2 * 4
    assert sum(row.expected.calls for row in found.values()) == shop.ledger.requests - before


def test_without_history_every_sample_is_foretold(open_provider_asker: OpenAsker) -> None:
    """Nobody knows yet how soon the samples will agree: all of them are expected, and the fewest are the least."""
    row = rows(open_provider_asker(), samples=5)["names"]
    assert (row.low.calls, row.expected.calls, row.high.calls) == (8 * 3, 8 * 4, 8 * 4)


def test_more_samples_than_before_are_asked_about_the_same_names(
    shop: Provider, open_provider_asker: OpenAsker
) -> None:
    """Names that one sample has given stand for those of the next: their checks are answered already."""
    asker = open_provider_asker()
    extract(asker, SUBJECTS)
    found = rows(asker, samples=2)
    assert (found["names"].answered, found["names"].expected.calls) == (8, 8)
    assert found["plausible"].expected.calls == found["explain"].expected.calls == 0


def test_sums_know_their_spread() -> None:
    """Two equal values vary by nothing; one value says nothing about it."""
    one, two = Sums(), Sums()
    one.add(3)
    two.add(3)
    two.add(3)
    assert (one.variation, two.variation) == (None, 0.0)
    assert one.plus(two).count == 3
