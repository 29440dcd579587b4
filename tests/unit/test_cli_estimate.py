"""``kg estimate``: nothing is asked, and what it says is what the provider bills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.parts.commands import kg, sample_shop, whole_sample_shop
from tests.servers.provider import Provider, running

PRICES = {"models": {"large": {"prompt": 2.5, "completion": 10}}}
ASKED = {"recorded_answers": None, "relations": ["COMPLEMENTS", "SUBSTITUTES"], "max_intents": 0}


def paid_shop(folder: Path, provider: Provider, models: Mapping[str, object] | None = None, **extraction: Any) -> Path:
    """Make the sample shop, to be asked of a provider at its prices; return its configuration."""
    known = {"base_url": provider.base_url, "model": "large", "prices": PRICES, "max_concurrency": 16, **(models or {})}
    return sample_shop(folder, extraction={**ASKED, **extraction}, models=known)


def estimated(config: Path, *options: object) -> Any:
    """Return the estimate as data."""
    said = kg("estimate", "--json", "-q", "--config", config, *options)
    assert (said.code, said.err) == (0, "")
    return said.data


@dataclass
class Bill:
    """What was estimated, and what the provider's ledger says."""

    estimate: Any
    calls: int
    prompt: int
    completion: int
    money: Decimal

    @property
    def tokens_ratio(self) -> float:
        """Estimated / billed tokens."""
        expected = self.estimate["expected"]
        return (expected["prompt_tokens"] + expected["completion_tokens"]) / (self.prompt + self.completion)

    @property
    def money_ratio(self) -> float:
        """Estimated / billed money."""
        return float(Decimal(self.estimate["expected"]["money"]) / self.money)


@dataclass
class Story:
    """A shop from a fresh cache to the last answer: the estimates and bills of all, and of what a pilot left."""

    config: Path
    fresh: Bill
    piloted: Bill


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Estimate a shop of 400 subjects, ask a tenth, estimate again, ask the rest."""
    with running(seed=3) as provider:
        config = paid_shop(tmp_path_factory.mktemp("story"), provider, max_types=200)
        fresh = estimated(config)
        assert provider.ledger.requests == 0
        assert kg("build", "--to", "extract", "--limit", 20, "-q", "--config", config).code == 0
        first = provider.ledger.summary()
        piloted = estimated(config)
        assert kg("extract", "-q", "--config", config).code == 0
        last = provider.ledger.summary()
        yield Story(config, _bill(fresh, {}, last), _bill(piloted, first, last))


def _bill(estimate: Any, first: Mapping[str, Any], last: Mapping[str, Any]) -> Bill:
    calls, prompt, completion = (
        int(last[name]) - int(first.get(name, 0)) for name in ("billed", "prompt_tokens", "completion_tokens")
    )
    return Bill(estimate, calls, prompt, completion, Decimal(last["money"]) - Decimal(first.get("money", 0)))


def test_after_a_pilot_the_estimate_is_what_is_billed(story: Story) -> None:
    """A tenth of the subjects foretells calls, tokens and money of the rest within 10 %."""
    assert 0.9 < story.piloted.tokens_ratio < 1.1
    assert 0.9 < story.piloted.money_ratio < 1.1
    assert 0.9 < story.piloted.estimate["expected"]["calls"] / story.piloted.calls < 1.1


def test_the_range_holds_the_bill(story: Story) -> None:
    """Also on a fresh cache, where all there is to go by is what the sample's answers were like."""
    for bill in (story.fresh, story.piloted):
        low, high = (Decimal(bill.estimate[side]["money"]) for side in ("low", "high"))
        assert low < bill.money < high
    fresh, piloted = (
        Decimal(bill.estimate["high"]["money"]) - Decimal(bill.estimate["low"]["money"])
        for bill in (story.fresh, story.piloted)
    )
    assert piloted < fresh / 2


def test_every_row_says_what_it_rests_on(story: Story) -> None:
    """First the prior, then this model's answers of the same relation and step."""
    assert {row["basis"] for row in story.fresh.estimate["rows"]} == {"prior"}
    rows = story.piloted.estimate["rows"]
    assert [(row["relation"], row["step"]) for row in rows] == [
        (relation, step)
        for relation in ("COMPLEMENTS", "SUBSTITUTES")
        for step in ("names", "plausible", "typical", "explain")
    ]
    assert {row["basis"] for row in rows} == {"history"}
    assert rows[0]["answered"] == rows[0]["basis_answers"] == 20


def test_the_rows_add_up(story: Story) -> None:
    """What is said in all is the sum of what is said by relation and step."""
    found = story.piloted.estimate
    for side in ("low", "expected", "high"):
        assert found[side]["calls"] == sum(row[side]["calls"] for row in found["rows"])
        assert Decimal(found[side]["money"]) == sum(Decimal(row[side]["money"]) for row in found["rows"])
    assert found["questions"] == sum(row["questions"] for row in found["rows"])


def test_when_everything_is_answered_the_estimate_is_nothing(story: Story) -> None:
    """All questions are counted, and none is to be asked."""
    found = estimated(story.config)
    assert found["questions"] == found["answered"] == story.fresh.calls
    assert found["high"] == {"calls": 0, "prompt_tokens": 0, "completion_tokens": 0, "money": "0"}
    assert found["time"]["bound_by"] == "nothing to ask"
    assert "0 to ask" in kg("estimate", "-q", "--config", story.config).out


