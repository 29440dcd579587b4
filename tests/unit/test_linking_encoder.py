"""An encoder at an endpoint, in place of the static embeddings: of products, of types, and as configured."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from extractors.llm.embedding_options import EncoderOptions
from extractors.llm.embeddings import EndpointEmbedder
from kg.build.encoding import open_embedder
from kg.build.settings import LinkingOptions, open_workspace
from kg.build.stages.base import Artefacts
from kg.build.stages.link import LinkStage
from kg.errors import ArtefactError
from linkers.base import Target
from linkers.products.analyse import Text
from linkers.products.files import verify
from linkers.products.index import Item, build_index, default_encoder, index_version, open_index, update_index
from linkers.products.registry import PRODUCT_LINKERS, build_product_linker
from linkers.products.vectors import Titles
from linkers.registry import LINKER_OPTIONS, build_linker
from tests.parts.commands import kg
from tests.parts.product_shop import SHOP
from tests.servers.provider import Provider

TARGETS = [Target("s", "salsa"), Target("c", "tortilla chips"), Target("m", "microwave oven")]
PRODUCTS = """\
id,title,brand,category,price,description
001,Panasonic NN-SD377S Microwave Oven Stainless Steel,Panasonic,Kitchen > Microwave Ovens,129.00,800 W
882250,Lumerell Lemon Dish Soap 750 ml,Lumerell,Household > Cleaning,2.49,
608508,Kindlewash Lavender Dish Soap 500 ml,Kindlewash,Household > Cleaning,1.59,
"""


@pytest.fixture
def embedder(provider: Provider, tmp_path: Path) -> EndpointEmbedder:
    """An embedder at the stand-in."""
    options = EncoderOptions(base_url=provider.base_url, model="embed-small")
    return EndpointEmbedder(options, tmp_path / "embeddings.sqlite")


def asked(provider: Provider) -> int:
    """Return how many requests were made until now."""
    return provider.ledger.requests


@pytest.mark.parametrize("name", sorted(PRODUCT_LINKERS))
def test_an_index_made_with_it_links(tmp_path: Path, embedder: EndpointEmbedder, name: str) -> None:
    """Every linker of products reads mentions with the encoder of its index, and finds each title."""
    index = build_index(tmp_path / "index", SHOP, encoder=Titles(embedder))
    assert index.columns.vectors.shape == (len(SHOP), 256)
    assert index.manifest.encoder == "endpoint:embed-small/all/titles"
    linker = build_product_linker(name, {}, index)
    found = linker.link_all([item.text for item in SHOP if item.text.title.isascii()])
    assert [link.target_id for link in found] == [item.id for item in SHOP if item.text.title.isascii()]


def test_an_index_of_another_encoder_is_refused(tmp_path: Path, embedder: EndpointEmbedder) -> None:
    """Neither is opened as the other, nor updated from it."""
    encoder = Titles(embedder)
    build_index(tmp_path / "static", SHOP)
    build_index(tmp_path / "endpoint", SHOP, encoder=encoder)
    with pytest.raises(ArtefactError, match="another version or encoder"):
        open_index(tmp_path / "static", encoder)
    with pytest.raises(ArtefactError, match="another version or encoder"):
        open_index(tmp_path / "endpoint")
    with pytest.raises(ArtefactError, match="another version or encoder"):
        update_index(tmp_path / "new", tmp_path / "static", SHOP, encoder=encoder)
    assert index_version(encoder) != index_version() == index_version(default_encoder())
    assert len(open_index(tmp_path / "endpoint", encoder)) == len(SHOP)


def test_an_update_embeds_only_what_changed(tmp_path: Path, provider: Provider, embedder: EndpointEmbedder) -> None:
    """Of a new product one text is sent, and the updated index has the bytes of one made anew."""
    encoder = Titles(embedder)
    build_index(tmp_path / "old", SHOP, encoder=encoder)
    forgetful = Titles(EndpointEmbedder(EncoderOptions(base_url=provider.base_url, model="embed-small")))
    before = asked(provider)
    items = [*SHOP[1:], Item("new", Text("Duracell AA Batteries"))]
    updated, found = update_index(tmp_path / "new", tmp_path / "old", items, encoder=forgetful)
    assert (found.changed, found.gone, asked(provider) - before) == (1, 1, 1)
    assert "duracell" in provider.ledger.entries[-1].last
    assert "salsa" not in provider.ledger.entries[-1].last
    anew = build_index(tmp_path / "anew", items, encoder=encoder)
    assert verify(updated.folder) == verify(anew.folder)


def test_an_index_made_again_asks_nothing(tmp_path: Path, provider: Provider, embedder: EndpointEmbedder) -> None:
    """What was paid for is kept: the same index comes from the file of vectors."""
    first = build_index(tmp_path / "one", SHOP, encoder=Titles(embedder))
    before = asked(provider)
    second = build_index(tmp_path / "two", SHOP, encoder=Titles(embedder))
    assert verify(first.folder) == verify(second.folder)
    assert asked(provider) == before


def test_processes_read_chunks_with_it(
    tmp_path: Path, embedder: EndpointEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The encoder travels to a pool; the index has the same bytes."""
    monkeypatch.setattr("linkers.products.index._CHUNK", 5)
    encoder = Titles(embedder)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        several = build_index(tmp_path / "several", SHOP, map_=pool.map, encoder=encoder)
    one = build_index(tmp_path / "one", SHOP, encoder=encoder)
    assert verify(several.folder) == verify(one.folder)


