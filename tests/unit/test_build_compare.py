"""Two models through the same pipeline: the sample shop's subjects, asked of the stand-in provider."""

from __future__ import annotations

import csv
import json
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from extractors.llm import weights
from kg.build.compare import Comparison, Wanted, compare_models
from kg.build.report import Quiet
from kg.build.scaffold import SAMPLE_SETTINGS, make_project
from kg.build.settings import open_workspace
from kg.errors import ConfigError, ModelError
from kg.model import Relation, Statement
from kg.records import read_jsonl
from tests.parts.commands import kg
from tests.servers.provider import Asked, Provider, Reply, names, reason, running, yes

SHORT_PAUSES = {"pause_s": 0.01, "max_pause_s": 0.05}
PRICES = {"large": {"prompt": 3, "completion": 9}, "small": {"prompt": 1, "completion": 3}}


@pytest.fixture
def shop(tmp_path: Path, provider: Provider) -> Path:
    """The sample shop with two models of one provider; each has its own idea of what goes with what."""
    make_project(tmp_path, sample=True)
    (tmp_path / "sample" / "answers.jsonl").write_text("")
    answer(provider)
    return configured(tmp_path, provider, provider)


def configured(folder: Path, large: Provider, small: Provider, **more: dict[str, Any]) -> Path:
    """Write the configuration; ``more`` are settings beside those of the sample."""
    models = {
        "base_url": large.base_url,
        "model": "large",
        "limits": SHORT_PAUSES,
        "prices": {"models": PRICES},
        "others": {"small": {"base_url": small.base_url, "model": "small", "limits": SHORT_PAUSES}},
    }
    settings: dict[str, Any] = {**{name: dict(values) for name, values in SAMPLE_SETTINGS.items()}, "models": models}
    settings["extraction"]["relations"] = ["COMPLEMENTS"]
    for section, values in more.items():
        settings.setdefault(section, {}).update(values)
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump(json.loads(json.dumps(settings))))
    return config


def answer(*providers: Provider) -> None:
    """Let both models know salsa and honey, only the large one beer, only the small one tea, which the large doubts."""
    for provider in providers:
        provider.reply(names("salsa", "honey", "beer", "lanterns"), when=about("Names", model="large"))
        provider.reply(names("Salsa", "honey", "black tea"), when=about("Names", model="small"))
        provider.reply(yes(0.2), when=about(words="tea", model="large"))
        provider.reply(yes(0.7), when=about(words="honey", model="small"))
        provider.reply(yes(0.9), when=about())


def about(schema: str = "", words: str = "", model: str = "") -> Callable[[Asked], bool]:
    """Return a test for requests of a schema (none: a yes or no), with words, to a model."""
    return lambda asked: asked.schema == schema and words in asked.last and asked.model.startswith(model)


def compared(config: Path, subjects: int = 3, **wanted: Any) -> Comparison:
    """Compare the two models."""
    return compare_models(open_workspace(config), Wanted("main", "small", subjects, **wanted), weights.fetch, Quiet())


def asked(provider: Provider, schema: str, model: str) -> list[str]:
    """Return the questions of one kind that were put to a model; several are under way at once, so by their text."""
    start = {"Names": "A shopper has", "": "Someone buys"}[schema]
    return sorted(each.last for each in provider.ledger.entries if each.model == model and each.last.startswith(start))


def test_both_are_asked_about_the_same_first_subjects(shop: Path, provider: Provider) -> None:
    """The product types of greatest reach, in the same words."""
    done = compared(shop)
    assert asked(provider, "Names", "large") == asked(provider, "Names", "small")
    assert len(asked(provider, "Names", "large")) == done.a.subjects == done.b.subjects == 3
    assert (done.a.name, done.a.model, done.b.name, done.b.model) == ("main", "large", "small", "small")


def test_the_figures_are_those_of_the_pipeline(shop: Path) -> None:
    """Names, links and edges are counted; what is not in the catalogue is NIL."""
    done = compared(shop)
    assert done.b.names_per_subject == 3.0
    assert done.a.names_per_subject is not None
    assert done.a.linked.value is not None
    assert done.a.linked.value < 1.0 == done.b.linked.value
    assert done.a.edges > 0
    assert done.b.edges > 0
    (complements,) = done.agreement.relations
    assert (complements.edges_a, complements.edges_b) == (done.a.edges, done.b.edges)


def test_every_pair_is_judged_by_both(shop: Path, provider: Provider) -> None:
    """A pair that only one names is put to the other, in the words of the step that checks; shared ones are not."""
    done = compared(shop)
    both = {each.lower() for each in asked(provider, "", "large")}
    assert both == {each.lower() for each in asked(provider, "", "small")}
    assert done.agreement.verdict.of == len(both)
    assert sorted(asked(provider, "", "large")) == sorted(set(asked(provider, "", "large")))
    # The large one doubts tea, and nothing else.
    assert done.agreement.verdict.value == round(1 - 3 / len(both), 4)


