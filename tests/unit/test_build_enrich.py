"""The stage that adds contexts and themes to edges, and the way of both into the graph."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extractors.llm.asker import Asker
from extractors.llm.session import Askers
from extractors.options import ExtractionOptions
from kg.build.manifest import Artefact, Manifest
from kg.build.shards import Outcome
from kg.build.stages.base import Artefacts
from kg.build.stages.enrich import EnrichStage
from kg.curation.edges import content_hash
from kg.model import Drop, Edge, Failure, NodeKind, Relation, StageCounts, Theme
from kg.records import file_digest, read_jsonl
from tests.parts.commands import kg
from tests.servers.graph_files import World, edge, small_world, write_world
from tests.servers.provider import Provider, Reply, yes

OpenAsker = Callable[..., Asker]
PARTY = (NodeKind.INTENT, "game-day")
CONTEXTS = {
    "relations": ["SATISFIED_BY", "COMPLEMENTS"],
    "seasons": {"summer": "the hot months", "winter": "the cold months"},
    "events": {"picnic": "eating outdoors"},
}
BOTH = {"themes": True, "contexts": CONTEXTS}


@pytest.fixture(autouse=True)
def _agrees(provider: Provider) -> None:
    """The model stands by every value that it chose."""
    provider.reply(yes(0.9), when=lambda asked: not asked.schema)


def party_world() -> World:
    """The small shop with four types for a party, one of which only pairs with it; edges hashed as curation does."""
    world = small_world()
    edges = [
        replace(each, contexts=(), h="")
        for each in (
            edge(Relation.SATISFIED_BY, PARTY, "tortilla-chips", 2),
            edge(Relation.SATISFIED_BY, PARTY, "pita-chips", 1),
            edge(Relation.SATISFIED_BY, PARTY, "salsa", 3),
            edge(Relation.PAIRS_WITH, PARTY, "white-wine", 1),
            edge(Relation.PAIRS_WITH, PARTY, "salsa", 2),
            edge(Relation.SATISFIED_BY, (NodeKind.INTENT, "insomnia"), "epsom-salt", 1),
            edge(Relation.COMPLEMENTS, (NodeKind.TYPE, "tortilla-chips"), "salsa", 1),
        )
    ]
    return replace(world, edges=[replace(each, h=content_hash(each)) for each in edges])


@pytest.fixture
def before(tmp_path: Path) -> Artefacts:
    """What the stages before published."""
    build = tmp_path / "build"
    files = write_world(build / "catalog", party_world())
    (build / "graph").mkdir()
    files.edges.rename(build / "graph" / "edges.jsonl")
    return published(build)


def published(build: Path) -> Artefacts:
    """Return the files of a build's folder as artefacts."""
    manifests = {
        stage.name: Manifest(
            stage.name,
            ("key",),
            tuple(Artefact(f.name, f.name, file_digest(f), f.stat().st_size) for f in sorted(stage.iterdir())),
            StageCounts(),
        )
        for stage in build.iterdir()
    }
    return Artefacts(build, manifests)


def stage_of(asker: Asker, **options: Any) -> EnrichStage:
    """Return the stage with one model in all roles."""
    return EnrichStage(ExtractionOptions.model_validate(options), Askers(asker, asker, asker))


def enriched(stage: EnrichStage, before: Artefacts, out: Path) -> Outcome:
    """Run the stage's one shard into ``out``."""
    out.mkdir()
    (shard,) = stage.plan(before)
    outcome = stage(shard, out)
    assert outcome.counts.balanced
    return outcome


def groups(**members: list[int]) -> Reply:
    """Return a reply with groups."""
    return Reply(json.dumps({"groups": [{"name": name, "members": those} for name, those in members.items()]}))


def values(*chosen: str) -> Reply:
    """Return a reply with values for one line."""
    return Reply(json.dumps({"answers": [{"id": 1, "values": list(chosen)}]}))


def answer(provider: Provider) -> None:
    """Let the model know what a party is."""
    provider.reply(groups(Crisps=[3, 1], Drinks=[4], Dips=[2]), when="Arrange these products")
    provider.reply(values("summer", "picnic"), when="salsa, together with tortilla chips")
    provider.reply(values())


def test_off_means_that_edges_pass_and_nothing_is_asked(
    before: Artefacts, tmp_path: Path, provider: Provider, open_provider_asker: OpenAsker
) -> None:
    """By default the output is the input, byte by byte, with no themes."""
    stage, out = stage_of(open_provider_asker()), tmp_path / "out"
    outcome = enriched(stage, before, out)
    assert (out / "edges.jsonl").read_bytes() == before.file("graph", "edges.jsonl").read_bytes()
    assert {name: (out / f"{name}.jsonl").read_bytes() for name in ("themes", "drops", "failures")} == {
        "themes": b"", "drops": b"", "failures": b"",
    }  # fmt: skip
    assert (outcome.counts, outcome.complete) == (StageCounts(7, kept=7), True)
    assert provider.ledger.requests == 0
    assert stage.plan(before) == stage_of(open_provider_asker(model="another")).plan(before)


