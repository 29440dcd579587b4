"""``kg extract``: what it asks, spends and leaves; when it asks a person first; what a build says about its cost."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from extractors.prompts import load_prompt
from tests.parts.commands import kg, sample_shop
from tests.servers.provider import Provider, names

PRICES = {"models": {"large": {"prompt": 2.5, "completion": 10}}}
ASKED = {"recorded_answers": None, "relations": ["COMPLEMENTS"], "max_intents": 0, "max_types": 6}


@pytest.fixture
def config(provider: Provider, tmp_path: Path) -> Path:
    """The sample shop, to be asked of a provider that has prices, about six product types."""
    return paid_shop(tmp_path, provider)


def paid_shop(folder: Path, provider: Provider, **models: Any) -> Path:
    """Make the shop with other settings of the model; return its configuration."""
    limits = {"pause_s": 0.01, "max_pause_s": 0.05}
    known = {"base_url": provider.base_url, "model": "large", "prices": PRICES, "limits": limits, **models}
    return sample_shop(folder, extraction=ASKED, models=known)


def extracted(config: Path, *options: object, code: int = 0) -> Any:
    """Run the command and return what it says to machines."""
    said = kg("extract", "--json", "-q", "--config", config, *options)
    assert said.code == code, said.err
    return said.data


def test_it_is_the_build_up_to_extract(config: Path, provider: Provider) -> None:
    """The same stages and the same artefacts; the build that follows asks nothing."""
    found = extracted(config)
    assert [stage["name"] for stage in found["report"]["stages"]] == ["catalog", "tag", "extract"]
    asked = provider.ledger.requests
    assert kg("build", "--to", "extract", "-q", "--config", config).code == 0
    assert kg("build", "--from", "link", "--to", "curate", "-q", "--config", config).code == 0
    assert provider.ledger.requests == asked == found["asked"]


def test_answered_and_failed_are_all_that_was_asked(config: Path, provider: Provider) -> None:
    """What got no usable answer is counted by reason, with the file that lists it."""
    provider.fail("refusal", when=lambda asked: asked.schema == "Reason")
    found = extracted(config, code=3)
    assert found["answered"] + found["failed"] == found["asked"]
    assert found["failures"] == {"refused": found["failed"]}
    (file,) = map(Path, found["files"])
    failures = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(failures) == found["failed"] > 0
    assert {failure["reason"] for failure in failures} == {"refused"}
    said = kg("extract", "-q", "--config", config)
    assert said.code == 3
    assert f"without an answer: {found['failed']} refused: {file}" in said.out
    assert f"{found['answered']:,} answered + {found['failed']:,} failed = {found['asked']:,} asked" in said.out


def test_dead_letters_are_asked_again_when_told_to(config: Path, provider: Provider) -> None:
    """A run leaves them alone; --retry-failed asks each once more, and nothing else."""
    provider.fail("refusal", when=lambda asked: asked.schema == "Reason")
    failed = extracted(config, code=3)["failed"]
    provider.rules.clear()
    before = provider.ledger.requests
    assert extracted(config, code=3)["failed"] == failed
    assert provider.ledger.requests == before
    again = extracted(config, "--retry-failed")
    assert (again["failed"], again["failures"], again["files"]) == (0, {}, [])
    assert provider.ledger.requests == before + failed


@pytest.mark.parametrize(
    ("option", "amount", "limit"),
    [("--max-calls", 10, "calls"), ("--max-tokens", 3000, "tokens"), ("--budget", "0.01", "money")],
)
def test_a_budget_stops_the_run_and_a_larger_one_goes_on(
    config: Path, provider: Provider, option: str, amount: object, limit: str
) -> None:
    """Exit 3, no more than allowed is spent, what is left is said; the next run pays for nothing twice."""
    found = extracted(config, option, amount, code=3)
    ledger = provider.ledger
    spent = {"calls": len(ledger.billed), "tokens": sum(ledger.tokens), "money": ledger.money}[limit]
    assert 0 < spent <= Decimal(str(amount))
    assert Decimal(str(found["left"][limit])) == Decimal(str(amount)) - spent
    assert found["failures"] == {"budget": found["report"]["answers"]["unasked"]}
    assert "the budget is reached" in found["report"]["gates"][0]
    assert extracted(config)["failed"] == 0
    assert provider.ledger.paid_twice() == {}


def test_options_take_the_place_of_the_configuration(provider: Provider, tmp_path: Path) -> None:
    """A budget of the configuration holds where the command names none."""
    config = paid_shop(tmp_path, provider, budget={"calls": 4})
    assert extracted(config, code=3)["left"]["calls"] == 0
    assert len(provider.ledger.billed) == 4
    assert extracted(config, "--max-calls", 1000)["failed"] == 0


def test_a_budget_in_money_needs_a_price(provider: Provider, tmp_path: Path) -> None:
    """Nothing is spent when nobody knows what it costs: exit 2, and the line to add."""
    said = kg("extract", "--budget", "1", "-q", "--config", paid_shop(tmp_path, provider, prices={"models": {}}))
    assert said.code == 2
    assert "a budget in money needs the price of 'large'" in said.err
    assert provider.ledger.requests == 0


@pytest.mark.parametrize("amount", ["much", "-1", "nan", "1e400000000"])
def test_an_amount_that_is_none_is_wrong_usage(config: Path, amount: str) -> None:
    """Exit 2, and how to write it."""
    said = kg("extract", f"--budget={amount}", "--config", config)
    assert said.code == 2
    assert "is no amount of money; write it like 12.50" in said.err


def test_a_limit_asks_about_less(config: Path, provider: Provider) -> None:
    """--limit counts as it does for a build."""
    assert extracted(config, "--limit", 2)["report"]["stages"][2]["details"]["subjects"] == 2
    assert 0 < provider.ledger.requests < 30


def on_a_terminal(answer: str, *arguments: object) -> tuple[int, str]:
    """Run ``kg extract`` at a terminal where somebody types ``answer``; return its exit code and what it showed."""
    main_end, its_end = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "kg.cli.main", "extract", *map(str, arguments)],
        stdin=its_end, stdout=its_end, stderr=its_end, env={**os.environ, "TERM": "dumb"},
    )  # fmt: skip
    os.close(its_end)
    os.write(main_end, answer.encode())
    shown = b""
    try:
        while piece := os.read(main_end, 4096):
            shown += piece
    except OSError:  # Linux says so when the other end is closed
        pass
    os.close(main_end)
    return process.wait(), shown.decode()


def test_a_person_is_asked_before_money_is_spent(config: Path, provider: Provider) -> None:
    """The estimate is shown; "no" ends it with nothing asked, "yes" and --yes go on."""
    code, shown = on_a_terminal("n\n", "--limit", 1, "--config", config)
    assert (code, provider.ledger.requests) == (0, 0)
    assert "expected: " in shown
    assert "go on?" in shown
    assert "nothing was asked" in shown
    code, shown = on_a_terminal("y\n", "--limit", 1, "--config", config)
    assert code == 0
    assert provider.ledger.requests > 0
    code, shown = on_a_terminal("", "--limit", 2, "--yes", "--config", config)
    assert code == 0
    assert "go on?" not in shown


def test_nobody_is_asked_when_nothing_is_to_be_asked(config: Path) -> None:
    """Everything is answered, so nothing can be spent."""
    extracted(config, "--limit", 1)
    code, shown = on_a_terminal("", "--limit", 1, "--config", config)
    assert code == 0
    assert "go on?" not in shown


def test_the_money_is_what_the_provider_bills(config: Path, provider: Provider) -> None:
    """This run's, to the last digit, replies that could not be used included."""
    first = len(load_prompt("complements").steps["names"])  # what repairs a reply has more messages
    too_many = names(*"abcdefghijklmnop")
    provider.reply(too_many, when=lambda asked: asked.schema == "Names" and len(asked.messages) == first, times=2)
    found = extracted(config)
    assert Decimal(found["spent"]["money"]) == provider.ledger.money
    assert Decimal(found["report"]["cost"]["run"]) == provider.ledger.money
    assert found["report"]["answers"]["repeated"] == 2
    assert Decimal(found["report"]["cost"]["knowledge"]) < provider.ledger.money