def test_an_estimate_leaves_the_build_in_progress_as_it_is(story: Story) -> None:
    """What 'kg extract' has done can be built upon after an estimate."""
    folder = story.config.parent / "builds"
    before = sorted(folder.rglob("*"))
    estimated(story.config)
    assert sorted(folder.rglob("*")) == before


def test_a_limit_estimates_less(provider: Provider, tmp_path: Path) -> None:
    """--limit counts as it does for a build."""
    found = estimated(paid_shop(tmp_path, provider), "--limit", 3)
    assert (found["subjects"], found["rows"][0]["questions"]) == (6, 3)


def test_a_batch_costs_what_the_price_table_says(provider: Provider, tmp_path: Path) -> None:
    """With the Batch API on, money is half, and the time is the provider's."""
    online = estimated(paid_shop(tmp_path / "a", provider), "--limit", 3)
    batch = estimated(paid_shop(tmp_path / "b", provider, {"batch": {"enabled": True}}), "--limit", 3)
    assert 2 * Decimal(batch["expected"]["money"]) == Decimal(online["expected"]["money"])
    assert (batch["batch"], batch["time"]["seconds"]) == (True, None)
    assert "24h" in batch["time"]["bound_by"]


def test_a_model_without_a_price_is_said_to_have_none(provider: Provider, tmp_path: Path) -> None:
    """The cost is unknown, never 0, and the line that would tell it is given; a budget in money does not forbid it."""
    config = paid_shop(tmp_path, provider, {"prices": {"models": {}}, "budget": {"money": 5}})
    found = estimated(config, "--limit", 2)
    assert (found["expected"]["money"], found["high"]["money"], found["unpriced"]) == (None, None, ["large"])
    said = kg("estimate", "--limit", 2, "-q", "--config", config).out
    assert "unknown cost" in said
    assert 'to know the cost: models.prices.models: {"large": {prompt: 0.00, completion: 0.00}}' in said


def test_the_embedded_model_costs_nothing(tmp_path: Path) -> None:
    """Its tokens are estimated, its money is 0."""
    found = estimated(whole_sample_shop(tmp_path, extraction={"recorded_answers": None, "max_types": 5}))
    assert found["expected"]["prompt_tokens"] > 0
    assert Decimal(found["high"]["money"]) == 0
    assert found["unpriced"] == []


def test_recorded_answers_count_as_answered(tmp_path: Path) -> None:
    """The sample's own answers leave nothing to ask."""
    found = estimated(sample_shop(tmp_path))
    assert (found["answered"], found["high"]["calls"]) == (found["questions"], 0)
    assert found["answered"] > 100


@pytest.mark.parametrize(
    ("limits", "bound_by", "per_minute"),
    [
        ({"requests_per_minute": 10}, "requests per minute", 10),
        ({"tokens_per_minute": 500}, "tokens per minute", 500),
        ({"requests_per_minute": 10, "tokens_per_minute": 10**6}, "requests per minute", 10),
    ],
)
def test_the_time_is_that_of_the_tightest_limit(
    provider: Provider, tmp_path: Path, limits: Mapping[str, int], bound_by: str, per_minute: int
) -> None:
    """Of requests, tokens and waiting, the one that takes longest is named."""
    found = estimated(paid_shop(tmp_path, provider, {"limits": limits}), "--limit", 2)
    expected = found["expected"]
    tokens = expected["prompt_tokens"] + expected["completion_tokens"]
    amount = expected["calls"] if bound_by.startswith("requests") else tokens
    assert found["time"]["bound_by"] == bound_by
    assert found["time"]["seconds"] == pytest.approx(60 * amount / per_minute)


def test_without_limits_the_time_is_unknown_until_something_was_asked(provider: Provider, tmp_path: Path) -> None:
    """Afterwards it is the mean wait for a reply, divided over the requests under way at once."""
    config = paid_shop(tmp_path, provider)
    assert estimated(config, "--limit", 2)["time"]["seconds"] is None
    assert "time:     unknown: no limits are set" in kg("estimate", "--limit", 2, "-q", "--config", config).out
    assert kg("extract", "--limit", 2, "-q", "--config", config).code == 0
    time = estimated(config, "--limit", 4)["time"]
    assert time["bound_by"] == "latency and max_concurrency"
    assert time["seconds"] > 0


def test_what_is_asked_after_curation_is_not_in_it_and_that_is_said(provider: Provider, tmp_path: Path) -> None:
    """Themes and contexts depend on what passes; the estimate says that they come on top."""
    more: dict[str, Any] = {"themes": True, "contexts": {"relations": ["COMPLEMENTS"]}}
    notes = estimated(paid_shop(tmp_path, provider, **more), "--limit", 1)["notes"]
    assert [note.split()[0] for note in notes] == ["themes", "contexts"]


def test_tags_that_a_model_is_asked_for_are_in_it(provider: Provider, tmp_path: Path) -> None:
    """Questions about products are known beforehand: their number is exact, and their prompts are measured."""
    config = paid_shop(tmp_path, provider, max_types=0)
    config.write_text(config.read_text().replace("max_products: 0", "max_products: 40"))
    (row,) = estimated(config)["rows"]
    assert kg("extract", "-q", "--config", config).code == 0
    assert row["relation"] == "TAG"
    assert row["expected"]["calls"] == len(provider.ledger.billed) > 0
    assert row["expected"]["prompt_tokens"] == pytest.approx(provider.ledger.tokens[0], rel=0.15)
    assert estimated(config)["high"]["calls"] == 0