def test_edges_get_contexts_and_a_hash_like_curations(
    before: Artefacts, tmp_path: Path, provider: Provider, open_provider_asker: OpenAsker
) -> None:
    """Only the relations that are named are asked about; an edge that always holds stays as it was."""
    answer(provider)
    enriched(stage_of(open_provider_asker(), contexts=CONTEXTS), before, tmp_path / "out")
    given = list(read_jsonl(before.file("graph", "edges.jsonl"), Edge))
    found = list(read_jsonl(tmp_path / "out" / "edges.jsonl", Edge))
    assert found[:-1] == given[:-1]
    assert found[-1] == replace(given[-1], contexts=("picnic", "summer"), h=found[-1].h)
    assert all(each.h == content_hash(each) for each in found)
    assert provider.ledger.requests == 5 + 2


def test_intents_with_enough_types_get_themes(
    before: Artefacts, tmp_path: Path, provider: Provider, open_provider_asker: OpenAsker
) -> None:
    """What satisfies and what pairs, each type once and the best first; an intent with fewer is not asked about."""
    answer(provider)
    outcome = enriched(stage_of(open_provider_asker(), themes=True), before, tmp_path / "out")
    (theme,) = read_jsonl(tmp_path / "out" / "themes.jsonl", Theme)
    assert (theme.id, theme.members) == ("game-day/crisps", ("pita-chips", "tortilla-chips"))
    assert provider.ledger.entries[0].last.splitlines()[1:] == [
        "1. pita chips", "2. salsa", "3. tortilla chips", "4. white wine",
    ]  # fmt: skip
    drops = list(read_jsonl(tmp_path / "out" / "drops.jsonl", Drop))
    assert [(drop.stage, drop.item, drop.rule) for drop in drops] == [
        ("enrich", "THEMES: game-day party -> salsa", "alone"),
        ("enrich", "THEMES: game-day party -> white wine", "alone"),
    ]
    assert outcome.counts == StageCounts(7 + 4, kept=7 + 2, dropped=2)
    assert outcome.details["themes"] == 1
    assert enriched(stage_of(open_provider_asker(), themes=True, themes_from=5), before, tmp_path / "few").counts == (
        StageCounts(7, kept=7)
    )


def test_a_brand_of_the_catalogue_is_no_heading(
    before: Artefacts, tmp_path: Path, provider: Provider, open_provider_asker: OpenAsker
) -> None:
    """Brands are read from the products."""
    provider.reply(groups(**{"Mesa Verde": [1, 2], "Others": [3, 4]}))
    enriched(stage_of(open_provider_asker(), themes=True), before, tmp_path / "out")
    assert [theme.name for theme in read_jsonl(tmp_path / "out" / "themes.jsonl", Theme)] == ["Others"]
    assert {drop.rule for drop in read_jsonl(tmp_path / "out" / "drops.jsonl", Drop)} == {"brand"}


def test_what_has_no_answer_is_listed_and_asked_again(
    before: Artefacts, tmp_path: Path, provider: Provider, open_provider_asker: OpenAsker
) -> None:
    """An edge without an answer passes as it is, an intent has no themes, and the shard is not complete."""
    provider.fail("refusal", when="Arrange these products")
    provider.fail("refusal", when="salsa, together with tortilla chips")
    answer(provider)
    outcome = enriched(stage_of(open_provider_asker(), **BOTH), before, tmp_path / "out")
    failures = list(read_jsonl(tmp_path / "out" / "failures.jsonl", Failure))
    assert [(failure.stage, failure.item) for failure in failures] == [
        ("enrich", "THEMES: game-day party"),
        ("enrich", "CONTEXTS: tortilla chips -> salsa, COMPLEMENTS"),
    ]
    assert (tmp_path / "out" / "edges.jsonl").read_bytes() == before.file("graph", "edges.jsonl").read_bytes()
    assert outcome.counts == StageCounts(7 + 4, kept=7, failed=4)
    assert (outcome.complete, outcome.details["failed_questions"]) == (False, 2)