def test_an_empty_catalogue_grows(tmp_path: Path, provider: Provider, embedder: EndpointEmbedder) -> None:
    """An index of nothing needs no endpoint, links nothing, and can be updated."""
    empty = build_index(tmp_path / "empty", [], encoder=Titles(embedder))
    assert asked(provider) == 0
    assert build_product_linker("hybrid", {}, empty).link("salsa").target_id is None
    updated, found = update_index(tmp_path / "new", tmp_path / "empty", SHOP, encoder=Titles(embedder))
    assert (len(updated), found.changed) == (len(SHOP), len(SHOP))
    gone, _ = update_index(tmp_path / "gone", tmp_path / "new", [], encoder=Titles(embedder))
    assert len(gone) == 0


def test_vectors_of_another_length_are_never_compared(tmp_path: Path, provider: Provider) -> None:
    """Where another model has taken the name, linking and updating are errors that say what to do."""

    def encoder(dimensions: int) -> Titles:
        made = EndpointEmbedder(EncoderOptions(base_url=provider.base_url, model="m", dimensions=dimensions))
        return _Named(made, "m")

    build_index(tmp_path / "old", SHOP, encoder=encoder(64))
    with pytest.raises(ArtefactError, match="vectors of another length by now; delete the folder"):
        build_product_linker("hybrid", {}, open_index(tmp_path / "old", encoder(32))).link("salsa")
    with pytest.raises(ArtefactError, match="vectors of another length by now"):
        update_index(tmp_path / "new", tmp_path / "old", [*SHOP, Item("x", Text("x"))], encoder=encoder(32))


class _Named(Titles):
    """An encoder whose version does not tell the length."""

    def __init__(self, embedder: EndpointEmbedder, name: str) -> None:
        super().__init__(embedder)
        self._name = name

    @property
    def version(self) -> str:
        """The name alone."""
        return self._name


@pytest.mark.parametrize("name", sorted(LINKER_OPTIONS))
def test_linkers_of_types_use_it_where_they_embed(provider: Provider, embedder: EndpointEmbedder, name: str) -> None:
    """Names are one request and mentions another; ``exact`` and ``lexical`` ask nothing and keep their version."""
    linker = build_linker(name, {}, TARGETS, embedder)
    found = linker.link_all(["tortilla chips", "salsa", "", "microwave oven"])
    assert [link.target_id for link in found] == ["c", "s", None, "m"]
    embeds = name in {"hybrid", "semantic"}
    assert asked(provider) == (1 if embeds else 0)  # the mentions are names, and those are known
    assert (linker.version != build_linker(name, {}, TARGETS).version) == embeds
    if embeds:
        linker.link_all(["a mild salsa", "a spicy salsa"])
        assert asked(provider) == 2