def test_what_one_has_asked_itself_is_not_asked_again(shop: Path, provider: Provider) -> None:
    """A second comparison asks nothing and reports the same, validity and times included."""
    first = compared(shop)
    requests = provider.ledger.requests
    assert compared(shop) == first
    assert provider.ledger.requests == requests


def test_more_subjects_ask_only_what_is_new(shop: Path, provider: Provider) -> None:
    """The answers of a smaller comparison serve a larger one."""
    compared(shop, 2)
    compared(shop, 3)
    assert len(asked(provider, "Names", "small")) == 3


def test_no_build_is_touched(shop: Path) -> None:
    """All is in a folder of its own beside the builds."""
    done = compared(shop)
    assert [path.name for path in (shop.parent / "builds").iterdir()] == ["compare"]
    assert Path(done.folder).parent == shop.parent / "builds" / "compare"


def test_the_report_is_written_where_it_is_wanted(shop: Path, tmp_path: Path) -> None:
    """As JSON, and the differences as a sheet with one line each."""
    done = compared(shop, out=tmp_path / "report")
    report = json.loads((tmp_path / "report" / "comparison.json").read_bytes())
    assert report["hint"] == done.hint
    with (tmp_path / "report" / "differences.csv").open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [(row["kept_by"], row["target"]) for row in rows] == [(d.kept_by, d.target) for d in done.differences]
    assert {row["kept_by"] for row in rows} == {"main", "small"}
    assert {row["plausibility_a"] for row in rows if row["kept_by"] == "small"} >= {"0.2"}


def test_no_cell_of_the_sheet_is_a_formula(shop: Path, provider: Provider, tmp_path: Path) -> None:
    """A reason that begins like one is a text to a spreadsheet."""
    provider.rules.clear()
    provider.reply(
        lambda asked: reason(f"+{len(asked.last)} reasons to like {asked.last[9:40]} with it."), when=about("Reason")
    )
    answer(provider)
    compared(shop, out=tmp_path / "report")
    text = (tmp_path / "report" / "differences.csv").read_text(encoding="utf-8-sig")
    assert ",+" not in text
    assert ",'+" in text


def test_money_is_that_of_the_answers(shop: Path, provider: Provider) -> None:
    """Prices times tokens, of the questions a build would ask; a third of the price is a third of the cost."""
    done = compared(shop)
    assert done.a.money == (3 * done.a.prompt_tokens + 9 * done.a.completion_tokens) / Decimal(10**6)
    assert done.a.money_per_edge is not None
    assert done.currency == "USD"
    large = [entry for entry in provider.ledger.entries if entry.model == "large"]
    assert done.a.prompt_tokens <= sum(entry.prompt_tokens for entry in large)


def test_unknown_money_stays_unknown(shop: Path, provider: Provider) -> None:
    """Without a price there is no cost, and the hint speaks of tokens."""
    config = configured(shop.parent, provider, provider)
    config.write_text(config.read_text().replace("    models:\n      large:", "    models:\n      other:"))
    done = compared(config)
    assert (done.a.money, done.a.money_per_edge) == (None, None)
    assert "tokens" in done.hint


def test_validity_tells_repairs_dead_letters_and_refusals(shop: Path, provider: Provider) -> None:
    """One reply that fits only when asked for again, one that never does, one refusal; kept for the next time."""
    first, second, third = _subjects(shop)
    provider.rules.clear()
    provider.fail("off schema", when=about("Names", first, "small"), times=1)
    provider.fail("off schema", when=lambda a: a.model == "small" and second in str(a.messages) and a.schema == "Names")
    provider.fail("refusal", when=about("Names", third, "small"))
    answer(provider)
    for done in (compared(shop), compared(shop)):
        live = done.b.at_once.of
        assert [round((each.value or 0) * live) for each in (done.b.at_once, done.b.after_repair)] == [live - 3, 1]
        assert [round((each.value or 0) * done.b.questions) for each in (done.b.dead, done.b.refused)] == [1, 1]
        assert (done.a.at_once.value, done.a.dead.value, done.a.refused.value) == (1.0, 0.0, 0.0)


def _subjects(config: Path) -> list[str]:
    """Return how the first three product types stand in questions."""
    workspace = open_workspace(config)
    done = kg("build", "--to", "catalog", "-q", "--config", config)
    assert done.code == 0, done.err
    lines = (workspace.builds / "next" / "catalog" / "product_types.jsonl").read_text().splitlines()
    return [f"A shopper has {json.loads(line)['name']} (" for line in lines[:3]]


def test_the_catalogue_of_a_build_serves(shop: Path) -> None:
    """What a build has read is not read again."""
    _subjects(shop)
    compared(shop)
    assert not (shop.parent / "builds" / "compare" / "pool" / "catalog").exists()