def test_a_shard_is_known_by_what_decides_its_output(before: Artefacts, open_provider_asker: OpenAsker) -> None:
    """Options, model and inputs make another shard; settings that are not asked with do not."""
    asker = open_provider_asker()

    def key(before: Artefacts = before, asker: Asker = asker, **options: Any) -> str:
        return stage_of(asker, **options).plan(before)[0].key

    other = {**CONTEXTS, "events": {"wedding": "getting married"}}
    keys = [
        key(), key(themes=True), key(themes=True, themes_from=5), key(contexts=CONTEXTS), key(contexts=other),
        key(**BOTH), key(asker=open_provider_asker(model="another"), **BOTH),
    ]  # fmt: skip
    assert len(set(keys)) == len(keys)
    assert key() == key(themes_from=9) == key(contexts={**CONTEXTS, "relations": []}) == key(explain_from=0.1)
    types = before.file("catalog", "product_types.jsonl")
    types.write_text(types.read_text().replace("salsa", "salsas"))
    after = published(before.folder)
    assert (key(after) == key(), key(after, **BOTH) == key(**BOTH)) == (True, False)


def test_the_same_answers_give_the_same_bytes(
    before: Artefacts, tmp_path: Path, provider: Provider, open_provider_asker: OpenAsker
) -> None:
    """A second run asks nothing and writes the same."""
    answer(provider)
    for name in ("one", "two"):
        enriched(stage_of(open_provider_asker(), **BOTH), before, tmp_path / name)
    assert provider.ledger.requests == 6 + 2
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


PRODUCTS = """id,title,category,brand
1,Sea Salt Tortilla Chips,Food > Tortilla Chips,Solanto
2,Ridged Potato Chips,Food > Potato Chips,Solanto
3,Fire Roasted Salsa,Food > Salsa,Mesa
4,Classic Hummus,Food > Hummus,Mesa
5,Paper Napkins,Home > Napkins,Foldo
"""
DECISIONS = "action,relation,subject,target,explanation,who,when,why\n" + "".join(
    f"accept,{relation},{subject},{target},A {target} makes a good evening.,Mara,2026-03-02,\n"
    for relation, subject, target in (
        ("SATISFIED_BY", "party", "tortilla chips"), ("SATISFIED_BY", "party", "potato chips"),
        ("SATISFIED_BY", "party", "salsa"), ("SATISFIED_BY", "party", "hummus"),
        ("SATISFIED_BY", "party", "paper napkins"), ("COMPLEMENTS", "tortilla chips", "salsa"),
    )
)  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path, provider: Provider) -> Path:
    """A shop whose edges a person wrote, so that only themes and contexts are asked of the model."""
    provider.reply(groups(**{"Crisp things": [3, 5], "Dips": [1, 4]}), when="Arrange these products")
    provider.reply(values("summer"), when="salsa, together with tortilla chips")
    provider.reply(values("picnic"), when="hummus, for party")
    provider.reply(values())
    (tmp_path / "products.csv").write_text(PRODUCTS)
    (tmp_path / "intents.csv").write_text("id,name,kind,description,popularity\ni-1,party,occasion,,5\n")
    (tmp_path / "decisions.csv").write_text(DECISIONS)
    extraction = {"max_types": 0, "max_intents": 0, **BOTH}
    settings = {
        "catalog": {"files": ["products.csv"], "min_type_support": 1},
        "intents": {"file": "intents.csv"},
        "curation": {"decisions": "decisions.csv"},
        "models": {"base_url": provider.base_url, "model": "large"},
        "extraction": extraction,
    }
    (tmp_path / "config.yaml").write_text(json.dumps(settings))
    return tmp_path / "config.yaml"


def test_themes_and_contexts_reach_the_look_ups(shop: Path, provider: Provider) -> None:
    """Asked once, built into the graph, grouped and filtered on the way out; a rebuild asks and writes nothing."""
    first = kg("build", "--json", "--config", shop)
    assert first.code == 0, first.err
    asked = provider.ledger.requests
    assert asked == 1 + 6 + 2
    again = kg("build", "--json", "--config", shop).data
    assert (again["build"], again["load"]["unchanged"]) == (first.data["build"], first.data["load"]["created"])
    assert provider.ledger.requests == asked
    themed = kg("lookup", "intent", "party", "--by-theme", "--config", shop).out
    places = [themed.index(words) for words in ("Crisp things", "Dips", "More")]
    assert places == sorted(places)
    assert themed.count("makes a good evening") == 5
    assert "Hummus" not in kg("lookup", "intent", "party", "--context", "summer", "--config", shop).out
    assert "Hummus" in kg("lookup", "intent", "party", "--context", "picnic", "--config", shop).out
    none = kg("lookup", "complements", "tortilla chips", "--context", "students", "--config", shop).out
    assert "nothing holds in students, or always" in none
    assert "summer" in kg("why", "tortilla chips", "salsa", "--config", shop).out


def test_a_context_that_is_no_value_is_refused(shop: Path) -> None:
    """A mistyped season would find too little without a word: the nearest value is named."""
    said = kg("lookup", "intent", "party", "--context", "sumer", "--config", shop)
    assert said.code == 2
    assert "no such value in extraction.contexts: 'sumer'; did you mean 'summer'?" in said.err