def test_the_cost_of_what_is_known_stays(config: Path, provider: Provider) -> None:
    """A second build spends nothing, and still says what its answers cost, by model and for each kept edge."""
    provider.reply(names("salsa", "hummus", "guacamole"), when=lambda asked: asked.schema == "Names")
    first = kg("build", "--json", "-q", "--config", config)
    assert first.code == 0, first.err
    cost = kg("build", "--json", "-q", "--config", config).data["cost"]
    assert (Decimal(cost["run"]), Decimal(cost["knowledge"])) == (0, provider.ledger.money)
    assert cost["tokens"] == {
        "large": {
            "answers": len(provider.ledger.billed),
            "prompt": provider.ledger.tokens[0],
            "completion": provider.ledger.tokens[1],
        }
    }
    assert cost["edges"] > 0
    assert Decimal(cost["per_edge"]) * cost["edges"] == pytest.approx(provider.ledger.money)
    status = kg("status", "--config", config).out
    assert f"all answers in it: {len(provider.ledger.billed):,}" in status
    assert f"for each of the {cost['edges']:,} kept edges" in status
    assert kg("build", "--from", "curate", "--json", "-q", "--config", config).data["cost"] == cost


def test_the_summary_says_where_answers_came_from(config: Path, provider: Provider) -> None:
    """Questions by origin, requests and repeats, tokens and money."""
    provider.fail("server error", times=1)
    said = kg("extract", "-q", "--config", config).out
    prompt, completion = provider.ledger.tokens
    live = len(provider.ledger.billed)
    assert f"{live:,} questions: 0 answered from the recorded answers, 0 from earlier runs, {live:,} live" in said
    assert (
        f"{live + 1:,} requests were sent, 1 of them repeats: {prompt:,} prompt and {completion:,} completion" in said
    )
    assert f"{float(provider.ledger.money):.3g} USD" in said


@pytest.mark.parametrize(
    ("prices", "said"),
    [
        ({"models": {}}, "unknown cost"),
        ({"models": {"lar*": {"prompt": 0, "completion": 0}}}, "0 USD"),
        ({"models": {"large": {"prompt": 1, "completion": 1}}, "currency": "EUR"}, " EUR"),
    ],
)
def test_an_unknown_price_is_said_to_be_unknown(
    provider: Provider, tmp_path: Path, prices: Mapping[str, object], said: str
) -> None:
    """Never 0 unless the price is 0; the money is called what the configuration calls it."""
    config = paid_shop(tmp_path, provider, prices=prices)
    out = kg("extract", "--limit", 1, "-q", "--config", config).out
    assert said in out
    assert ("to know the cost: models.prices.models" in out) == (said == "unknown cost")


def test_recorded_answers_of_the_embedded_model_cost_nothing(tmp_path: Path) -> None:
    """Their tokens are counted, their money is 0, and so is that of each edge."""
    cost = kg("build", "--json", "-q", "--config", sample_shop(tmp_path)).data["cost"]
    assert (cost["run"], Decimal(cost["knowledge"]), Decimal(cost["per_edge"]), cost["unpriced"]) == ("0", 0, 0, [])
    ((model, counts),) = cost["tokens"].items()
    assert model.startswith("qwen")
    assert counts["answers"] > 100
    assert cost["edges"] > 0