def test_different_endpoints_are_asked_at_the_same_time(tmp_path: Path) -> None:
    """Each model's first answer waits for the other model's first question."""
    make_project(tmp_path, sample=True)
    meeting = threading.Barrier(2, timeout=20)
    with running() as one, running() as two:

        def wait(asked: Asked) -> Reply:
            meeting.wait()
            return names("salsa")

        for provider in (one, two):
            provider.reply(wait, when=about("Names"), times=1)
        answer(one, two)
        done = compared(configured(tmp_path, one, two))
        assert {entry.model for entry in one.ledger.entries} == {"large"}
    assert done.gates == ()


def test_models_of_one_endpoint_take_turns(shop: Path, provider: Provider) -> None:
    """They would only slow each other down: the names are asked of one, then of the other."""
    compared(shop)
    order = [each.model for each in provider.ledger.entries if each.last.startswith("A shopper has")]
    assert order == ["large"] * 3 + ["small"] * 3


def test_the_budget_holds_for_both_together(shop: Path, provider: Provider) -> None:
    """It stops cleanly, says so with 3, and a later run goes on."""
    config = configured(shop.parent, provider, provider)
    config.write_text(config.read_text().replace("models:\n  base_url", "models:\n  budget: {calls: 9}\n  base_url"))
    said = kg("compare-models", "main", "small", "--subjects", "3", "--json", "-q", "--config", config)
    assert said.code == 3
    assert "the budget is reached" in said.err
    assert provider.ledger.requests <= 9
    assert said.data["b"]["unanswered"]["value"] == 1.0
    assert kg("compare-models", "main", "small", "--subjects", "3", "-q", "--config", configured(
        shop.parent, provider, provider
    )).code == 0  # fmt: skip


def test_decisions_are_left_out(shop: Path, provider: Provider) -> None:
    """People's decisions would make the models alike: they change nothing here."""
    before = compared(shop)
    (shop.parent / "sample" / "decisions.csv").write_text(
        "action,relation,subject,target,explanation,who,when,why\n"
        "reject,COMPLEMENTS,batteries,salsa,,ann,2026-01-01,\nreject,COMPLEMENTS,beer,salsa,,ann,2026-01-01,\n"
    )
    assert compared(shop) == before


def test_a_model_that_refuses_everything_stops_the_comparison(shop: Path, provider: Provider) -> None:
    """A wrong key is an error at once; the other model's answers are kept."""
    provider.rules.clear()
    provider.fail("wrong key", when=lambda asked: asked.model == "small")
    answer(provider)
    with pytest.raises(ModelError, match="refuses us"):
        compared(shop)
    requests = len(asked(provider, "Names", "large"))
    provider.rules.clear()
    answer(provider)
    compared(shop)
    assert len(asked(provider, "Names", "large")) == requests == 3


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        (("main", "smal"), "no model is called 'smal'; there are: main, embedded, small"),
        (("small", "small"), "'small' and 'small' both mean the model 'small'"),
    ],
)
def test_models_must_be_two_that_are_known(shop: Path, pair: tuple[str, str], reason: str) -> None:
    """A slip in a name is a wrong configuration, with the names there are."""
    with pytest.raises(ConfigError, match=reason):
        compare_models(open_workspace(shop), Wanted(*pair), weights.fetch, Quiet())
    said = kg("compare-models", *pair, "--config", shop)
    assert (said.code, said.out) == (2, "")
    assert reason in said.err


def test_relations_can_be_chosen(shop: Path) -> None:
    """Only what is named is asked about."""
    done = compared(shop, relations=(Relation.SATISFIED_BY, Relation.SUBSTITUTES))
    assert [each.relation for each in done.agreement.relations] == ["SATISFIED_BY", "SUBSTITUTES"]
    assert done.a.subjects == 6


def test_the_command_prints_tables_and_a_hint(shop: Path) -> None:
    """People get tables and, last, one sentence; machines the same as JSON."""
    said = kg("compare-models", "main", "small", "--subjects", "3", "--config", shop)
    assert said.code == 0, said.err
    assert "A: main" in said.out
    assert "Cohen's kappa" in said.out
    data = kg("compare-models", "main", "small", "--subjects", "3", "--json", "-q", "--config", shop).data
    assert said.out.splitlines()[-1] == data["hint"]
    assert data["a"]["linked"].keys() == {"value", "low", "high", "of"}


def test_subjects_of_two_kinds_take_turns(shop: Path) -> None:
    """Intents and product types have no common measure of reach: the first of each come first."""
    done = compared(shop, relations=(Relation.PAIRS_WITH,))
    statements = read_jsonl(Path(done.folder) / "a" / "extract" / "statements.jsonl", Statement)
    kinds = list(dict.fromkeys((each.subject_kind, each.subject) for each in statements))
    assert [kind for kind, _ in kinds] == ["Intent", "ProductType", "Intent"]
