"""The stage that tags products, and the way of the tags into the projection and the graph."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from extractors.llm.asker import Asker
from extractors.llm.session import Askers
from kg.build.executors import InProcess
from kg.build.manifest import Artefact, Manifest, publish
from kg.build.pipeline import STAGES
from kg.build.settings import open_workspace
from kg.build.shards import Outcome
from kg.build.stages.base import Artefacts
from kg.build.stages.project import ProjectStage
from kg.build.stages.tag import TagStage
from kg.catalog.options import AttributeOptions
from kg.catalog.tagging import Unknown
from kg.catalog.vocabulary import load_vocabulary
from kg.errors import ConfigError
from kg.graph.options import ProjectionOptions
from kg.model import Drop, Failure, Intent, Product, ProductId, StageCounts, TypeId
from kg.records import file_digest, read_jsonl, write_jsonl
from kg.store.delta import GraphFiles, open_files
from kg.store.kinds import NODE_KINDS
from tests.parts.graph_shop import edge, write_products
from tests.servers.graph_files import small_world, write_world
from tests.servers.provider import Asked, Provider, Reply

OpenAsker = Callable[..., Asker]


def product(name: str, title: str, popularity: float = 0.0, type_id: str = "candles", **columns: str) -> Product:
    """Return a product of the shop."""
    return Product(ProductId(name), title, type_id=TypeId(type_id), popularity=popularity, attributes=columns)


CANDLES = (
    product("1", "Candle Walk 1 kg", 1.0),
    product("2", "Candle Run", 5.0),
    product("3", "Unscented Candle", 9.0),
    product("4", "Candle Walk 2 kg", 3.0),
    product("5", "Candle Swim", 0.5, scent="seaweed"),
)


@pytest.fixture
def before(tmp_path: Path) -> Artefacts:
    """What the catalogue stage published: five candles."""
    return published(tmp_path, CANDLES)


def published(folder: Path, products: Sequence[Product]) -> Artefacts:
    """Return a build in ``folder`` that has products only."""
    file = folder / "catalog" / "products.parquet"
    file.parent.mkdir(parents=True)
    write_products(file, products)
    return Artefacts(folder, {"catalog": manifest(file)})


def manifest(*files: Path) -> Manifest:
    """Return the manifest of a stage with ``files``."""
    parts = tuple(Artefact(file.name, file.name, file_digest(file), file.stat().st_size) for file in files)
    return Manifest(files[0].parent.name, ("key",), parts, StageCounts())


def stage_of(asker: Asker, **options: Any) -> TagStage:
    """Return the stage with one model in all roles."""
    settings = AttributeOptions.model_validate(options)
    return TagStage(load_vocabulary(), settings, Askers(asker, asker, asker))


def run(stage: TagStage, before: Artefacts) -> tuple[Manifest, list[tuple[Outcome, bool]], Path]:
    """Run all shards of the stage and publish them as a build does."""
    pool, folder = before.folder / "pool", before.folder / "tag"
    shards = stage.plan(before)
    results = InProcess().map(stage, shards, pool, force=False, progress=lambda _: None)
    return publish(pool, shards, [outcome for outcome, _ in results], folder), results, folder


def roses(asked: Asked) -> Reply:
    """Say that what is called Run smells of roses, and nothing else of anything."""
    lines = asked.last.partition("Lines:\n")[2].splitlines()
    values = [["rose"] if "Run" in line else [] for line in lines]
    return Reply(json.dumps({"answers": [{"id": n, "values": each} for n, each in enumerate(values, 1)]}))


def test_the_stage_comes_right_after_the_catalogue() -> None:
    """Whatever reads products after it may count on their tags."""
    assert STAGES[:2] == ("catalog", "tag")


def test_without_a_model_nothing_waits(before: Artefacts, open_provider_asker: OpenAsker, provider: Provider) -> None:
    """By default rules tag and nobody is asked; what a column says outside the vocabulary is listed."""
    stage = stage_of(open_provider_asker())
    manifest, _, folder = run(stage, before)
    assert not stage.waits
    assert manifest.counts == StageCounts(5, kept=5)
    assert manifest.details["sources"] == {"column": 1, "rule": 3}
    assert manifest.details["unknown_values"] == 1
    assert list(read_jsonl(folder / "unknown_values.jsonl", Unknown)) == [Unknown("scent", "seaweed", 1, "5")]
    assert provider.ledger.requests == 0


def test_a_model_is_asked_what_the_rules_left_open(
    before: Artefacts, open_provider_asker: OpenAsker, provider: Provider
) -> None:
    """The most popular products are asked about, those whose titles say it are not; counts are pairs and balance."""
    provider.reply(roses)
    stage = stage_of(open_provider_asker(), max_products=4)
    manifest, results, folder = run(stage, before)
    assert stage.waits
    assert [outcome.counts for outcome, _ in results] == [StageCounts(5, kept=5), StageCounts(3, kept=1, dropped=2)]
    assert manifest.details["sources"] == {"column": 1, "rule": 3, "model": 1}
    assert manifest.details["questions"] == 2
    assert manifest.complete
    drops = [drop for part in manifest.files(folder, "drops.jsonl") for drop in read_jsonl(part, Drop)]
    assert {drop.item for drop in drops} == {"1 scent", "4 scent"}
    assert len(manifest.files(folder, "tags.parquet")) == 2


def test_questions_are_pieces_that_are_kept(
    before: Artefacts, open_provider_asker: OpenAsker, provider: Provider
) -> None:
    """A piece whose question failed is run again by the next build; the others are taken as they are."""
    provider.fail("malformed", when="Walk")
    provider.reply(roses)
    options = {"max_products": 5, "shard_questions": 1}
    manifest, results, folder = run(stage_of(open_provider_asker(), **options), before)
    assert [outcome.complete for outcome, _ in results] == [True, True, False]
    assert manifest.counts == StageCounts(8, kept=6, failed=2)
    failures = [each for part in manifest.files(folder, "failures.jsonl") for each in read_jsonl(part, Failure)]
    assert [(each.stage, each.item) for each in failures] == [("tag", "TAG: scent: 4")]
    provider.rules.clear()
    provider.reply(roses)
    manifest, results, _ = run(stage_of(open_provider_asker(retry_dead=True), **options), before)
    assert [reused for _, reused in results] == [True, True, False]
    assert manifest.complete
    assert manifest.counts == StageCounts(8, kept=6, dropped=2)


def test_another_vocabulary_is_another_result(
    before: Artefacts, open_provider_asker: OpenAsker, tmp_path: Path
) -> None:
    """The keys of the work name the vocabulary and the catalogue, and so nothing stale is taken."""
    own = tmp_path / "own.yaml"
    own.write_text("attributes: {scent: {values: {seaweed: {}}}}")
    asker = open_provider_asker()
    ours = stage_of(asker)
    theirs = TagStage(load_vocabulary(own), ours.options, ours.askers)
    assert ours.plan(before)[0].key == stage_of(asker).plan(before)[0].key != theirs.plan(before)[0].key


def test_projection_reads_the_tags(before: Artefacts, open_provider_asker: OpenAsker, tmp_path: Path) -> None:
    """What no column says and a title does keeps a scented candle from the place of an unscented one."""
    manifest_, _, _ = run(stage_of(open_provider_asker()), before)
    others = tmp_path / "enrich"
    others.mkdir()
    write_jsonl(others / "edges.jsonl", [edge("candles", "SUBSTITUTES", "votive-candles")])
    write_jsonl(tmp_path / "catalog" / "intents.jsonl", list[Intent]())
    products = [*CANDLES, product("6", "Candle Lavender", type_id="votive-candles")]
    write_products(tmp_path / "catalog" / "products.parquet", products)
    catalog = manifest(tmp_path / "catalog" / "products.parquet", tmp_path / "catalog" / "intents.jsonl")
    known = {"catalog": catalog, "enrich": manifest(others / "edges.jsonl"), "tag": manifest_}
    stage = ProjectStage(ProjectionOptions(per_group=9))
    (shard,) = stage.plan(Artefacts(tmp_path, known))
    out = tmp_path / "out"
    out.mkdir()
    assert stage(shard, out).details["product_edges"] == 4


def test_tags_become_properties(open_provider_asker: OpenAsker, tmp_path: Path) -> None:
    """A product in the graph carries its tags, over what its own columns say."""
    world = small_world()
    files = write_world(tmp_path / "catalog", world)
    name = world.products[0].id
    before = published(tmp_path / "shop", [product(name, "Vegan Mint Soap Bar 3 x 5 g", type_id="soap")])
    manifest_, _, folder = run(stage_of(open_provider_asker()), before)
    kind = next(kind for kind in NODE_KINDS if kind.name == "Product")
    tags = tuple(manifest_.files(folder, "tags.parquet"))
    untagged, with_tags = (
        {row["id"]: row["props"] for row in rows(each, kind)} for each in (files, tagged(files, tags))
    )
    wanted = {"diet": "vegan", "scent": "mint", "form": "bar", "size": "3 x 5 g", "flavour": None}
    assert {key: with_tags[name][key] for key in wanted} == wanted
    assert with_tags[name]["h"] != untagged[name]["h"]
    assert all(with_tags[other] == untagged[other] for other in untagged if other != name)


def tagged(files: GraphFiles, tags: tuple[Path, ...]) -> GraphFiles:
    """Return the files of a graph with tags beside them."""
    return GraphFiles(
        files.products, files.product_types, files.intents, files.edges, files.themes, files.product_edges, tags
    )


def rows(files: GraphFiles, kind: Any) -> list[dict[str, Any]]:
    """Return the rows of one kind as they are loaded."""
    with open_files(files) as bench:
        bench.stage(kind)
        bench.remember(kind, [])
        bench.compare(kind, 1, stale=False)
        return [row for batch in bench.changed(kind, 100) for row in batch]


def test_a_vocabulary_that_is_not_there_is_said(tmp_path: Path) -> None:
    """A configured file that is missing names the setting, not a configuration that is missing."""
    config = tmp_path / "config.yaml"
    config.write_text("attributes: {vocabulary: words.yaml}")
    with pytest.raises(ConfigError, match=r"attributes\.vocabulary: there is no file .*words\.yaml"):
        open_workspace(config).vocabulary()
    (tmp_path / "words.yaml").write_text("attributes: {diet: {values: {raw: }}}")
    assert "raw" in open_workspace(config).vocabulary().attributes["diet"].values
