"""JSON-LD: schema.org's words where there are some, ours where there are none, and hostile text stays text."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from kg.model import Level
from kg.store.export.jsonld import TERMS, JsonldOptions
from kg.store.kinds import EdgeKind
from tests.parts.exports import contents, graph_rows, written
from tests.parts.hostile_world import hostile_world
from tests.servers.graph_files import small_world, write_world

DOCS = (Path(__file__).parents[2] / "docs" / "exports.md").read_text()
# Classes and properties of schema.org (its release 28) that the export may use, and where they belong.
SCHEMA_ORG = {
    "Product": {
        "additionalProperty", "additionalType", "audience", "brand", "category", "color", "description",
        "inProductGroupWithID", "isRelatedTo", "isSimilarTo", "name", "offers", "size", "sku",
    },
    "Offer": {"availability", "price", "priceCurrency"},
    "Brand": {"name"},
    "Audience": {"audienceType"},
    "PropertyValue": {"name", "value"},
    "DefinedTerm": {"alternateName", "description", "inDefinedTermSet", "name", "termCode"},
    "DefinedTermSet": {"name"},
}  # fmt: skip
BASE = "https://shop.example/id/"
Document = dict[str, Any]


def lines(out: Path) -> list[Document]:
    """Return the documents of a file, one a line."""
    return [json.loads(line) for line in out.read_text(encoding="utf-8").removesuffix("\n").split("\n")]


def objects(value: Any) -> Iterator[Document]:
    """Yield every object in a document, itself first."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Document]:
    """The small world's documents by their ids."""
    options = JsonldOptions(base=BASE, currency="EUR")
    return {
        each["@id"]: each for each in lines(written(tmp_path_factory.mktemp("out"), small_world(), "jsonld", options))
    }


def test_words_without_prefix_are_those_of_schema_org(small: dict[str, Document]) -> None:
    """Every class and property is one of schema.org's, on a class that has it, or one of ours that is documented."""
    for document in small.values():
        assert document["@context"] == ["https://schema.org", {"kg": TERMS}]
        for each in objects({name: value for name, value in document.items() if name != "@context"}):
            words = {name for name in each if not name.startswith("@")}
            ours = {word for word in words if word.startswith("kg:")}
            assert words - ours <= SCHEMA_ORG.get(str(each.get("@type")), set()), each
            assert [word for word in ours if f"`{word}`" not in DOCS] == []


def test_a_product_says_what_the_catalogue_says(small: dict[str, Document]) -> None:
    """Id, names, price and stock; attributes that schema.org has no word for are properties of their own."""
    chips = small[f"{BASE}product/0001"]
    assert {name: chips[name] for name in ("@type", "sku", "name", "category", "size", "inProductGroupWithID")} == {
        "@type": "Product", "sku": "0001", "name": "Crunch Corn Tortilla Chips 200 g", "category": "Grocery > Snacks",
        "size": "200 g", "inProductGroupWithID": "g1",
    }  # fmt: skip
    assert chips["brand"] == {"@type": "Brand", "name": "Solanto"}
    assert chips["additionalType"] == f"{BASE}type/tortilla-chips"
    assert chips["additionalProperty"] == [{"@type": "PropertyValue", "name": "diet", "value": "vegan"}]
    assert chips["offers"] == {
        "@type": "Offer", "availability": "https://schema.org/InStock", "price": 2.49, "priceCurrency": "EUR",
    }  # fmt: skip
    assert small[f"{BASE}product/0002"]["offers"]["availability"] == "https://schema.org/OutOfStock"
    assert "price" not in small[f"{BASE}product/s-2"]["offers"]


def test_relations_are_said_in_both_vocabularies(small: dict[str, Document]) -> None:
    """Complements are isRelatedTo, substitutes isSimilarTo; the claims beside them have rank, scores and reason."""
    chips = small[f"{BASE}product/0001"]
    assert [each["@id"] for each in chips["isRelatedTo"]] == [f"{BASE}product/s-1", f"{BASE}product/s-2"]
    assert [each["@id"] for each in chips["isSimilarTo"]] == [f"{BASE}product/pc"]
    first = chips["kg:complements"][0]
    assert first["kg:target"] == {"@id": f"{BASE}product/s-1"}
    assert (first["kg:explanation"], first["kg:rank"], first["kg:confidence"]) == ("Chips want a dip.", 1, 0.9)
    assert first["kg:contexts"] == ["party"]
    assert chips["kg:isA"] == [{"@id": f"{BASE}type/tortilla-chips"}]
    night = small[f"{BASE}intent/insomnia"]
    assert (night["@type"], night["kg:kind"], night["description"]) == ("DefinedTerm", "need", "Sleeping badly.")
    assert [each["kg:target"]["@id"] for each in night["kg:satisfiedBy"]] == [
        f"{BASE}type/epsom-salt", f"{BASE}product/{quote('エプソム', safe='')}",
    ]  # fmt: skip


@pytest.mark.parametrize("level", list(Level))
def test_every_node_and_edge_is_said_once(level: Level, tmp_path: Path) -> None:
    """Also when every text is hostile: each node is one line, and each relation one claim of its source."""
    out = written(tmp_path, hostile_world(), "jsonld", JsonldOptions(level))
    found = {each["@id"]: each for each in lines(out) if each["@type"] != "DefinedTermSet"}
    paths = {"Intent": "intent", "ProductType": "type", "Product": "product", "Theme": "theme"}
    nodes: set[str] = set()
    claims: dict[str, list[str]] = defaultdict(list)
    for kind, row in graph_rows(write_world(tmp_path / "again", hostile_world())):
        if level is Level.TYPE and "Product" in kind.name.replace("ProductType", ""):
            continue
        if isinstance(kind, EdgeKind):
            source, target = (f"urn:product-kg:{paths[label]}/{quote(row[end], safe='')}"
                              for label, end in ((kind.source, "s"), (kind.target, "t")))  # fmt: skip
            claims[source].append(f"{kind.relation.lower().replace('_', '')} {target}")
        else:
            nodes.add(f"urn:product-kg:{paths[kind.label]}/{quote(row['id'], safe='')}")
    assert set(found) == nodes
    for iri, document in found.items():
        said = [
            f"{name.removeprefix('kg:').lower()} {claim.get('kg:target', claim)['@id']}"
            for name, value in document.items() if name.startswith("kg:") and isinstance(value, list)
            for claim in value if isinstance(claim, dict)
        ]  # fmt: skip
        assert sorted(said) == sorted(claims[iri])


def test_a_line_can_stand_in_a_page(tmp_path: Path) -> None:
    """No text of the catalogue ends the script element that such a document is put into, or the line."""
    out = written(tmp_path, hostile_world(), "jsonld", JsonldOptions())
    text = out.read_bytes().decode()
    assert "<" not in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", text)
    assert any("</script>" in document["name"] for document in lines(out))


def test_the_same_build_gives_the_same_bytes(tmp_path: Path) -> None:
    """Twice written, equal to the byte."""
    one, other = (written(tmp_path / name, hostile_world(), "jsonld", JsonldOptions()) for name in "ab")
    assert contents(one) == contents(other)