def test_the_link_stage_is_keyed_by_it(provider: Provider, embedder: EndpointEmbedder) -> None:
    """Another encoder is another shard, and planning asks nothing."""
    before = _Before(Path(), {})
    plain, other = (LinkStage(LinkingOptions(), each).plan(before)[0].key for each in (None, embedder))
    assert plain != other
    assert asked(provider) == 0


class _Before(Artefacts):
    """Artefacts of one part, whatever is asked for."""

    def file(self, stage: str, name: str) -> Path:
        """A file."""
        return Path(name)

    def files(self, stage: str, name: str) -> list[Path]:
        """One file."""
        return [Path(name)]

    def sha256(self, stage: str, name: str) -> list[str]:
        """Its hash."""
        return [name]


def _shop(folder: Path, encoder: str) -> Path:
    folder.mkdir()
    (folder / "products.csv").write_text(PRODUCTS)
    config = "catalog: {files: [products.csv]}\nintents: {file: ''}\nengagement: {file: ''}\n"
    (folder / "config.yaml").write_text(f"{config}linking: {{encoder: {encoder}}}\n")
    assert kg("build", "--to", "catalog", "-q", "--config", folder / "config.yaml").code == 0
    return folder / "config.yaml"


@pytest.fixture
def shop(tmp_path: Path, provider: Provider) -> Path:
    """The configuration of a shop with an encoder, whose catalogue was read."""
    return _shop(tmp_path / "shop", f"{{base_url: '{provider.base_url}', model: embed-small, api_key: sk-secret}}")


def test_kg_link_uses_what_is_configured(provider: Provider, shop: Path) -> None:
    """Types and products are linked with it; vectors are kept beside the answers, and a second call asks nothing."""
    said = kg("link", "Lemon dish soap Lumerell 750 ml", "--json", "--config", shop)
    assert said.code == 0, said.err
    assert said.data[0]["product"]["target_id"] == "882250"
    assert {entry.api_key for entry in provider.ledger.entries} == {"sk-secret"}
    assert (shop.parent / "embeddings.sqlite").is_file()
    before = asked(provider)
    assert before > 0
    assert kg("link", "Lemon dish soap Lumerell 750 ml", "--json", "--config", shop).data == said.data
    assert asked(provider) == before


def test_kg_link_says_a_wrong_key_in_one_line(provider: Provider, shop: Path) -> None:
    """Exit code 1, the setting to check, no key, no half index."""
    provider.fail("wrong key")
    said = kg("link", "dish soap", "-q", "--config", shop)
    assert (said.code, said.err.count("\n")) == (1, 1)
    assert "linking.encoder.api_key" in said.err
    assert "sk-secret" not in said.err
    assert [path.name for path in (shop.parent / "builds" / "indexes").iterdir()] == [".lock"]


def test_kg_doctor_asks_it(provider: Provider, shop: Path) -> None:
    """The encoder is asked for one word each time, and its answer or its error is a line."""
    found = [kg("doctor", "--config", shop), kg("doctor", "--config", shop)]
    assert all("embed-small at" in said.out and "256 numbers a text" in said.out for said in found)
    assert asked(provider) == 2
    provider.fail("wrong key")
    assert "linking.encoder.api_key" in kg("doctor", "--config", shop).out


def test_without_an_endpoint_there_is_no_embedder(tmp_path: Path) -> None:
    """The default is the static embeddings: nothing is made, nothing is kept."""
    (tmp_path / "config.yaml").write_text("")
    assert open_embedder(open_workspace(tmp_path / "config.yaml", {})) is None


def test_the_key_comes_from_the_environment_and_is_masked(tmp_path: Path) -> None:
    """'kg config' shows that there is one, not which."""
    config = tmp_path / "config.yaml"
    config.write_text("linking: {encoder: {base_url: 'http://x/v1', model: m, api_key: '${KEY}'}}")
    said = kg("config", "--config", config, environ={"KEY": "sk-secret"})
    assert said.code == 0, said.err
    assert "sk-secret" not in said.out
    assert "**********" in said.out


def test_a_title_is_encoded_as_a_whole(embedder: EndpointEmbedder) -> None:
    """The words of a title are one text, and no words are zeros."""
    rows = Titles(embedder).encode([("hot", "salsa"), ()])
    assert np.array_equal(rows[0], embedder.encode(["hot salsa"])[0])
    assert not rows[1].any()
